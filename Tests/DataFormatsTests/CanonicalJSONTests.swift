import Testing

@testable import DataFormats

struct CanonicalJSONTests {
    private func canonical(_ text: String) throws -> String {
        let value = try JSONReader.read(Array(text.utf8))
        return String(decoding: try CanonicalJSON.bytes(of: value), as: UTF8.self)
    }

    /// RFC 8785 appendix B, the finite samples.
    @Test(
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"), (0x8000_0000_0000_0001, "-5e-324"),
            (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"), (0xFFEF_FFFF_FFFF_FFFF, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"), (0xC340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44B5_2D02_C7E1_4AF5, "9.999999999999997e+22"), (0x44B5_2D02_C7E1_4AF6, "1e+23"),
            (0x44B5_2D02_C7E1_4AF7, "1.0000000000000001e+23"),
            (0x444B_1AE4_D6E2_EF4E, "999999999999999700000"), (0x444B_1AE4_D6E2_EF4F, "999999999999999900000"),
            (0x444B_1AE4_D6E2_EF50, "1e+21"),
            (0x3EB0_C6F7_A0B5_ED8C, "9.999999999999997e-7"), (0x3EB0_C6F7_A0B5_ED8D, "0.000001"),
            (0x41B3_DE43_5555_5553, "333333333.3333332"), (0x41B3_DE43_5555_5554, "333333333.33333325"),
            (0x41B3_DE43_5555_5555, "333333333.3333333"), (0x41B3_DE43_5555_5556, "333333333.3333334"),
            (0x41B3_DE43_5555_5557, "333333333.33333343"),
            (0xBECB_F647_612F_3696, "-0.0000033333333333333333"), (0x4314_3FF3_C1CB_0959, "1424953923781206.2"),
        ] as [(UInt64, String)])
    func `numbers are printed as RFC 8785 appendix B prints them`(bits: UInt64, expected: String) throws {
        let double = Double(bitPattern: bits)
        #expect(JSONNumber(double)?.text == expected)
        #expect(try canonical(double.description) == expected)
        #expect(try canonical(expected) == expected)
    }

    /// RFC 8785 section 3.2.3.
    @Test func `members are sorted by UTF-16 code units`() throws {
        let text = #"""
            {
              "\u20ac": "Euro Sign",
              "\r": "Carriage Return",
              "\ufb33": "Hebrew Letter Dalet With Dagesh",
              "1": "One",
              "\ud83d\ude00": "Emoji: Grinning Face",
              "\u0080": "Control",
              "\u00f6": "Latin Small Letter O With Diaeresis"
            }
            """#
        let sorted = try JSONReader.read(Array(try canonical(text).utf8)).objectValue
        #expect(
            sorted?.members.map(\.value) == [
                "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign",
                "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh",
            ])
    }

    /// RFC 8785 sections 3.2.2 (the text) and 3.2.4 (its bytes).
    @Test func `the example of section 3_2_4 has the published bytes`() throws {
        let text = #"""
            {
              "numbers": [333333333.33333329, 1E30, 4.50,
                          2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """#
        let expected = """
            7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72
            75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65 72 73 22 3a
            5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31
            65 2b 33 30 2c 34 2e 35 2c 30 2e 30 30 32 2c 31 65 2d 32 37
            5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30
            30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22 7d
            """
        let value = try JSONReader.read(Array(text.utf8))
        let bytes = try CanonicalJSON.bytes(of: value)
        #expect(Hex.encode(bytes) == String(expected.filter(\.isHexDigit)))
    }

    @Test func `nested objects are sorted and arrays are not`() throws {
        #expect(try canonical(#"[{"b":{"y":1,"x":2},"a":[3,1]},{}]"#) == #"[{"a":[3,1],"b":{"x":2,"y":1}},{}]"#)
    }

    @Test(arguments: [
        ("-0", "0"), ("-0.0", "0"), ("0e9", "0"), ("1.0", "1"), ("100e-2", "1"), ("1e20", "100000000000000000000"),
        ("1e21", "1e+21"), ("123e-20", "1.23e-18"), ("0.00001", "0.00001"), ("1e-400", "0"),
        ("9007199254740993", "9007199254740992"), ("9223372036854775807", "9223372036854776000"),
    ])
    func `numbers become doubles`(text: String, expected: String) throws {
        #expect(try canonical(text) == expected)
    }

    @Test(arguments: ["1e309", "-1e309", "[1,1e999]"])
    func `a number beyond a double is refused`(text: String) throws {
        let value = try JSONReader.read(Array(text.utf8))
        #expect(throws: CanonicalJSONError(code: .numberOutOfRange)) { try CanonicalJSON.bytes(of: value) }
    }

    @Test func `order by bytes agrees with order by UTF-16 code units`() {
        var random = SplitMix64(seed: 2)
        let edges: [Unicode.Scalar] = [
            "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}",
        ]
        for _ in 0..<5_000 {
            let names = (0..<2).map { _ in
                var text = String.UnicodeScalarView()
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    text.append(edges[Int.random(in: 0..<edges.count, using: &random)])
                }
                return String(text)
            }
            #expect(CanonicalJSON.precedes(names[0], names[1]) == names[0].utf16.lexicographicallyPrecedes(names[1].utf16))
        }
    }

    @Test func `random doubles read back unchanged`() {
        var random = SplitMix64(seed: 3)
        for _ in 0..<20_000 {
            let double = Double(bitPattern: random.next())
            guard double.isFinite, double != 0 else { continue }
            #expect(JSONNumber(double)?.double == double)
        }
    }
}
