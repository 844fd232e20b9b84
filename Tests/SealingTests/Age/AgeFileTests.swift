import DataFormats
import Testing

@testable import Sealing

struct AgeFileTests {
    private let identity = AgeIdentity.make()

    private func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    /// The example of filippo.io/age 1.1.1 (`testdata/example.age` and `example_keys.txt`, BSD 3-clause).
    @Test func `a published file opens`() throws {
        let file = try #require(
            Hex.decode(
                "6167652d656e6372797074696f6e2e6f72672f76310a2d3e20583235353139203868726c4d2b5a4247334464346646322b61353833"
                    + "7a64544957446b382f5234316b43595a7376775457340a794f345059646c4d57444a2b437867554e527159355a30542f6d2b6733"
                    + "464368356a4978474c62435658630a2d2d2d20492f696d65765a7a79383132304a537a6d4a6e6d6e2f4b4d6b3370354131315638"
                    + "334e6b34316d394e50450a70c5e53624a1520753f92c5ad10ecab273ba4d6117807713e83820417a1df2ca08182272c8f85c8577"
                    + "34a1311a3b75e98d0eaf"
            )
        )
        let identity = try AgeKeyTests.identity("AGE-SECRET-KEY-184JMZMVQH3E6U0PSL869004Y3U2NYV7R30EU99CSEDNPH02YUVFSZW44VU")
        #expect(try AgeFile.open(file, with: [identity]) == Array("Black lives matter.".utf8))
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000]) func `what was sealed opens`(count: Int) throws {
        let plaintext = pattern(count)
        let file = AgeFile.seal(plaintext, to: [identity.recipient])
        let header = try AgeHeader(from: file)
        let chunkCount = max(1, (count + 65_535) / 65_536)
        #expect(file.count == header.bytes.count + 16 + count + 16 * chunkCount)
        #expect(try AgeFile.open(file, with: [identity]) == plaintext)
    }

    @Test func `each recipient opens it alone`() throws {
        let recovery = AgeIdentity.make()
        let file = AgeFile.seal([1, 2, 3], to: [identity.recipient, recovery.recipient])
        #expect(try AgeFile.open(file, with: [identity]) == [1, 2, 3])
        #expect(try AgeFile.open(file, with: [recovery]) == [1, 2, 3])
        #expect(throws: AgeError.identityMissing) { try AgeFile.open(file, with: [.make()]) }
    }

    @Test func `two files of the same have nothing in common`() throws {
        let plaintext = pattern(1000)
        let one = AgeFile.seal(plaintext, to: [identity.recipient])
        let two = AgeFile.seal(plaintext, to: [identity.recipient])
        let from = try AgeHeader(from: one).bytes.count
        #expect(try AgeHeader(from: one).stanzas != AgeHeader(from: two).stanzas)
        #expect(zip(one[from...], two[from...]).count { $0 == $1 } < 40)
    }

    @Test func `every changed byte of a small file is found`() throws {
        let file = AgeFile.seal([1, 2, 3], to: [identity.recipient])
        for index in file.indices {
            var changed = file
            changed[index] ^= 1
            #expect(throws: AgeError.self, "byte \(index)") { try AgeFile.open(changed, with: [identity]) }
        }
    }

    @Test func `every cut of a small file is found`() throws {
        let file = AgeFile.seal([1, 2, 3], to: [identity.recipient])
        for count in file.indices {
            #expect(throws: AgeError.self, "\(count) bytes") { try AgeFile.open(Array(file.prefix(count)), with: [identity]) }
        }
    }

    // MARK: The payload

    /// A file of chunks sealed one by one, with the last mark where it is asked for.
    private func file(_ chunks: [(bytes: [UInt8], isLast: Bool)]) throws -> [UInt8] {
        let fileKey = AgeFileKey.random()
        let nonce = randomBytes(count: 16)
        var file = AgeHeader(for: [identity.recipient], fileKey: fileKey).bytes + nonce
        var cipher = AgeChunkCipher(fileKey: fileKey, nonce: nonce)
        for chunk in chunks {
            var sealed = [UInt8](repeating: 0, count: chunk.bytes.count + AgeChunkCipher.overhead)
            chunk.bytes.withUnsafeBytes { cipher.seal($0, isLast: chunk.isLast, into: &sealed) }
            file += sealed
        }
        return file
    }

    @Test func `a payload ends with its last chunk, and only there`() throws {
        let full = pattern(65_536)
        #expect(try AgeFile.open(file([(full, false), ([1], true)]), with: [identity]) == full + [1])
        let refused: [(String, AgeError, [(bytes: [UInt8], isLast: Bool)])] = [
            ("no last chunk", .payloadForged, [([1, 2], false)]),
            ("no last of two", .payloadForged, [(full, false), ([1], false)]),
            ("no last of two full ones", .payloadForged, [(full, false), (full, false)]),
            ("an empty last chunk behind a full one", .payloadMalformed, [(full, false), ([], true)]),
            ("a short chunk before the last", .payloadForged, [([1, 2], false), ([3], true)]),
            ("no chunk", .payloadMalformed, []),
        ]
        for (name, error, chunks) in refused {
            let file = try file(chunks)
            #expect(throws: error, "\(name)") { try AgeFile.open(file, with: [identity]) }
        }
        let good = try file([(full, true)])
        for tail in [1, 16, 17] {
            #expect(throws: AgeError.payloadForged, "\(tail) bytes behind") { try AgeFile.open(good + pattern(tail), with: [identity]) }
        }
    }

    @Test func `chunks keep their order`() throws {
        let file = AgeFile.seal(pattern(3 * 65_536), to: [identity.recipient])
        let start = try AgeHeader(from: file).bytes.count + 16
        let chunk = 65_552
        var swapped = file
        swapped.replaceSubrange(start..<start + chunk, with: file[start + chunk..<start + 2 * chunk])
        swapped.replaceSubrange(start + chunk..<start + 2 * chunk, with: file[start..<start + chunk])
        #expect(throws: AgeError.payloadForged) { try AgeFile.open(swapped, with: [identity]) }
        let without = Array(file[..<start] + file[(start + chunk)...])
        #expect(throws: AgeError.payloadForged) { try AgeFile.open(without, with: [identity]) }
        let cut = Array(file[..<(start + 2 * chunk)])
        #expect(throws: AgeError.payloadForged) { try AgeFile.open(cut, with: [identity]) }
    }

    @Test func `a payload without its whole nonce is malformed`() throws {
        let file = AgeFile.seal([], to: [identity.recipient])
        let start = try AgeHeader(from: file).bytes.count
        for count in 0..<32 {
            #expect(throws: AgeError.payloadMalformed) { try AgeFile.open(Array(file[..<(start + count)]), with: [identity]) }
        }
    }
}
