import DataFormats
import Testing

@testable import Sealing

struct SigningTests {
    struct Vector: Sendable {
        let seed: String
        let key: String
        let message: String
        let signature: String
    }

    /// RFC 8032, section 7.1, tests 1 to 3 and "SHA(abc)".
    private static let vectors = [
        Vector(
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", message: "",
            signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        Vector(
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", message: "72",
            signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        Vector(
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", message: "af82",
            signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
        Vector(
            seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            key: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            message: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            signature: "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
                + "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ]

    private func key(_ seed: String) throws -> SigningKey {
        let seed = SecretBytes(copying: try #require(Hex.decode(seed)))
        guard let key = SigningKey(seed: seed) else { throw SigningTestFailure.noKey }
        return key
    }

    private enum SigningTestFailure: Error { case noKey }

    @Test(arguments: vectors) func `Ed25519 gives the keys and signatures of RFC 8032`(vector: Vector) throws {
        let key = try key(vector.seed)
        let message = try #require(Hex.decode(vector.message))
        #expect(Hex.encode(key.verifyingKey.bytes) == vector.key)
        let signature = key.sign(message)
        #expect(Hex.encode(signature) == vector.signature)
        #expect(key.verifyingKey.isValid(signature, for: message))
    }

    @Test func `a changed signature, a changed message and another key do not verify`() throws {
        let key = SigningKey.make()
        let message = Array("what was said".utf8)
        let signature = key.sign(message)
        for position in signature.indices {
            var changed = signature
            changed[position] ^= 0x10
            #expect(!key.verifyingKey.isValid(changed, for: message))
        }
        #expect(!key.verifyingKey.isValid(signature, for: message + [0]))
        #expect(!key.verifyingKey.isValid(signature.dropLast(), for: message))
        #expect(!key.verifyingKey.isValid(signature + [0], for: message))
        #expect(!SigningKey.make().verifyingKey.isValid(signature, for: message))
    }

    /// The neutral point and one of order eight; with them a signature of zeros would fit every message of a lenient verifier.
    @Test(arguments: [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ]) func `under a key of small order nothing verifies`(hex: String) throws {
        let bytes = try #require(Hex.decode(hex))
        let key = try #require(VerifyingKey(bytes: bytes))
        #expect(!key.isValid([1] + [UInt8](repeating: 0, count: 63), for: []))
        #expect(!key.isValid([UInt8](repeating: 0, count: 64), for: []))
    }

    @Test func `the seed that a key lends makes the same key`() throws {
        let key = SigningKey.make()
        let same = key.withSeed { seed in SigningKey(seed: seed)?.verifyingKey }
        #expect(same == key.verifyingKey)
        #expect(key.withSeed { $0.count } == SigningKey.seedByteCount)
        #expect(SigningKey.make().verifyingKey != key.verifyingKey)
    }

    @Test func `a seed or a public key of another length is none`() {
        for count in [0, 31, 33, 64] {
            let isKey = SigningKey(seed: SecretBytes.random(count: count)) != nil
            #expect(!isKey)
            #expect(VerifyingKey(bytes: [UInt8](repeating: 2, count: count)) == nil)
        }
    }
}
