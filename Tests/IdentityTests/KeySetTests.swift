import DataFormats
import Identity
import Sealing
import TestAuthority
import Testing

struct KeySetTests {
    private func flaw(_ text: String) -> KeySet.Flaw? {
        do throws(KeySet.Flaw) {
            _ = try KeySet(Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    private func key(_ name: String, _ more: String = "") throws -> String {
        let x = Base64URL.encode(try TestKey.of(11).verifyingKey.bytes)
        return #"{"kty":"OKP","crv":"Ed25519","kid":"\#(name)","x":"\#(x)"\#(more)}"#
    }

    @Test func `a set that says one name twice is refused as a whole`() throws {
        #expect(flaw(#"{"keys":[\#(try key("a")),\#(try key("b"))]}"#) == nil)
        #expect(flaw(#"{"keys":[\#(try key("a")),\#(try key("a"))]}"#) == .duplicate)
    }

    @Test func `a set with a symmetric key is refused as a whole`() throws {
        #expect(flaw(#"{"keys":[\#(try key("a")),{"kty":"oct","kid":"b","k":"AAAA"}]}"#) == .symmetric)
    }

    @Test func `keys for other uses, of other kinds or without a name are left out`() throws {
        for more in [#","use":"enc""#, #","key_ops":["sign"]"#] {
            #expect(flaw(#"{"keys":[\#(try key("a", more))]}"#) == .empty)
            #expect(try KeySet(Array(#"{"keys":[\#(key("a", more)),\#(key("b"))]}"#.utf8)).count == 1)
        }
        #expect(flaw(#"{"keys":[{"kty":"EC","crv":"P-521","kid":"a","x":"AA","y":"AA"}]}"#) == .empty)
        #expect(flaw(#"{"keys":[{"kty":"RSA","kid":"a","n":"\#(Base64URL.encode([UInt8](repeating: 0xFF, count: 128)))","e":"AQAB"}]}"#) == .empty)
        #expect(flaw(#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}"#) == .empty)
    }

    @Test(arguments: [
        "", "null", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[1]}"#, #"{"keys":[{}]}"#, #"{"keys":[],"keys":[]}"#, "<html>", "{\"keys\":[",
        "\u{FEFF}{}",
    ])
    func `what is no set is refused`(text: String) {
        #expect(flaw(text) == .malformed)
    }

    @Test func `a set has a bounded number of keys`() throws {
        let many = try (0...100).map { try key("k\($0)") }.joined(separator: ",")
        #expect(flaw(#"{"keys":[\#(many)]}"#) == .tooMany)
        #expect(flaw(#"{"keys":[]}"#) == .empty)
    }
}
