/// What one country's people, places, firms and numbers look like.
///
/// A class, so that handing one around costs a single reference. Everything in the tables is invented or, like cities and
/// common names, belongs to nobody.
final class SampleLocale: Sendable {
    let country: String
    let currency: String
    /// How many units of the currency are roughly one euro; turns plausible euro amounts into plausible local ones.
    let unitsPerEuro: Int
    /// The share among all records, relative to the other locales.
    let weight: Int
    let names: NameStock
    let places: PlaceStock
    let firms: FirmStock
    let numbers: NumberStock
    /// Sentences for notes in the language of the country.
    let remarks: [String]

    init(
        _ country: String, _ currency: String, unitsPerEuro: Int = 1, weight: Int = 3,
        names: NameStock, places: PlaceStock, firms: FirmStock, numbers: NumberStock, remarks: String
    ) {
        self.country = country
        self.currency = currency
        self.unitsPerEuro = unitsPerEuro
        self.weight = weight
        self.names = names
        self.places = places
        self.firms = firms
        self.numbers = numbers
        self.remarks = remarks.entryLines
    }
}

struct NameStock: Sendable {
    enum Middle {
        case none
        case secondGiven
        /// Patronymics and the like, which belong to (nearly) everybody.
        case own(women: String, men: String)
    }

    let women: [Word]
    let men: [Word]
    let family: [Word]
    /// The same families in the same order where the name of a woman has another ending; otherwise `family` itself.
    let familyOfWomen: [Word]
    let middleOfWomen: [String]
    let middleOfMen: [String]
    let middlePercent: Int
    let titlesOfWomen: [String]
    let titlesOfMen: [String]

    init(
        women: String, men: String, family: String, familyOfWomen: String? = nil, middle: Middle = .none,
        titlesOfWomen: String, titlesOfMen: String
    ) {
        self.women = women.words
        self.men = men.words
        self.family = family.words
        self.familyOfWomen = familyOfWomen?.words ?? self.family
        precondition(self.family.count == self.familyOfWomen.count, "both lists name the same families")
        switch middle {
        case .none: (middleOfWomen, middleOfMen, middlePercent) = ([], [], 0)
        case .secondGiven: (middleOfWomen, middleOfMen, middlePercent) = (self.women.map(\.native), self.men.map(\.native), 30)
        case .own(let women, let men): (middleOfWomen, middleOfMen, middlePercent) = (women.entries, men.entries, 80)
        }
        self.titlesOfWomen = titlesOfWomen.entries
        self.titlesOfMen = titlesOfMen.entries
    }
}

struct PlaceStock: Sendable {
    struct City: Sendable {
        let name: String
        let region: String
        let postalCode: String
        let landline: String
    }

    let cities: [City]
    let streets: [String]
    /// Patterns of a street line, with `$` for the street.
    let streetLines: [String]

    /// Each line of `cities` is `name | region | pattern of the postal code | pattern of a phone number`; `-` for none.
    init(cities: String, streets: String, streetLines: String) {
        self.cities = cities.entryLines.map { line in
            let columns = line.split(separator: "|").map { $0.trimmed == "-" ? "" : $0.trimmed }
            precondition(columns.count == 4, "a city has four columns")
            return City(name: columns[0], region: columns[1], postalCode: columns[2], landline: columns[3])
        }
        self.streets = streets.entries
        self.streetLines = streetLines.entryLines
    }
}

struct FirmStock: Sendable {
    let stems: [Word]
    let trades: [Word]
    let legalForms: [String]
    /// The order of a firm's name: `S` is the stem, `T` the trade, `F` the legal form.
    let order: String
    let jobs: [String]

    init(stems: String, trades: String, legalForms: String, order: String = "S T F", jobs: String) {
        self.stems = stems.words
        self.trades = trades.words
        self.legalForms = legalForms.entries
        self.order = order
        self.jobs = jobs.entries
    }
}

/// Patterns of numbers. An IBAN has the check digits 00, which no bank gives out. National ids have a prefix or serial
/// number of zeros or another mark of invention where their scheme leaves room; check digits are random. Phone numbers are
/// in ranges for fiction where a country has them; elsewhere most begin with 0 after the prefix, which makes them rare but
/// does not promise that they are nobody's.
struct NumberStock: Sendable {
    let mobiles: [String]
    let nationalIDs: [String]
    let bankAccounts: [String]

    init(mobiles: String, nationalIDs: String, bankAccounts: String) {
        self.mobiles = mobiles.entries
        self.nationalIDs = nationalIDs.entries
        self.bankAccounts = bankAccounts.entries
    }
}

extension SampleLocale {
    static let all: [SampleLocale] =
        english + african + germanic + romance + latinAmerican + centralEuropean + levantine
        + indian + eastAsian + southEastAsian

    static let british = all.first { $0.country == "GB" } ?? all[0]

    /// Every locale as often as its weight says.
    private static let lots: [SampleLocale] = all.flatMap { Array(repeating: $0, count: $0.weight) }

    static func drawn(by dice: inout Dice) -> SampleLocale {
        dice.pick(lots)
    }
}
