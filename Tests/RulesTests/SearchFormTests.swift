import Catalog
import Testing

/// Writings as they occur in files that people keep: each row is one name, address or number.
struct SearchFormTests {
    static let names: [[String]] = [
        ["Müller", "MÜLLER", "Muller", "mu\u{308}ller", "  müller ", "Ｍüller"], ["O'Brien", "O’Brien", "O`BRIEN", "o\u{2BC}brien", "O´Brien"],
        ["Łukasz", "lukasz", "ŁUKASZ"], ["Strauß", "STRAUSS", "strauss", "STRAUẞ"], ["Søren", "Soren", "SØREN"], ["Đorđe", "Dorde"],
        ["Þór", "thor", "ÞÓR"], ["Æther", "aether"], ["İpek", "ipek", "IPEK"], ["Işıl", "isil", "IŞIL"], ["Ἀλέξανδρος", "Αλεξανδρος", "ΑΛΕΞΑΝΔΡΟΣ"],
        ["Семён", "Семен", "СЕМЁН"], ["Nguyễn", "Nguyen", "NGUYỄN"], ["Ana\u{2010}Maria", "ana-maria", "Ana–Maria"], ["José  María", "jose maria"],
        ["ｶﾞﾗｽ", "ガラス"], ["김민준", "\u{1100}\u{1175}\u{11B7}\u{1106}\u{1175}\u{11AB}\u{110C}\u{116E}\u{11AB}"], ["ﬁona", "Fiona"],
        ["Jo\u{AD}hann", "Johann", "jo\u{200D}hann"],
    ]

    @Test(arguments: names) func `the writings of one name are one`(writings: [String]) {
        #expect(Set(writings.map { NameForm.whole($0) }).count == 1)
        #expect(Set(writings.map { NameForm.words($0) }).count == 1)
    }

    @Test(arguments: [
        ("Mueller", "Müller"), ("が", "か"), ("कि", "क"), ("กี่", "กี"), ("김", "긴"), ("Anna", "Ann"), ("אָדָם", "אדם"),
    ])
    func `other names stay others, and marks that are letters stay`(left: String, right: String) {
        #expect(NameForm.whole(left) != NameForm.whole(right))
    }

    @Test(arguments: [
        ("O’Brien-Müller", ["obrien", "muller"]), ("Anna-Lena", ["anna", "lena"]), ("van der Berg, Dr.", ["van", "der", "berg", "dr"]),
        ("'Ann'", ["ann"]), ("D'Arc d'Arc", ["darc"]), ("Gal·la", ["galla"]), ("列奥纳多·达·芬奇", ["列奥纳多", "达", "芬奇"]), ("王小明", ["王小明"]),
        ("Smith/Jones & Sons (old)", ["smith", "jones", "sons", "old"]), ("ann@example.org", ["ann", "example", "org"]), ("Nº 5", ["no", "5"]),
        ("", []), (" -' . ", []), ("Ravi क्षत्रिय", ["ravi", "क्षत्रिय"]), ("a\u{200B}b", ["ab"]), ("l·", ["l"]), ("it's'", ["its"]),
    ])
    func `a name falls into words`(name: String, words: [String]) {
        #expect(NameForm.words(name) == words)
    }

    @Test func `only so many words of a value are looked at, each once`() {
        #expect(NameForm.words((1...30).map { "w\($0)" }.joined(separator: " ")).count == 12)
        #expect(NameForm.words("ann Ann ÄNN") == ["ann"])
    }

    @Test func `a word is found by its beginnings, which are shorter than it`() {
        #expect(SearchPrefix.all(of: "muller") == ["mu", "mul", "mull"])
        #expect(SearchPrefix.all(of: "wolfeschlegel") == ["wo", "wol", "wolf", "wolfes", "wolfesch"])
        #expect(SearchPrefix.all(of: "王小明") == ["王小"])
        #expect(SearchPrefix.all(of: "bo").isEmpty)
        #expect(SearchPrefix.lookUp("m") == nil)
        for beginning in ["mu", "mul", "mull", "mulle"] {
            #expect(SearchPrefix.all(of: "muller").contains(SearchPrefix.lookUp(beginning) ?? ""), "\(beginning)")
        }
        #expect(SearchPrefix.lookUp("wolfeschlegels") == "wolfesch")
    }

    static let mails: [[String]] = [
        ["Ann.Example@Mail.Example.ORG", "ann.example@mail.example.org", "ａｎｎ.example@mail.example.org"],
        ["info@bücher.example", "INFO@BÜCHER.EXAMPLE", "info@xn--bcher-kva.example", "info@XN--BCHER-KVA.example"],
        ["a@例え.example", "a@xn--r8jz45g.example"],
    ]

    @Test(arguments: mails) func `the writings of one address are one`(writings: [String]) throws {
        let field = try Written.field("type: email")
        #expect(try Set(writings.map { field.searchForm(of: try field.read(text: $0)) }).count == 1)
    }

    @Test func `an address with a plus is another one, and a domain that is no ASCII form stays as it is`() {
        #expect(EmailAddress.searchForm("ann+crm@example.org") != EmailAddress.searchForm("ann@example.org"))
        for text in ["a@xn--\u{E4}.org", "a@xn--99999999999.org", "a@xn--.org", "a@xn---.org"] {
            #expect(EmailAddress.searchForm(text).hasPrefix("a@"))
        }
    }

    static let numbers: [[String]] = [
        [
            "+49 (0)30 1234567", "0049 30 1234567", "+49301234567", "0049 (0)30 123-4567", "+49 ( 0 ) 30/1234567", "＋49 30 1234567",
            "+49.30.1234567 x12",
        ],
        ["(030) 123 45 67", "030/1234567", "030-123-4567 ext. 9", "٠٣٠ ١٢٣٤٥٦٧"], ["+1 (212) 555-0100", "+12125550100", "001 212 555 0100"],
    ]

    @Test(arguments: numbers) func `the writings of one number are one`(writings: [String]) throws {
        let field = try Written.field("type: phone")
        #expect(try Set(writings.map { field.searchForm(of: try field.read(text: $0)) }).count == 1)
    }

    @Test func `a value has texts of the kinds that its field declares, and of no others`() throws {
        let declaration = "name: { type: text, class: personal, store: sealed, search: [word, prefix] }"
        let field = try #require(try Written.catalog([Written.person(declaration)]).entities[0].field(named: "name"))
        let value = try field.read(text: "Anna-Lena Ann")
        #expect(field.searchTexts(of: value, .exact).isEmpty)
        #expect(field.searchTexts(of: value, .word) == ["anna", "lena", "ann"].map { Array($0.utf8) })
        #expect(Set(field.searchTexts(of: value, .prefix)) == Set(["an", "ann", "le", "len"].map { Array($0.utf8) }))
    }
}
