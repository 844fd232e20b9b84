import DataFormats
import Testing

@testable import Sealing

/// Vectors of the ciphers that OpenSSL carries out, and of key agreement; each test names its source.
struct CipherVectorTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let key: String
        let nonce: String
        let plaintext: String
        var associatedData = ""
        let sealed: String
    }

    private static let text =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
    private static let ciphertext =
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"

    /// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, test cases 13 to 16; also those of NIST's validation.
    private static let gcm = [
        Vector(
            testDescription: "case 13", key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12), plaintext: "",
            sealed: "530f8afbc74536b9a963b4f1c4cb738b"
        ),
        Vector(
            testDescription: "case 14", key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12),
            plaintext: String(repeating: "00", count: 16), sealed: "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
        ),
        Vector(
            testDescription: "case 15", key: String(repeating: "feffe9928665731c6d6a8f9467308308", count: 2),
            nonce: "cafebabefacedbaddecaf888", plaintext: text, sealed: ciphertext + "b094dac5d93471bdec1a502270e3cc6c"
        ),
        Vector(
            testDescription: "case 16", key: String(repeating: "feffe9928665731c6d6a8f9467308308", count: 2),
            nonce: "cafebabefacedbaddecaf888", plaintext: String(text.dropLast(8)), associatedData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            sealed: String(ciphertext.dropLast(8)) + "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ]

    @Test(arguments: gcm) func `V11.3.2: AES-256-GCM gives the known answers`(vector: Vector) throws { try check(vector, .aes256GCM) }

    /// RFC 8439, section 2.8.2.
    @Test func `ChaCha20-Poly1305 gives the known answer`() throws {
        let text = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
        let vector = Vector(
            testDescription: "", key: Hex.encode(Array(0x80...0x9F)), nonce: "070000004041424344454647", plaintext: Hex.encode(Array(text.utf8)),
            associatedData: "50515253c0c1c2c3c4c5c6c7",
            sealed: "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
                + "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
                + "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"
        )
        try check(vector, .chacha20Poly1305)
    }

    /// Seals to the answer, opens it, and refuses it with any of its parts changed.
    private func check(_ vector: Vector, _ cipher: AEADCipher) throws {
        let key = try #require(Hex.decode(vector.key))
        let nonce = try #require(Hex.decode(vector.nonce))
        let plaintext = try #require(Hex.decode(vector.plaintext))
        let associatedData = try #require(Hex.decode(vector.associatedData))
        var sealed = [UInt8](repeating: 0, count: plaintext.count + AEADCipher.tagByteCount)
        plaintext.withUnsafeBytes { plaintext in
            associatedData.withUnsafeBufferPointer { cipher.seal(plaintext, key: key, nonce: nonce, associatedData: $0, into: &sealed) }
        }
        #expect(Hex.encode(sealed) == vector.sealed)

        func open(_ sealed: [UInt8], key: [UInt8], nonce: [UInt8], associatedData: [UInt8]) -> [UInt8]? {
            var opened = [UInt8](repeating: 0xEE, count: plaintext.count)
            let isGenuine = opened.withUnsafeMutableBytes { opened in
                associatedData.withUnsafeBufferPointer {
                    cipher.open(sealed, count: plaintext.count, key: key, nonce: nonce, associatedData: $0, into: opened)
                }
            }
            if !isGenuine { #expect(opened.allSatisfy { $0 == 0 }, "nothing of a forgery stays") }
            return isGenuine ? opened : nil
        }
        #expect(open(sealed, key: key, nonce: nonce, associatedData: associatedData) == plaintext)
        func changed(_ bytes: [UInt8], _ index: Int) -> [UInt8] {
            var bytes = bytes
            bytes[index] ^= 0x80
            return bytes
        }
        for index in sealed.indices { #expect(open(changed(sealed, index), key: key, nonce: nonce, associatedData: associatedData) == nil) }
        for index in key.indices { #expect(open(sealed, key: changed(key, index), nonce: nonce, associatedData: associatedData) == nil) }
        for index in nonce.indices { #expect(open(sealed, key: key, nonce: changed(nonce, index), associatedData: associatedData) == nil) }
        #expect(open(sealed, key: key, nonce: nonce, associatedData: associatedData + [0]) == nil)
    }

    /// NIST SP 800-38B, examples for AES-256: the second is the message of one block; the same message twice has the same code twice.
    @Test func `AES-256-CMAC of one block gives the known answer`() throws {
        let key = try #require(Hex.decode("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"))
        let message = try #require(Hex.decode("6bc1bee22e409f96e93d7e117393172a"))
        var messages = message + message
        AES256CMAC.authenticate(&messages, count: 2, key: key)
        #expect(Hex.encode(messages) == String(repeating: "28a7023f452e8f82bd4bf28d8c37c35c", count: 2))
    }

    struct Agreement: Sendable {
        let secret: String
        let point: String
        let shared: String
    }

    /// RFC 7748, section 5.2, and both sides of section 6.1.
    private static let agreements = [
        Agreement(
            secret: "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            point: "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            shared: "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
        ),
        Agreement(
            secret: "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            point: "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
            shared: "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
        ),
        Agreement(
            secret: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
            point: "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
            shared: "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
        ),
        Agreement(
            secret: "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
            point: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
            shared: "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
        ),
    ]

    @Test(arguments: agreements) func `X25519 agrees as published`(vector: Agreement) throws {
        let secret = try #require(Hex.decode(vector.secret))
        let point = try #require(Hex.decode(vector.point))
        let shared = secret.withUnsafeBytes { AgeX25519.withSharedSecret($0, point) { Array($0) } }
        #expect(shared.map(Hex.encode) == vector.shared)
    }

    @Test func `X25519 makes the published points of its secrets`() throws {
        let alice = try #require(Hex.decode("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))
        let bob = try #require(Hex.decode("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
        #expect(
            alice.withUnsafeBytes { Hex.encode(AgeX25519.point(of: $0)) } == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
        )
        #expect(bob.withUnsafeBytes { Hex.encode(AgeX25519.point(of: $0)) } == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
    }
}
