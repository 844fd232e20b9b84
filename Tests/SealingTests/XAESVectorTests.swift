import DataFormats
import Testing

@testable import Sealing

/// The vectors of c2sp.org/XAES-256-GCM.
struct XAESVectorTests {
    struct Vector: Sendable {
        let keyByte: UInt8
        let associatedData: String
        let subkey: String
        let sealed: String

        static let nonce = Array("ABCDEFGHIJKLMNOPQRSTUVWX".utf8)
        static let plaintext = Array("XAES-256-GCM".utf8)
    }

    /// In the first the top bit of L is 0, in the second 1.
    private static let vectors = [
        Vector(
            keyByte: 1, associatedData: "", subkey: "c8612c9ed53fe43e8e005b828a1631a0bbcb6ab2f46514ec4f439fcfd0fa969b",
            sealed: "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"
        ),
        Vector(
            keyByte: 3, associatedData: "c2sp.org/XAES-256-GCM", subkey: "e9c621d4cdd9b11b00a6427ad7e559aeedd66b3857646677748f8ca796cb3fd8",
            sealed: "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"
        ),
    ]

    @Test(arguments: vectors) func `each nonce has the subkey of the specification`(vector: Vector) {
        let key = [UInt8](repeating: vector.keyByte, count: 32)
        let subkey = XAES256GCM.withSubkey(of: key, nonce: Vector.nonce) { Array(UnsafeBufferPointer(start: $0, count: 32)) }
        #expect(Hex.encode(subkey) == vector.subkey)
    }

    @Test(arguments: vectors) func `a published value opens inside a hand-assembled envelope, and sealing gives it`(vector: Vector) throws {
        let key = [UInt8](repeating: vector.keyByte, count: 32)
        let sealed = try [0x01, 0x02, 0, 0, 0, 7] + Vector.nonce + #require(Hex.decode(vector.sealed))
        var opened: [UInt8] = []
        let isGenuine = sealed.withUnsafeBytes { sealed in
            key.withUnsafeBytes {
                Envelope.open(sealed, keyVersion: 7, associatedData: Array(vector.associatedData.utf8), key: $0, into: &opened)
            }
        }
        #expect(isGenuine)
        #expect(opened == Vector.plaintext)
        let again = Self.seal(Vector.plaintext, key: key, nonce: Vector.nonce, associatedData: Array(vector.associatedData.utf8))
        #expect(Hex.encode(again) == vector.sealed)
    }

    /// Ten thousand values of all lengths to 255, drawn from SHAKE-128 of nothing, folded into one digest.
    @Test func `the accumulated vector of ten thousand values holds`() {
        var source = Shake128()
        var digest = Shake128()
        var opened = [UInt8](repeating: 0, count: 256)
        var differences = 0
        for _ in 0..<10_000 {
            let key = source.squeeze(32)
            let nonce = source.squeeze(24)
            let plaintext = source.squeeze(Int(source.squeeze(1)[0]))
            let associatedData = source.squeeze(Int(source.squeeze(1)[0]))
            let sealed = Self.seal(plaintext, key: key, nonce: nonce, associatedData: associatedData)
            let isGenuine = opened.withUnsafeMutableBytes { opened in
                associatedData.withUnsafeBufferPointer { data in
                    XAES256GCM.open(sealed, count: plaintext.count, key: key, nonce: nonce, associatedData: data, into: opened)
                }
            }
            if !isGenuine || !opened.starts(with: plaintext) { differences += 1 }
            digest.absorb(sealed)
        }
        #expect(differences == 0)
        #expect(Hex.encode(digest.squeeze(32)) == "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939")
    }

    private static func seal(_ plaintext: [UInt8], key: [UInt8], nonce: [UInt8], associatedData: [UInt8]) -> [UInt8] {
        var sealed = [UInt8](repeating: 0, count: plaintext.count + 16)
        plaintext.withUnsafeBytes { plaintext in
            associatedData.withUnsafeBufferPointer {
                XAES256GCM.seal(plaintext, key: key, nonce: nonce, associatedData: $0, into: &sealed)
            }
        }
        return sealed
    }

    /// FIPS 202: what the accumulated vector is drawn from has to be right itself.
    @Test func `SHAKE-128 of nothing begins as published`() {
        var source = Shake128()
        #expect(Hex.encode(source.squeeze(16)) == "7f9c2ba4e88f827d616045507605853e")
    }
}
