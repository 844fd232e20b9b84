/// What other records need to know of a person: the first draws of the stream of a contact or lead.
struct PersonSketch {
    let locale: SampleLocale
    let isWoman: Bool
    let given: Word
    let family: Word

    init(locale: SampleLocale, isWoman: Bool, given: Word, family: Word) {
        self.locale = locale
        self.isWoman = isWoman
        self.given = given
        self.family = family
    }

    init(locale: SampleLocale, dice: inout Dice) {
        self.locale = locale
        isWoman = dice.chance(50)
        given = dice.pick(isWoman ? locale.names.women : locale.names.men)
        family = dice.pick(isWoman ? locale.names.familyOfWomen : locale.names.family)
    }

    /// An address that no other person of the data set has: its local part ends in `suffix`.
    func email(suffix: String, domain: String, dice: inout Dice) -> String {
        var line = TextLine(capacity: 64)
        switch dice.roll(4) {
        case 0:
            line.append(given.ascii)
            line.append("_")
            line.append(family.ascii)
            line.append("_")
        case 1:
            line.append(String(given.ascii.prefix(1)))
            line.append(family.ascii)
            line.append(".")
        default:
            line.append(given.ascii)
            line.append(".")
            line.append(family.ascii)
            line.append(".")
        }
        line.append(suffix)
        line.append("@")
        line.append(domain)
        return line.string
    }

    /// The domains of private addresses; firms have their own under `.example`.
    static let mailboxDomains = """
        example.com, example.org, example.net, mail.example.com, post.example.net, inbox.example.org, users.example.com
        """.entries
}

/// A contact with its place in the data set.
struct ContactSketch {
    let person: PersonSketch
    let accountIndex: Int?
    let firm: FirmSketch?
    let owner: Owner?
    let lastActivity: PastMoment
    let lifecycle: String
}

struct LeadSketch {
    let person: PersonSketch
    let owner: Owner?
}

extension SampleGenerator {
    func sketch(ofContact index: Int) -> (ContactSketch, Dice) {
        var dice = dice(.contact, index)
        if index == 0 { return (FirstContact.sketch(hasAccount: counts.accounts > 0), dice) }
        var accountIndex: Int?
        if counts.accounts > 0 && !dice.chance(10) {
            // The lower of two draws: a few firms with many people, many firms with a few.
            accountIndex = Swift.min(dice.roll(counts.accounts), dice.roll(counts.accounts))
        }
        let firm = accountIndex.map { self.firm(ofAccount: $0).0 }
        let foreign = SampleLocale.drawn(by: &dice)
        let locale = dice.chance(15) ? foreign : firm?.locale ?? foreign
        let person = PersonSketch(locale: locale, dice: &dice)
        let owner = dice.chance(80) ? firm?.owner ?? Owner.drawn(by: &dice) : Owner.drawn(by: &dice)
        let lifecycle =
            switch dice.roll(100) {
            case ..<45: "customer"
            case ..<85: "prospect"
            default: "former"
            }
        // Former customers have been silent for up to six years, which takes some of them past their retention.
        let silence = lifecycle == "former" ? dice.roll(in: 200...2200) : dice.roll(in: 1...500)
        let sketch = ContactSketch(
            person: person, accountIndex: accountIndex, firm: firm, owner: owner,
            lastActivity: PastMoment(daysAgo: silence, dice: &dice), lifecycle: lifecycle)
        return (sketch, dice)
    }

    func sketch(ofLead index: Int) -> (LeadSketch, Dice) {
        var dice = dice(.lead, index)
        let locale = SampleLocale.drawn(by: &dice)
        let person = PersonSketch(locale: locale, dice: &dice)
        let owner = Owner.drawn(by: &dice)
        return (LeadSketch(person: person, owner: owner), dice)
    }
}
