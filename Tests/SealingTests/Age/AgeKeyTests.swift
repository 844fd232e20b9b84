import DataFormats
import Testing

@testable import Sealing

struct AgeKeyTests {
    static func identity(_ text: String) throws(AgeError) -> AgeIdentity { try AgeIdentity(SecretBytes(copying: Array(text.utf8))) }

    private func text(_ identity: AgeIdentity) -> String { identity.text().withBytes { String(decoding: $0, as: UTF8.self) } }

    /// The key of 32 times 0x42 that the age specification's implementations agree on.
    private let identity = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
    private let recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

    @Test func `a known identity has its known recipient`() throws {
        let read = try Self.identity(identity)
        #expect(read.recipient.description == recipient)
        #expect(try AgeRecipient(recipient) == read.recipient)
        #expect(text(read) == identity)
    }

    @Test func `new identities differ, and are read back`() throws {
        let made = AgeIdentity.make()
        #expect(made.recipient != AgeIdentity.make().recipient)
        #expect(try Self.identity(text(made)).recipient == made.recipient)
        #expect(try AgeRecipient(made.recipient.description) == made.recipient)
    }

    @Test func `anything else is no identity`() {
        for wrong in [
            "", identity.lowercased(), identity + "\n", " " + identity, String(identity.dropLast()), identity + "Q", recipient,
            identity.replacing("AGE-SECRET-KEY-1", with: "age-secret-key-1"), identity.replacing("GFPQ4", with: "GFPP4"),
            "AGE-SECRET-KEY-1",
        ] {
            #expect(throws: AgeError.identityMalformed) { try Self.identity(wrong) }
        }
    }

    @Test func `anything else is no recipient`() {
        for wrong in [
            "", recipient.uppercased(), recipient + "\n", " " + recipient, String(recipient.dropLast()), recipient + "q", identity,
            recipient.replacing("age1z", with: "Age1z"), recipient.replacing("zvkyg", with: "zvkyq"), "age1",
        ] {
            #expect(throws: AgeError.recipientMalformed) { try AgeRecipient(wrong) }
        }
    }

    /// The points of low order, of RFC 7748 section 6.1's warning; the last is of order eight.
    @Test(arguments: [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    ]) func `a point that agrees with everybody is no recipient`(hex: String) throws {
        let point = try #require(Hex.decode(hex))
        let text = AgeRecipient(point: point).description
        #expect(throws: AgeError.recipientMalformed) { try AgeRecipient(text) }
    }

    @Test func `an identity prints nothing of itself`() throws {
        let read = try Self.identity(identity)
        var dumped = ""
        dump(read, to: &dumped)
        for told in ["\(read)", String(reflecting: read), dumped] {
            #expect(told.contains("redacted"))
            #expect(!told.contains("GFPYY") && !told.contains("66, 66"))
        }
        #expect(Mirror(reflecting: read).children.isEmpty)
    }
}
