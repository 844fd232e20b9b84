import Catalog
import Policies
import Vocabulary

/// How well a record fits a search; better ones come first.
enum SearchTier: UInt8, Sendable, CaseIterable, Comparable {
    /// Every term is a whole word of the record, or a whole value.
    case whole = 0
    /// Some term only begins a word.
    case beginning = 1

    static func < (left: SearchTier, right: SearchTier) -> Bool { left.rawValue < right.rawValue }
}

/// What `q` asks, and by which fields: terms of which all have to be found, each in any field that the caller may use.
///
/// What it says is a person's; it goes into tokens and comparisons, and nowhere else.
struct SearchPlan: Sendable {
    /// Something that a term is looked up by.
    struct Clue: Sendable {
        let position: Int
        let kind: SearchKind
        let text: [UInt8]
    }

    private struct Term: Sendable {
        /// Forms of the term as a whole value, by field.
        var values: [Int: [UInt8]] = [:]
        /// The term as a word.
        var word: [UInt8]?
        /// The term as the beginning of a word, and what it is looked up by.
        var beginning: [UInt8]?
    }

    private let entity: Entity
    private let terms: [Term]
    private let wordFields: [Int]
    private let prefixFields: [Int]
    /// The fields that a record is opened at to be compared.
    let positions: [Int]

    private static let maximumBytes = 400
    private static let maximumTerms = 8

    init(_ text: String, _ sight: Sight) throws(Refusal) {
        entity = sight.entity
        let usable = sight.entity.fields.indices.filter { sight.entity.fields[$0].isSearchable && sight.ruling.isUsable($0) }
        if usable.isEmpty {
            throw Refusal(
                .fieldUnknown, "'q' cannot be used here",
                hint: "q looks into fields that the catalog declares 'search' for, where they are shown in the clear: here are none"
            )
        }
        let wordFields = usable.filter { sight.entity.fields[$0].search.contains(.word) }
        let prefixFields = usable.filter { sight.entity.fields[$0].search.contains(.prefix) }
        let valueFields = usable.filter { !wordFields.contains($0) }
        var terms: [Term] = []
        for phrase in try Self.phrases(text) {
            var term = Term()
            for position in valueFields {
                let field = sight.entity.fields[position]
                if let value = try? field.read(text: phrase.value) { term.values[position] = field.searchForm(of: value) }
            }
            if let word = phrase.word, !wordFields.isEmpty {
                term.word = Array(word.utf8)
                if !prefixFields.isEmpty { term.beginning = SearchPrefix.lookUp(word).map { Array($0.utf8) } }
            }
            terms.append(term)
        }
        self.terms = terms
        self.wordFields = wordFields
        self.prefixFields = prefixFields
        let hasWords = terms.contains { $0.word != nil }
        positions = Set(terms.flatMap(\.values.keys)).union(hasWords ? wordFields : []).sorted()
    }

    // MARK: Reading

    /// One term: as a value of its own, and, where it is one, as a word.
    private struct Phrase: Hashable {
        let value: String
        let word: String?
    }

    private static func phrases(_ text: String) throws(Refusal) -> [Phrase] {
        let hint = "q=ann+müll, an e-mail address or a phone number"
        guard text.utf8.count <= maximumBytes else {
            throw Refusal(.parameterInvalid, "q is longer than \(maximumBytes) bytes", hint: hint)
        }
        var phrases: [Phrase] = []
        func add(_ phrase: Phrase) { if !phrases.contains(phrase) { phrases.append(phrase) } }
        var rest = text.split(whereSeparator: \.isWhitespace).map { $0.trimming("<>,;\"") }[...]
        while let first = rest.first {
            let dialled = rest.prefix { isDialled($0) }
            if !dialled.isEmpty, PhoneNumber(dialled.joined(separator: " ")) != nil {
                // A number is written with spaces, too.
                rest = rest.dropFirst(dialled.count)
                add(Phrase(value: dialled.joined(separator: " "), word: dialled.count == 1 ? onlyWord(first) : nil))
                continue
            }
            rest = rest.dropFirst()
            if first.contains("@"), EmailAddress.isWellFormed(first) {
                add(Phrase(value: first, word: nil))
            } else if let word = onlyWord(first) {
                add(Phrase(value: first, word: word))
            } else {
                for word in NameForm.words(first, limit: maximumTerms + 1) { add(Phrase(value: word, word: word)) }
            }
        }
        if phrases.isEmpty { throw Refusal(.parameterInvalid, "q has no word in it", hint: hint) }
        guard phrases.count <= maximumTerms else {
            throw Refusal(.parameterInvalid, "q has more than \(maximumTerms) words", hint: "fewer find more")
        }
        return phrases
    }

    private static func onlyWord(_ text: String) -> String? {
        let words = NameForm.words(text, limit: 2)
        return words.count == 1 ? words[0] : nil
    }

    /// Digits and what stands between the digits of a phone number.
    private static func isDialled(_ text: String) -> Bool {
        text.contains { $0.isNumber || $0 == "+" || $0 == "＋" } && !text.contains { $0.isLetter || $0 == "@" || $0 == "'" }
    }

    // MARK: Looking up

    /// For each term what a record of the tier has at least one token of; empty when the tier has no records.
    ///
    /// Hints may be of other tiers, too, and of none.
    func clues(_ tier: SearchTier) -> [[Clue]] {
        let whole = terms.map { term in
            term.values.sorted { $0.key < $1.key }.map { Clue(position: $0.key, kind: .exact, text: $0.value) }
                + (term.word.map { word in wordFields.map { Clue(position: $0, kind: .word, text: word) } } ?? [])
        }
        let beginnings = terms.map { term in
            term.beginning.map { text in prefixFields.map { Clue(position: $0, kind: .prefix, text: text) } } ?? []
        }
        let sets: [[Clue]]
        switch tier {
        case .whole: sets = whole
        case .beginning where terms.count == 1:
            // Whoever has the only term as a whole word is of the other tier: a longer word it has to be.
            sets = beginnings
        case .beginning: sets = beginnings.allSatisfy(\.isEmpty) ? [] : zip(whole, beginnings).map { $0 + $1 }
        }
        return sets.contains(where: \.isEmpty) ? [] : sets
    }

    // MARK: Comparing

    /// The tier of a record; `nil` when it does not fit.
    ///
    /// - Parameter value: of a field that is shown in the clear; `nil` for every other.
    func tier(_ value: (Int) -> FieldValue?) -> SearchTier? {
        var opened: [Int: FieldValue] = [:]
        var words: [[UInt8]] = []
        var beginners: [[UInt8]] = []
        for position in positions {
            guard let value = value(position) else { continue }
            opened[position] = value
            guard wordFields.contains(position) else { continue }
            let own = entity.fields[position].searchTexts(of: value, .word)
            words += own
            if prefixFields.contains(position) { beginners += own }
        }
        var tier = SearchTier.whole
        for term in terms {
            let isValue = term.values.contains { position, form in
                opened[position].map { entity.fields[position].searchForm(of: $0) == form } ?? false
            }
            if isValue { continue }
            guard let word = term.word else { return nil }
            if words.contains(word) { continue }
            guard term.beginning != nil, beginners.contains(where: { $0.starts(with: word) }) else { return nil }
            tier = .beginning
        }
        return tier
    }
}

extension Substring {
    fileprivate func trimming(_ characters: String) -> String {
        String(drop { characters.contains($0) }.reversed().drop { characters.contains($0) }.reversed())
    }
}
