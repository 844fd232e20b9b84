import Testing

@testable import Sealing

struct AgeWriterTests {
    private func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }
    private let passphrase = Array("six words on a slip of paper".utf8)

    private func key() throws -> AgePassphraseKey {
        let key = AgePassphraseKey.make(from: SecretBytes(copying: passphrase), workFactor: 10)
        return try #require(key)
    }

    private func written(_ plaintext: [UInt8], piece: Int, _ writer: consuming AgeWriter) -> [UInt8] {
        var writer = writer
        var file: [UInt8] = []
        for from in stride(from: 0, to: plaintext.count, by: piece) {
            plaintext[from..<min(from + piece, plaintext.count)].withUnsafeBytes { writer.write($0) }
            file += writer.takeOutput()
        }
        writer.finish()
        return file + writer.takeOutput()
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000], [1000, 65_536, 1 << 20])
    func `what was written in pieces opens as a whole`(count: Int, piece: Int) throws {
        let identity = AgeIdentity.make()
        let file = written(pattern(count), piece: piece, AgeWriter(to: [identity.recipient]))
        #expect(try AgeFile.open(file, with: [identity]) == pattern(count))
        // As many chunks as a whole file has: the last one is not an empty one behind a full one.
        #expect(file.count == AgeFile.seal(pattern(count), to: [identity.recipient]).count)
    }

    @Test func `a passphrase opens what was written for it, and no other does`() throws {
        let key = try key()
        let file = written(pattern(70_000), piece: 999, AgeWriter(to: key))
        #expect(try AgeFile.open(file, passphrase: SecretBytes(copying: passphrase)) == pattern(70_000))
        #expect(throws: AgeError.passphraseWrong) { try AgeFile.open(file, passphrase: SecretBytes(copying: Array("another".utf8))) }
        #expect(throws: AgeError.identityMissing) { try AgeFile.open(file, with: [.make()]) }
        var changed = file
        changed[file.count - 1] ^= 1
        #expect(throws: AgeError.payloadForged) { try AgeFile.open(changed, passphrase: SecretBytes(copying: passphrase)) }
    }

    @Test func `a file for a key is no file for a passphrase`() throws {
        let identity = AgeIdentity.make()
        let file = AgeFile.seal([1], to: [identity.recipient])
        #expect(throws: AgeError.identityMissing) { try AgeFile.open(file, passphrase: SecretBytes(copying: passphrase)) }
    }

    /// Headers whose passphrase stanza is not written as the format says (C2SP age, section scrypt), or asks for too much.
    @Test(arguments: [
        ("bGFzdCBkYXkgb2YgeWVhcg 23", AgeError.workFactorExcessive), ("bGFzdCBkYXkgb2YgeWVhcg 99999999999999999999", .headerMalformed),
        ("bGFzdCBkYXkgb2YgeWVhcg 010", .headerMalformed), ("bGFzdCBkYXkgb2YgeWVhcg +10", .headerMalformed),
        ("bGFzdCBkYXkgb2YgeWVhcg 0", .headerMalformed), ("bGFzdCBkYXkgb2YgeWVh 10", .headerMalformed), ("bGFzdCBkYXkgb2YgeWVhcg", .headerMalformed),
    ])
    func `a stanza of another shape is refused before any work is done`(arguments: String, error: AgeError) {
        let body = String(repeating: "A", count: 43)
        let file = Array("age-encryption.org/v1\n-> scrypt \(arguments)\n\(body)\n--- \(body)\n0123456789abcdef".utf8)
        #expect(throws: error) { try AgeFile.open(file, passphrase: SecretBytes(copying: passphrase)) }
    }

    @Test func `a salt is used once`() throws {
        let one = try key()
        let two = try key()
        let fileKey = AgeFileKey.random()
        #expect(one.wrap(fileKey).arguments[1] != two.wrap(fileKey).arguments[1])
        #expect(one.wrap(fileKey).body != two.wrap(fileKey).body)
    }
}
