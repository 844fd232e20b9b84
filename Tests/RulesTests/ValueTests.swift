import Catalog
import DataFormats
import Testing
import Vocabulary

/// What each type takes, and what it refuses with which code.
struct ValueTests {
    struct Good: Sendable, CustomTestStringConvertible {
        let type: String
        let json: JSONValue
        /// The bytes that would be sealed.
        let plaintext: String
        var testDescription: String { "\(type) \(plaintext.prefix(20))" }
        init(_ type: String, _ json: JSONValue, _ plaintext: String) {
            self.type = type
            self.json = json
            self.plaintext = plaintext
        }
    }

    private static let good: [Good] = [
        Good("text", .string("Ann"), "Ann"), Good("text", .string("a\tb"), "a\tb"), Good("text", .string(""), ""),
        Good("text, max: 4", .string("Zoë"), "Zoë"),
        Good("longtext", .string("two\nlines\r\n"), "two\nlines\r\n"),
        Good("email", .string("Ann.Example+crm@Mail.Example.com"), "Ann.Example+crm@Mail.Example.com"),
        Good("email", .string("o'neil@example.ie"), "o'neil@example.ie"), Good("email", .string("用户@例子.公司"), "用户@例子.公司"),
        Good("phone", .string("030 1234"), "030 1234"), Good("phone", .string("+49 30 1234567"), "+49 30 1234567\0+49301234567"),
        Good("url", .string("https://example.com/a?b#c"), "https://example.com/a?b#c"),
        Good("url", .string("HTTP://example.com"), "HTTP://example.com"),
        Good("choice, of: [small, large]", .string("small"), "small"),
        Good(
            "reference, to: other", .string("0190A000-0000-7000-8000-000000000001"), "0190a000-0000-7000-8000-000000000001"
        ),
        Good("integer", .number(JSONNumber(0)), "0"), Good("integer", .number(JSONNumber(-42)), "-42"),
        Good("integer", .number(JSONNumber(1 << 53)), "9007199254740992"), Good("integer", .number(JSONNumber(-(1 << 53))), "-9007199254740992"),
        Good("money, currency: currency", .string("1200.50"), "1200.50"), Good("money, currency: currency", .string("-0.0001"), "-0.0001"),
        Good("money, currency: currency", .string("007"), "7"), Good("money, currency: currency", .string("-0.00"), "0.00"),
        Good("money, currency: currency", .string("9999999999999999.9999"), "9999999999999999.9999"),
        Good("currency", .string("EUR"), "EUR"), Good("country", .string("DE"), "DE"),
        Good("boolean", .bool(true), "true"), Good("boolean", .bool(false), "false"),
        Good("date", .string("2024-02-29"), "2024-02-29"),
        Good("timestamp", .string("2026-11-22T10:30:00+01:00"), "2026-11-22T09:30:00.000000Z"),
        Good("user", .string("ann.example"), "ann.example"), Good("team", .string("north-1"), "north-1"),
    ]

    @Test(arguments: good) func `a value that fits is taken, and opens as what it was`(_ good: Good) throws {
        let field = try Written.field("type: \(good.type)")
        let value = try #require(try field.read(good.json))
        #expect(String(decoding: value.plaintext, as: UTF8.self) == good.plaintext)
        #expect(FieldValue(plaintext: value.plaintext, type: field.type) == value)
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let type: String
        let json: JSONValue
        let code: ValueProblem.Code
        var testDescription: String { "\(type) \(code.rawValue) \(json.encoded().count)" }
        init(_ type: String, _ json: JSONValue, _ code: ValueProblem.Code) {
            self.type = type
            self.json = json
            self.code = code
        }
        init(_ type: String, _ text: String, _ code: ValueProblem.Code = .valueInvalid) { self.init(type, .string(text), code) }
    }

