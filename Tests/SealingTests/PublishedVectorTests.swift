import DataFormats
import Testing

@testable import Sealing

/// Vectors of the documents that define the algorithms; each test names its source.
struct PublishedVectorTests {
    private func bytes(_ hex: String) throws -> [UInt8] { try #require(Hex.decode(hex)) }
    private func sequence(_ range: ClosedRange<UInt8>) -> [UInt8] { Array(range) }

    /// draft-irtf-cfrg-xchacha-03, appendix A.3.1, put behind a header of ours.
    @Test func `V11.3.2: the XChaCha20-Poly1305 vector opens inside a hand-assembled envelope`() throws {
        let plaintext =
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
        let key = sequence(0x80...0x9F)
        let header: [UInt8] = [0x01, 0x01, 0x00, 0x00, 0x00, 0x2A]
        let nonce = sequence(0x40...0x57)
        let ciphertext = try bytes(
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39"
                + "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
                + "21f9664c97637da9768812f615c68b13b52e"
        )
        let tag = try bytes("c0875924c1c7987947deafd8780acf49")
        let associatedData = try bytes("50515253c0c1c2c3c4c5c6c7")
        var opened: [UInt8] = []
        let isGenuine = (header + nonce + ciphertext + tag).withUnsafeBytes { sealed in
            key.withUnsafeBytes { Envelope.open(sealed, keyVersion: 42, associatedData: associatedData, key: $0, into: &opened) }
        }
        #expect(isGenuine)
        #expect(String(decoding: opened, as: UTF8.self) == plaintext)
    }

    /// RFC 7693, appendix E: keyed and unkeyed hashing over all boundary lengths, folded into one digest.
    @Test func `BLAKE2b passes the self-test of RFC 7693`() throws {
        func pattern(_ count: Int, seed: Int) -> [UInt8] {
            var a = UInt32(0xDEAD_4BAD) &* UInt32(seed)
            var b: UInt32 = 1
            return (0..<count).map { _ in
                (a, b) = (b, a &+ b)
                return UInt8(b >> 24)
            }
        }
        var digests: [UInt8] = []
        for digestCount in [20, 32, 48, 64] {
            for inputCount in [0, 3, 128, 129, 255, 1024] {
                let input = pattern(inputCount, seed: inputCount)
                digests += Blake2b.hash(input, byteCount: digestCount)
                digests += pattern(digestCount, seed: digestCount).withUnsafeBytes { Blake2b.hash(input, byteCount: digestCount, key: $0) }
            }
        }
        #expect(Hex.encode(Blake2b.hash(digests)) == "c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475")
    }

    /// RFC 7693, appendix A.
    @Test func `BLAKE2b of abc`() {
        let expected =
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            + "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"
        #expect(Hex.encode(Blake2b.hash(Array("abc".utf8), byteCount: 64)) == expected)
    }

    /// The known-answer file of the BLAKE2 authors (blake2b-kat.txt), first and last line: key 00…3f, input 00… .
    @Test func `keyed BLAKE2b gives the known answers`() {
        let answers: [(count: Int, digest: String)] = [
            (
                0,
                "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786"
                    + "b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568"
            ),
            (
                255,
                "142709d62e28fcccd0af97fad0f8465b971e82201dc51070faa0372aa43e9248"
                    + "4be1c1e73ba10906d5d1853db6a4106e0a7bf9800d373d6dee2d46d62ef2a461"
            ),
        ]
        for answer in answers {
            let input = (0..<answer.count).map { UInt8($0) }
            let digest = sequence(0x00...0x3F).withUnsafeBytes { Blake2b.hash(input, byteCount: 64, key: $0) }
            #expect(Hex.encode(digest) == answer.digest)
        }
    }

    /// FIPS 180-4 examples of one and of two blocks, and the empty message.
    @Test func `SHA-256 gives the known answers`() {
        let twoBlocks = Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)
        #expect(Hex.encode(SHA256.hash(twoBlocks)) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(Hex.encode(SHA256.hash(Array("abc".utf8))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Hex.encode(SHA256.hash([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    struct Authentication: Sendable {
        let key: [UInt8]
        let message: [UInt8]
        let code: String
    }

    /// RFC 4231, test cases 1 to 4, 6 and 7 (5 is about truncation, which nothing here does).
    private static let authentications = [
        Authentication(
            key: Array(repeating: 0x0B, count: 20), message: Array("Hi There".utf8),
            code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        Authentication(
            key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
            code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        Authentication(
            key: Array(repeating: 0xAA, count: 20), message: Array(repeating: 0xDD, count: 50),
            code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        Authentication(
            key: Array(1...25), message: Array(repeating: 0xCD, count: 50),
            code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        Authentication(
            key: Array(repeating: 0xAA, count: 131), message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        Authentication(
            key: Array(repeating: 0xAA, count: 131),
            message: Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8
            ),
            code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ]

    @Test(arguments: authentications) func `HMAC-SHA-256 gives the codes of RFC 4231`(vector: Authentication) {
        let code = vector.key.withUnsafeBytes { HMACSHA256.authenticate(vector.message, key: $0) }
        #expect(Hex.encode(code) == vector.code)
    }

    struct Derivation: Sendable {
        let input: [UInt8]
        let salt: [UInt8]
        let info: [UInt8]
        let output: String
    }

    /// RFC 5869, appendix A.1 to A.3.
    private static let derivations = [
        Derivation(
            input: Array(repeating: 0x0B, count: 22), salt: Array(0x00...0x0C), info: Array(0xF0...0xF9),
            output: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        ),
        Derivation(
            input: Array(0x00...0x4F), salt: Array(0x60...0xAF), info: Array(0xB0...0xFF),
            output: "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ),
        Derivation(
            input: Array(repeating: 0x0B, count: 22), salt: [], info: [],
            output: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        ),
    ]

    @Test(arguments: derivations) func `HKDF-SHA-256 gives the outputs of RFC 5869`(vector: Derivation) {
        var output = [UInt8](repeating: 0, count: vector.output.utf8.count / 2)
        vector.input.withUnsafeBytes { input in
            output.withUnsafeMutableBytes { HKDF.expand(input: input, salt: vector.salt, info: vector.info, into: $0) }
        }
        #expect(Hex.encode(output) == vector.output)
    }
}
