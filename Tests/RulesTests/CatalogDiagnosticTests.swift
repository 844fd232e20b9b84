import Catalog
import Testing
import Vocabulary

/// What is wrong with a catalog is told with its place and a way out; the texts are golden.
struct CatalogDiagnosticTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let entities: [String]
        let expected: String
        var testDescription: String { name }

        init(_ name: String, _ entities: String..., expected: String) {
            self.name = name
            self.entities = entities
            self.expected = expected
        }
    }

    private static let fields = [
        Case(
            "personal data in the clear", Written.person("name: { type: text, class: identifying, store: plain }"),
            expected: """
                1.yaml:5:9: 'name' is identifying and would rest in the clear
                  hint: write 'store: sealed', or 'exemption:' with the reason
                """
        ),
        Case(
            "personal data of nobody", Written.thing("name: { type: text, class: personal, store: sealed }"),
            expected: """
                1.yaml:5:9: 'name' is personal, but the entity has no subject: export and erasure would not reach it
                  hint: give the entity 'subject: self' or 'subject: { via: [...] }', or write 'exemption:' with the reason
                """
        ),
        Case(
            "empty exemption", Written.person("name: { type: text, class: personal, store: plain, exemption: \"\" }"),
            expected: """
                1.yaml:5:9: 'name' is personal and would rest in the clear
                  hint: write 'store: sealed', or 'exemption:' with the reason
                """
        ),
        Case(
            "misspelt member", Written.person("name: { typ: text, class: personal, store: sealed }"),
            expected: """
                1.yaml:5:11: 'typ' is not known in field name
                  hint: did you mean 'type'?
                """),
        Case(
            "misspelt type", Written.person("name: { type: emial, class: personal, store: sealed }"),
            expected: """
                1.yaml:5:17: type 'emial' is not known
                  hint: did you mean 'email'?
                """),
        Case(
            "misspelt class", Written.person("name: { type: text, class: secret, store: sealed }"),
            expected: """
                1.yaml:5:30: class 'secret' is not known
                  hint: one of operational, business, personal, identifying, special, financial
                """),
        Case("no store", Written.person("name: { type: text, class: personal }"), expected: "1.yaml:5:9: field name needs 'store'"),
        Case("field that is a word", Written.person("name: text"), expected: "1.yaml:5:9: field name has to be a mapping"),
        Case(
            "reserved field", Written.thing("version: { type: integer, class: business, store: plain }"),
            expected: """
                1.yaml:5:3: 'version' is a name that every record has already
                """),
        Case(
            "field in capitals", Written.thing("Name: { type: text, class: business, store: plain }"),
            expected: """
                1.yaml:5:3: a field's name takes small letters, digits and underscores, at most 48, beginning with a letter
                """),
        Case(
            "field written twice",
            Written.thing("size: { type: text, class: business, store: plain }\nsize: { type: text, class: business, store: plain }"),
            expected: "1.yaml:5:3: written twice: size"
        ),
        Case(
            "search of a plain field", Written.thing("size: { type: text, class: business, store: plain, search: [exact] }"),
            expected: """
                1.yaml:5:62: search is for sealed fields
                  hint: a plain field can be filtered as it is
                """
        ),
        Case(
            "search not offered", Written.person("name: { type: text, class: personal, store: sealed, search: [exact, sound] }"),
            expected: """
                1.yaml:5:71: search 'sound' is not offered
                  hint: one of exact, word, prefix
                """
        ),
        Case(
            "words of an address", Written.person("mail: { type: email, class: personal, store: sealed, search: [exact, word] }"),
            expected: """
                1.yaml:5:72: search 'word' is for type text, and this is email
                  hint: write 'search: [exact]'
                """
        ),
        Case(
            "beginnings of many lines", Written.person("name: { type: longtext, class: personal, store: sealed, search: [prefix] }"),
            expected: """
                1.yaml:5:68: search 'prefix' is for type text, and this is longtext
                  hint: write 'search: [exact]'
                """
        ),
        Case(
            "beginnings without words", Written.person("name: { type: text, class: personal, store: sealed, search: [exact, prefix] }"),
            expected: """
                1.yaml:5:63: search 'prefix' goes with 'word'
                  hint: write 'search: [word, prefix]'
                """
        ),
        Case(
            "search written twice", Written.person("name: { type: text, class: personal, store: sealed, search: [word, word] }"),
            expected: "1.yaml:5:70: search 'word' is written twice"
        ),
        Case(
            "search that is no list", Written.person("name: { type: text, class: personal, store: sealed, search: exact }"),
            expected: """
                1.yaml:5:63: search has to be a list
                  hint: write [one, two]
                """
        ),
        Case(
            "unique sealed", Written.person("name: { type: text, class: personal, store: sealed, unique: true }"),
            expected: """
                1.yaml:5:63: a sealed field cannot be unique
                  hint: write 'unique: warn'
                """),
        Case(
            "warn without search", Written.person("name: { type: text, class: personal, store: sealed, unique: warn }"),
            expected: """
                1.yaml:5:63: 'unique: warn' needs 'search: [exact]'
                """),
        Case(
            "unique maybe", Written.thing("size: { type: text, class: business, store: plain, unique: maybe }"),
            expected: """
                1.yaml:5:62: unique is true, false or warn
                """),
        Case(
            "mask that does not fit", Written.person("name: { type: text, class: personal, store: sealed, mask: year }"),
            expected: """
                1.yaml:5:61: mask year does not fit type text
                """),
        Case(
            "mask that is none", Written.person("name: { type: text, class: personal, store: sealed, mask: last5 }"),
            expected: """
                1.yaml:5:61: mask 'last5' is not known
                  hint: did you mean 'last4'?
                """),
        Case(
            "choice of nothing", Written.thing("size: { type: choice, class: business, store: plain }"),
            expected: """
                1.yaml:5:9: 'of' goes with type choice, and choice needs it
                """),
        Case(
            "of without choice", Written.thing("size: { type: text, of: [a], class: business, store: plain }"),
            expected: """
                1.yaml:5:9: 'of' goes with type choice, and choice needs it
                """),
        Case(
            "reference to nowhere", Written.thing("part_id: { type: reference, to: thin, class: business, store: plain }"),
            expected: """
                1.yaml:5:3: 'part_id' points to 'thin', which is no entity
                  hint: did you mean 'thing'?
                """),
        Case(
            "reference without to", Written.thing("part_id: { type: reference, class: business, store: plain }"),
            expected: """
                1.yaml:5:12: 'to' goes with type reference, and reference needs it
                """),
        Case(
            "sealed reference", Written.person("boss_id: { type: reference, to: person, class: personal, store: sealed }"),
            expected: "1.yaml:5:12: a reference cannot be sealed"
        ),
        Case(
            "indexed sealed", Written.person("name: { type: text, class: personal, store: sealed, indexed: true }"),
            expected: """
                1.yaml:5:9: a sealed field cannot be indexed
                  hint: use 'search: [exact]'
                """),
        Case(
            "indexed in quotes", Written.thing("size: { type: text, class: business, store: plain, indexed: \"true\" }"),
            expected: """
                1.yaml:5:63: indexed has to be true or false
                """),
        Case(
            "too long a length", Written.thing("size: { type: text, class: business, store: plain, max: 5000 }"),
            expected: """
                1.yaml:5:59: max is 1 to 4000 bytes for type text
                """),
        Case(
            "default that does not fit", Written.thing("size: { type: integer, class: business, store: plain, default: many }"),
            expected: """
                1.yaml:5:66: the default does not fit: size has to be a whole number
                """),
        Case(
            "default outside the choices", Written.thing("size: { type: choice, of: [small, large], class: business, store: plain, default: huge }"),
            expected: "1.yaml:5:85: the default does not fit: size is none of small, large"
        ),
        Case(
            "token bits", Written.person("name: { type: text, class: personal, store: sealed, search: [exact], token_bits: 4 }"),
            expected: """
                1.yaml:5:84: token_bits is 8 to 256
                """),
        Case(
            "cascade of a text", Written.thing("size: { type: text, class: business, store: plain, on_delete: cascade }"),
            expected: """
                1.yaml:5:65: on_delete is cascade, and goes with type reference
                """),
        Case(
            "unknown purpose", Written.person("name: { type: text, class: personal, store: sealed, purposes: [sale] }"),
            expected: """
                1.yaml:5:66: purpose 'sale' is not declared
                  hint: did you mean 'sales'?
                """),
        Case(
            "money without currency", Written.thing("price: { type: money, class: business, store: plain }"),
            expected: """
                1.yaml:1:1: the money field 'price' of thing needs 'currency:' with the name of a currency field
                """),
        Case(
            "several at once", Written.person("name: { type: text, class: personal }\nage: { type: number, class: personal, store: sealed }"),
            expected: """
                1.yaml:5:9: field name needs 'store'
                1.yaml:6:16: type 'number' is not known
                  hint: one of text, longtext, email, phone, url, choice, reference, integer, money, currency, country, boolean, date, timestamp, user, team
                """
        ),
    ]

    private static let entities = [
        Case(
            "no created_at", "entity: a\nplural: as\nsubject: none\nfields: {}\n",
            expected: """
                1.yaml:1:1: a needs the field 'created_at'
                  hint: created_at: { type: timestamp, class: operational, store: plain, system: true }
                """),
        Case(
            "entity in capitals", Written.thing(name: "Thing"),
            expected: """
                1.yaml:1:9: entity takes small letters, digits and underscores, at most 48, beginning with a letter
                """),
        Case(
            "name of the gateway", Written.thing(name: "credential", plural: "credentials"),
            expected: """
                1.yaml:1:9: 'credential' is a name that the gateway uses itself
                """),
        Case(
            "route of the gateway", Written.thing(name: "coin", plural: "tokens"),
            expected: """
                1.yaml:2:9: 'tokens' is a name that the gateway uses itself
                """),
        Case(
            "name taken", Written.thing(), Written.thing(plural: "more_things"),
            expected: """
                2.yaml:1:1: 'thing' is already taken
                  hint: see 1.yaml:1:1
                """),
        Case(
            "misspelt member of an entity", Written.thing(more: "retenion: []"),
            expected: """
                1.yaml:7:1: 'retenion' is not known in an entity
                  hint: did you mean 'retention'?
                """),
        Case("subject that is none", Written.person(subject: "them"), expected: "1.yaml:3:10: subject is self, none or { via: [relation] }"),
        Case("via nothing", Written.person(subject: "{ via: [] }"), expected: "1.yaml:3:17: via names at least one reference"),
        Case(
            "via what is no reference", Written.person(subject: "{ via: [name] }"),
            expected: """
                1.yaml:1:1: subject via 'name', which is no reference of person
                """),
        Case(
            "via what is no person",
            Written.person("thing_id: { type: reference, to: thing, class: business, store: plain }", subject: "{ via: [thing_id] }"),
            Written.thing(),
            expected: """
                1.yaml:5:3: subject via 'thing_id', but a thing is not a person
                  hint: the entity it points to needs 'subject: self'
                """
        ),
        Case(
            "personal data that stay for ever",
            """
            entity: person
            plural: people
            subject: self
            fields:
              name: { type: text, class: identifying, store: sealed }
              created_at: { type: timestamp, class: operational, store: plain, system: true }
              updated_at: { type: timestamp, class: operational, store: plain, system: true }
            """,
            expected: """
                1.yaml:1:1: person holds personal data and no retention rule reaches it (GDPR Art. 5(1)(e))
                  hint: add 'retention:' with at least one rule
                """
        ),
        Case(
            "retention since what is no date",
            Written.thing(more: "retention:\n  - { name: a, since: name, after: P3Y, do: erase, basis: b }"),
            expected: """
                1.yaml:8:23: since 'name' is no date or timestamp of this entity
                """
        ),
        Case(
            "retention after what is no period",
            Written.thing(more: "retention:\n  - { name: a, since: updated_at, after: three years, do: erase, basis: b }"),
            expected: """
                1.yaml:8:42: after takes a period such as P3Y, P18M or P90D
                """
        ),
        Case(
            "retention that does something else",
            Written.thing(more: "retention:\n  - { name: a, since: updated_at, after: P3Y, do: delete, basis: b }"),
            expected: """
                1.yaml:8:51: do 'delete' is not known
                  hint: one of erase, anonymise, archive, review, keep
                """
        ),
        Case(
            "history of what is no field", Written.thing(more: "history_of: deal"),
            expected: """
                1.yaml:7:13: history_of names a field as entity.field
                """),
        Case(
            "history without its fields", Written.thing(more: "history_of: thing.size"),
            expected: """
                1.yaml:1:1: a history needs the field 'from_value'
                """),
        Case(
            "two histories of a field", Written.thing("size: { type: text, class: business, store: plain }"),
            Written.thing(history, name: "one", plural: "ones", more: "history_of: thing.size"),
            Written.thing(history, name: "two", plural: "twos", more: "history_of: thing.size"),
            expected: """
                3.yaml:1:1: 'thing.size' has a history already
                  hint: see 2.yaml:1:1
                """
        ),
        Case("a list for a document", "- a\n", expected: "1.yaml:1:1: an entity has to be a mapping"),
        Case("an empty document", "# nothing\n", expected: "1.yaml:1:1: the file is empty"),
        Case("no YAML", "entity: [a\n", expected: "1.yaml:2:1: this is not YAML: did not find expected ',' or ']'"),
        Case(
            "an alias", Written.thing("a: &one { type: text, class: business, store: plain }\nb: *one"),
            expected: """
                1.yaml:5:6: an alias points here, and aliases are not offered
                  hint: write the value out
                """),
    ]

    private static let history = """
        from_value: { type: text, class: business, store: plain, system: true }
        to_value: { type: text, class: business, store: plain, system: true }
        changed_by: { type: user, class: operational, store: plain, system: true }
        """

    @Test(arguments: fields) func `a wrong field is told`(_ wrong: Case) {
        #expect(Written.problems { try Written.catalog(wrong.entities) } == wrong.expected)
    }

    @Test(arguments: entities) func `a wrong entity is told`(_ wrong: Case) {
        #expect(Written.problems { try Written.catalog(wrong.entities) } == wrong.expected)
    }

    struct Purposes: Sendable {
        let text: String
        let expected: String
    }

    @Test(arguments: [
        Purposes(text: "purposes:\n  sales: { label: Selling }\n", expected: "purposes.yaml:2:10: purpose sales needs 'basis'"),
        Purposes(
            text: "purposes:\n  sales: { label: Selling, basis: legal }\n",
            expected: """
                purposes.yaml:2:35: basis 'legal' is not known
                  hint: one of consent, contract, legal-obligation, vital-interests, public-task, legitimate-interests
                """),
        Purposes(
            text: "purpose:\n  sales: { basis: contract }\n",
            expected: """
                purposes.yaml:1:1: 'purpose' is not known in the purposes document
                  hint: did you mean 'purposes'?
                """),
    ])
    func `wrong purposes are told`(_ wrong: Purposes) {
        #expect(Written.problems { try Written.catalog([Written.thing()], purposes: wrong.text) } == wrong.expected)
    }

    @Test func `what is right is taken`() throws {
        let catalog = try Written.catalog([Written.person(), Written.thing()])
        #expect(catalog.entities.map(\.name) == ["person", "thing"])
        #expect(catalog.entity(plural: "people")?.subject == .itself)
        #expect(catalog.entity(named: "person")?.field(named: "name")?.isSealed == true)
        #expect(catalog.purposes["marketing"]?.label == "marketing")
    }
}