    private static let bad: [Bad] = [
        Bad("text", .number(JSONNumber(1)), .typeWrong), Bad("text", .bool(true), .typeWrong), Bad("text", .array([]), .typeWrong),
        Bad("text", .object([:]), .typeWrong), Bad("text", "two\nlines"), Bad("text", "zero\u{0}byte"), Bad("text", "bell\u{7}"),
        Bad("text, max: 3", "Zoë", .valueTooLong), Bad("text, required: true", " \t ", .required), Bad("text, required: true", .null, .required),
        Bad("longtext, max: 5", "123456", .valueTooLong),
        Bad("email", "ann"), Bad("email", "ann@"), Bad("email", "@example.com"), Bad("email", "ann@example"), Bad("email", "a b@example.com"),
        Bad("email", "ann@exa mple.com"), Bad("email", ".ann@example.com"), Bad("email", "an..n@example.com"), Bad("email", "ann@-example.com"),
        Bad("email", "ann@example..com"), Bad("email", "ann@example.com\r\nBcc: x@y.zz"), Bad("email", "<ann@example.com>"),
        Bad("email", String(repeating: "a", count: 65) + "@example.com"), Bad("email", "a@b@example.com"),
        Bad("phone", "call me"), Bad("phone", "12"), Bad("phone", "+0 123 456 789"), Bad("phone", "1234567890123456"),
        Bad("url", "ftp://example.com"), Bad("url", "example.com"), Bad("url", "https://"), Bad("url", "https://user@example.com"),
        Bad("url", "javascript:alert(1)"), Bad("url", "https://exam ple.com"), Bad("url", "https://example.com/<script>"),
        Bad("choice, of: [small, large]", "Small", .choiceUnknown), Bad("choice, of: [small, large]", "", .choiceUnknown),
        Bad("reference, to: other", "1"), Bad("reference, to: other", "0190a000000070008000000000000001"),
        Bad("integer", "1", .typeWrong), Bad("integer", .number(JSONNumber(1 << 53 + 1)), .typeWrong),
        Bad("integer", .number(JSONNumber(Int.min)), .typeWrong), Bad("integer", .number(JSONNumber(Int.max)), .typeWrong),
        Bad("money, currency: currency", .number(JSONNumber(12)), .typeWrong), Bad("money, currency: currency", "1,200.50"),
        Bad("money, currency: currency", "1.23456"), Bad("money, currency: currency", "12."), Bad("money, currency: currency", ".5"),
        Bad("money, currency: currency", "+5"), Bad("money, currency: currency", "1e3"), Bad("money, currency: currency", "NaN"),
        Bad("money, currency: currency", "--1"), Bad("money, currency: currency", "12345678901234567"), Bad("money, currency: currency", "١٢"),
        Bad("currency", "eur"), Bad("currency", "EURO"), Bad("currency", "XXQ"), Bad("country", "de"), Bad("country", "UK"), Bad("country", "DEU"),
        Bad("boolean", "truly", .typeWrong), Bad("boolean", .number(JSONNumber(1)), .typeWrong),
        Bad("date", "2026-02-29"), Bad("date", "22.11.2026"), Bad("date", "2026-11-22T00:00:00Z"),
        Bad("timestamp", "1984-03-02"), Bad("timestamp", "1984-03-02T09:30:00"), Bad("timestamp", "9999-12-31T23:59:59-23:59"),
        Bad("user", "ann example"), Bad("user", ""), Bad("user", "-ann"), Bad("team", String(repeating: "a", count: 65)),
    ]

