import DataFormats
import Testing

@testable import Sealing

struct PassphraseKeyTests {
    private let cheap = PassphraseKey.Cost(passes: 1, memoryBytes: 64 << 10)
    private let salt = [UInt8](repeating: 1, count: 16)

    /// The first two of libsodium's own known answers for Argon2id (test/default/pwhash_argon2id.c and .exp). Those of RFC 9106 have a
    /// secret and associated data, which libsodium does not take; its salt is the first 16 bytes of what that file gives.
    @Test(arguments: [
        (
            "a347ae92bce9f80f6f595a4480fc9c2fe7e7d7148d371e9487d75f5c23008ffae065577a928febd9b1973a5a95073acdbeb6a030cfc0d79caa2dc5cd011cef02"
                + "c08da232d76d52dfbca38ca8dcbd665b17d1665f7cf5fe59772ec909733b24de97d6f58d220b20c60d7c07ec1fd93c52c31020300c6c1facd77937a597c7a6",
            "5541fbc995d5c197ba290346d2c559de", PassphraseKey.Cost(passes: 5, memoryBytes: 7_256_678),
            "18acec5d6507739f203d1f5d9f1d862f7c2cdac4f19d2bdff64487e60d969e3ced615337b9eec6ac4461c6ca07f0939741e57c24d0005c7ea171a0ee1e734824"
                + "9d135b38f222e4dad7b9a033ed83f5ca27277393e316582033c74affe2566a2bea47f91f0fd9fe49ece7e1f79f3ad6e9b23e0277c8ecc4b313225748dd2a80f5"
                + "679534a0700e246a79a49b3f74eb89ec6205fe1eeb941c73b1fcf1"
        ),
        (
            "e125cee61c8cb7778d9e5ad0a6f5d978ce9f84de213a8556d9ffe202020ab4a6ed9074a4eb3416f9b168f137510f3a30b70b96cbfa219ff99f6c6eaffb15c06b"
                + "60e00cc2890277f0fd3c622115772f7048adaebed86e",
            "f1192dd5dc2368b9cd421338b2243345", PassphraseKey.Cost(passes: 4, memoryBytes: 7_849_083),
            "26bab5f101560e48c711da4f05e81f5a3802b7a93d5155b9cab153069cc42b8e9f910bfead747652a0708d70e4de0bada37218bd203a1201c36b42f9a269b675"
                + "b1f30cfc36f35a3030e9c7f57dfba0d341a974c1886f708c3e8297efbfe411bb9d51375264bd7c70d57a8a56fc9de2c1c97c08776803ec2cd0140bba8e61dc0f"
                + "4ad3d3d1a89b4b710af81bfe35a0eea193e18a6da0f5ec05542c9eefc4584458e1da715611ba09617384748bd43b9bf1f3a6df4ecd091d0875e08d6e2fd8a5c7"
                + "ce08904b5160cd38167b76ec76ef2d310049055a564da23d4ebd2b87e421cc33c401e12d5cd8d936c9baf75ebdfb557d342d2858fc781da31860"
        ),
    ]) func `Argon2id gives the known answers`(passphrase: String, salt: String, cost: PassphraseKey.Cost, expected: String) throws {
        let passphrase = try #require(Hex.decode(passphrase))
        let salt = try #require(Hex.decode(salt))
        var output = [UInt8](repeating: 0, count: expected.utf8.count / 2)
        let isDerived = passphrase.withUnsafeBytes { passphrase in
            output.withUnsafeMutableBytes { PassphraseKey.fill($0, passphrase: passphrase, salt: salt, cost: cost) }
        }
        #expect(isDerived)
        #expect(Hex.encode(output) == expected)
    }

    private func derive(_ passphrase: String, salt: [UInt8]? = nil, cost: PassphraseKey.Cost? = nil) -> SymmetricKey? {
        PassphraseKey.derive(SecretBytes(copying: Array(passphrase.utf8)), salt: salt ?? self.salt, cost: cost ?? cheap)
    }

    @Test func `a key wrapped by a passphrase opens with that passphrase only`() throws {
        let root = SymmetricKey.random()
        let wrapped = KeyEnvelope.wrap(root, under: try #require(derive("correct horse")), label: [1])
        let again = try #require(derive("correct horse"))
        #expect(KeyEnvelope.unwrap(wrapped, under: again, label: [1])?.withBytes { Array($0) } == root.withBytes { Array($0) })
        for wrong in ["", "correct hors", "correct horse ", "Correct horse", "correct horse\0"] {
            #expect(KeyEnvelope.unwrap(wrapped, under: try #require(derive(wrong)), label: [1]) == nil, "\(wrong)")
        }
        let otherSalt = try #require(derive("correct horse", salt: [UInt8](repeating: 2, count: 16)))
        #expect(KeyEnvelope.unwrap(wrapped, under: otherSalt, label: [1]) == nil)
        for cost in [PassphraseKey.Cost(passes: 2, memoryBytes: 64 << 10), PassphraseKey.Cost(passes: 1, memoryBytes: 65 << 10)] {
            #expect(KeyEnvelope.unwrap(wrapped, under: try #require(derive("correct horse", cost: cost)), label: [1]) == nil)
        }
    }

    @Test func `a salt or a cost that is out of range derives nothing`() {
        #expect(derive("a", salt: []) == nil)
        #expect(derive("a", salt: [UInt8](repeating: 1, count: 15)) == nil)
        #expect(derive("a", salt: [UInt8](repeating: 1, count: 17)) == nil)
        #expect(derive("a", cost: PassphraseKey.Cost(passes: 0, memoryBytes: 64 << 10)) == nil)
        #expect(derive("a", cost: PassphraseKey.Cost(passes: 1, memoryBytes: 1)) == nil)
    }

    @Test func `the shipped cost is libsodium's moderate`() {
        #expect(PassphraseKey.Cost.moderate == PassphraseKey.Cost(passes: 3, memoryBytes: 268_435_456))
    }
}
