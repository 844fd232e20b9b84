import DataFormats
import Sealing
import Testing

@testable import TransparencyLog

struct ProofFileTests {
    private func file(index: Int = 3, size: Int = 8, entry: [UInt8]? = nil, epoch: Int = 1) throws -> ProofFile {
        let entries = SlowTree.entries(size)
        let stored = try StoredTiles(entries)
        let checkpoint = try SignedCheckpoint.sign(stored.frontier.head, of: TestLog.origin.epoch(epoch), with: try TestLog.key(1))
        let proof = try InclusionProof(index: index, size: size, tiles: stored.tiles)
        return ProofFile(entry: entry ?? entries[index], proof: proof, checkpoint: checkpoint)
    }

    @Test func `a proof file has the lines of the format and reads back`() throws {
        let file = try file()
        let lines = String(decoding: file.bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.prefix(3) == ["c2sp.org/tlog-proof@v1", "extra Mw==", "index 3"])
        #expect(lines[3] == Base64.encode(file.proof.hashes[0].bytes)[...])
        #expect(lines[6] == "")
        #expect(lines[7] == TestLog.origin.description[...])
        #expect(try ProofFile(file.bytes) == file)
    }

    @Test func `a proof file verifies with the key of any epoch and gives the checkpoint`() throws {
        for epoch in [1, 2] {
            let checkpoint = try ProofFile(file(epoch: epoch).bytes).verify(anyEpochOf: TestLog.noteKey())
            #expect(checkpoint.origin.epoch == epoch)
            #expect(checkpoint.head.size == 8)
        }
    }

    @Test func `a proof of one entry alone has no hash`() throws {
        let file = try file(index: 0, size: 1)
        #expect(try ProofFile(file.bytes) == file)
        #expect(try file.verify(anyEpochOf: TestLog.noteKey()).head.size == 1)
    }

    @Test func `another entry, another key and a missing entry do not verify`() throws {
        let key = try TestLog.noteKey()
        let file = try file()
        #expect(throws: LogError.proofWrong) { try self.file(entry: [0x34]).verify(anyEpochOf: key) }
        #expect(throws: LogError.proofWrong) { try file.verify([0x34], anyEpochOf: key) }
        #expect(throws: LogError.noteUnsigned) { try file.verify(anyEpochOf: try TestLog.noteKey(2)) }
        let text = String(decoding: file.bytes, as: UTF8.self)
        let bare = try ProofFile(Array(text.replacing("extra Mw==\n", with: "").utf8))
        #expect(bare.entry == nil)
        #expect(throws: LogError.proofMalformed) { try bare.verify(anyEpochOf: key) }
        #expect(try bare.verify(Array("3".utf8), anyEpochOf: key).head.size == 8)
    }

    @Test func `every changed byte is found`() throws {
        let bytes = try file().bytes
        let key = try TestLog.noteKey()
        for position in bytes.indices {
            for bit in [0x01, 0x20] as [UInt8] {
                var changed = bytes
                changed[position] ^= bit
                #expect(throws: LogError.self) { try ProofFile(changed).verify(anyEpochOf: key) }
            }
        }
        for count in 0..<bytes.count { #expect(throws: LogError.self) { try ProofFile(Array(bytes.prefix(count))) } }
    }
}