    @Test(arguments: bad) func `a value that does not fit is refused without being repeated`(_ bad: Bad) throws {
        let field = try Written.field("type: \(bad.type)")
        let problem = #expect(throws: ValueProblem.self) { try field.read(bad.json) }
        #expect(problem?.code == bad.code)
        if case .string(let text) = bad.json, text.count > 3 { #expect(problem?.detail.contains(text) == false) }
    }

    @Test func `the smallest whole number in a query is refused and nothing traps`() throws {
        let field = try Written.field("type: integer")
        for text in ["-9223372036854775808", "9223372036854775807", "9007199254740993", "1.0", "", "0x10"] {
            #expect(throws: ValueProblem.self) { try field.read(text: text) }
        }
        #expect(try field.read(text: "-9007199254740992") == .integer(-9_007_199_254_740_992))
        #expect(throws: ValueProblem.self) { try Written.field("type: boolean").read(text: "yes") }
        #expect(try Written.field("type: boolean").read(text: "true") == .boolean(true))
    }

    @Test func `null empties a field that need not have a value`() throws {
        #expect(try Written.field("type: text").read(.null) == nil)
    }

    @Test func `a value says redacted in every description`() throws {
        let values: [FieldValue] = [
            .text("Ann"), .phone("Ann", normalised: "Ann"), .decimal("Ann"), .integer(4711), .boolean(true),
            .date(try #require(CalendarDate("1984-03-02"))), .timestamp(try #require(Instant("1984-03-02T00:00:00Z"))),
        ]
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            dump([Optional(value)], to: &dumped)
            for text in ["\(value)", String(reflecting: value), "\([value])", dumped] {
                #expect(text.contains("redacted"))
                for content in ["Ann", "4711", "true", "1984"] { #expect(!text.contains(content)) }
            }
            #expect(Mirror(reflecting: value).children.isEmpty)
        }
    }

    // MARK: Phone numbers

    @Test(arguments: [
        ("+49 30 1234567", "+49301234567"), ("0049 (30) 123-4567", "+49301234567"), ("+49 (0)30 1234567", "+49301234567"),
        ("+1 (212) 555-0100 ext. 12", "+12125550100"), ("+1.212.555.0100x12", "+12125550100"), ("+33 1 23 45 67 89 #4", "+33123456789"),
        ("＋81 3 1234 5678", "+81312345678"), ("+٩٦٦ ١٢ ٣٤٥ ٦٧٨٩", "+966123456789"), ("+44\u{A0}20\u{A0}7946\u{A0}0000", "+442079460000"),
    ])
    func `a number with its country is brought to E_164`(written: String, expected: String) {
        #expect(PhoneNumber(written)?.e164 == expected)
    }

    @Test(arguments: ["030 1234567", "(212) 555-0100", "112", "0123 456"]) func `a number without its country has no E_164 form`(written: String)
        throws
    {
        #expect(try #require(PhoneNumber(written)).e164 == nil)
    }

    @Test(arguments: [
        "", "+", "12", "+12", "++49301234567", "49+301234567", "1-800-FLOWERS", "+1 212 555 0100 ext", "1234567890123456", "+0301234567", "+49 30 ½",
    ])
    func `what is no number is refused`(written: String) {
        #expect(PhoneNumber(written) == nil)
    }

    // MARK: Code lists and comparison

    @Test func `the code lists have the codes in use`() {
        #expect(CodeLists.countries.count == 249)
        #expect(CodeLists.countries.allSatisfy { $0.count == 2 })
        #expect(CodeLists.currencies.allSatisfy { $0.count == 3 })
        #expect(CodeLists.currencies.isSuperset(of: ["EUR", "USD", "JPY", "XCG", "ZWG"]))
        #expect(CodeLists.currencies.isDisjoint(with: ["HRK", "BGN", "ANG", "XXX", "XTS"]))
    }

    @Test(arguments: [
        ("Ann@Example.com", "ann@example.COM"), ("  Ann   Example ", "ann example"), ("Zoe\u{308}", "zoë"), ("ﬁrm", "FIRM"),
        ("Ａｎｎ", "ann"), ("a\u{A0}b", "A b"),
    ])
    func `two writings of one value compare equal`(left: String, right: String) {
        #expect(Normalisation.folded(left) == Normalisation.folded(right))
    }

    @Test func `phone numbers are searched in E_164`() throws {
        let field = try Written.field("type: phone")
        let left = try field.read(text: "+49 (0)30 123-4567")
        let right = try field.read(text: "0049 30 1234567")
        #expect(field.searchForm(of: left) == field.searchForm(of: right))
        #expect(field.searchForm(of: left) == Array("+49301234567".utf8))
    }
}
