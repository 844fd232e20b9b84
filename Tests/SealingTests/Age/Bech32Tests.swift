import DataFormats
import Testing

@testable import Sealing

struct Bech32Tests {
    private func decode(_ text: String, _ prefix: StaticString, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0xEE, count: count)
        let isRead = Array(text.utf8).withUnsafeBytes { text in bytes.withUnsafeMutableBytes { Bech32.decode(text, prefix: prefix, into: $0) } }
        if !isRead { #expect(bytes.allSatisfy { $0 == 0 || $0 == 0xEE }) }
        return isRead ? bytes : nil
    }

    private func encode(_ bytes: [UInt8], _ prefix: StaticString) -> String {
        var text = [UInt8](repeating: 0, count: Bech32.textCount(prefix: prefix, byteCount: bytes.count))
        bytes.withUnsafeBytes { bytes in text.withUnsafeMutableBytes { Bech32.encode(bytes, prefix: prefix, into: $0) } }
        return String(decoding: text, as: UTF8.self)
    }

    struct Valid: Sendable {
        let text: String
        let prefix: StaticString
        let bytes: String
    }

    /// BIP 173, "Test vectors", those whose data is a whole number of bytes.
    private static let valid = [
        Valid(text: "A12UEL5L", prefix: "A", bytes: ""),
        Valid(text: "a12uel5l", prefix: "a", bytes: ""),
        Valid(
            text: "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
            prefix: "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio", bytes: ""
        ),
        Valid(
            text: "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", prefix: "abcdef", bytes: "00443214c74254b635cf84653a56d7c675be77df"
        ),
        Valid(
            text: "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", prefix: "split",
            bytes: "c5f38b70305f519bf66d85fb6cf03058f3dde463ecd7918f2dc743918f2d"
        ),
        Valid(text: "?1ezyfcl", prefix: "?", bytes: ""),
    ]

    @Test(arguments: valid) func `the valid texts of BIP 173 are read, and written alike`(vector: Valid) throws {
        let bytes = try #require(Hex.decode(vector.bytes))
        #expect(decode(vector.text, vector.prefix, count: bytes.count) == bytes)
        #expect(encode(bytes, vector.prefix) == vector.text)
    }

    struct Invalid: Sendable {
        let text: String
        let prefix: StaticString
    }

    /// BIP 173, "Test vectors", without the two that are right but for having no prefix.
    private static let invalid = [
        Invalid(text: "pzry9x0s0muk", prefix: ""), Invalid(text: "1pzry9x0s0muk", prefix: ""), Invalid(text: "x1b4n0q5v", prefix: "x"),
        Invalid(text: "li1dgmt3", prefix: "li"), Invalid(text: "de1lg7wt\u{7F}", prefix: "de"), Invalid(text: "A1G7SGD8", prefix: "A"),
    ]

    @Test(arguments: invalid) func `the invalid texts of BIP 173 are not read`(vector: Invalid) {
        for count in 0...8 { #expect(decode(vector.text, vector.prefix, count: count) == nil) }
    }

    @Test func `a text has one case, that of its prefix`() {
        #expect(decode("A12uEL5L", "A", count: 0) == nil)
        #expect(decode("a12UEL5L", "a", count: 0) == nil)
        #expect(decode("a12uel5l", "A", count: 0) == nil)
        #expect(decode("A12UEL5L", "a", count: 0) == nil)
    }

    @Test func `every changed character is found`() {
        let bytes = (0..<32).map { UInt8($0 * 7) }
        let text = encode(bytes, "age")
        #expect(decode(text, "age", count: 32) == bytes)
        for index in text.indices {
            for letter in "qpzry9x8gf2tvdw0s3jn54khce6mua7l1bio-" where letter != text[index] {
                var changed = text
                changed.replaceSubrange(index...index, with: [letter])
                #expect(decode(changed, "age", count: 32) == nil)
            }
        }
    }

    @Test func `padding that is not zero is refused`() {
        // One byte is two symbols with two bits of padding: "qp" is 0 with the padding 1.
        #expect(decode(withChecksum("a1qq"), "a", count: 1) == [0])
        #expect(decode(withChecksum("a1qp"), "a", count: 1) == nil)
    }

    /// The one of all endings that is valid, by BIP 173's definition.
    private func withChecksum(_ text: String) -> String {
        let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l")
        func remainder(_ symbols: [Int]) -> Int {
            var value = 1
            for symbol in symbols {
                let top = value >> 25
                value = (value & 0x1FF_FFFF) << 5 ^ symbol
                for (bit, factor) in [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3].enumerated() where top >> bit & 1 == 1 {
                    value ^= factor
                }
            }
            return value
        }
        let letters = Array("a".utf8)
        let expanded = letters.map { Int($0 >> 5) } + [0] + letters.map { Int($0 & 31) }
        let data = text.dropFirst(2).compactMap { alphabet.firstIndex(of: $0) }
        let wanted = remainder(expanded + data + [0, 0, 0, 0, 0, 0]) ^ 1
        return text + String((0..<6).map { alphabet[wanted >> (5 * (5 - $0)) & 31] })
    }
}
