import DataFormats
import Sealing
import Testing
import Vocabulary

@testable import TransparencyLog

struct CheckpointTests {
    @Test func `a checkpoint is three lines and reads back`() throws {
        let checkpoint = Checkpoint(origin: TestLog.origin, head: TreeHead(size: 70_000, root: try TestLog.hash(0xFF)))
        #expect(
            checkpoint.text
                == "audit.example.com/gatehouse/0190a000-0000-7000-8000-000000000001/1\n70000\n//////////////////////////////////////////8=\n"
        )
        #expect(try Checkpoint(checkpoint.text) == checkpoint)
    }

    private static let name = "a/0190a000-0000-7000-8000-000000000001/1"
    private static let root = "//////////////////////////////////////////8="

    @Test(arguments: [
        "", "\(name)\n1\n\(root)", "\(name)\n01\n\(root)\n", "\(name)\n-1\n\(root)\n", "\(name)\n+1\n\(root)\n", "\(name)\n\n\(root)\n",
        "\(name)\n1 \n\(root)\n", "\(name)\n9223372036854775808\n\(root)\n", "\(name)\n1\n//8=\n", "\(name)\n1\n\(root)\nmore\n",
        "\(name)\n1\n\(root)\n\n", "a\n1\n\(root)\n", "\n1\n\(root)\n", "\(name)/\n1\n\(root)\n",
        "a b/0190a000-0000-7000-8000-000000000001/1\n1\n\(root)\n",
        "a/0190A000-0000-7000-8000-000000000001/1\n1\n\(root)\n", "a/0190a000-0000-7000-8000-000000000001/0\n1\n\(root)\n",
        "a/0190a000-0000-7000-8000-000000000001/01\n1\n\(root)\n",
    ]) func `a text that is no checkpoint is refused`(text: String) {
        #expect(throws: LogError.checkpointMalformed) { try Checkpoint(text) }
    }

    @Test func `sizes from zero to the greatest are read`() throws {
        for size in [0, 1, 9, 10, Int.max] { #expect(try Checkpoint("\(Self.name)\n\(size)\n\(Self.root)\n").head.size == size) }
    }

    @Test func `a signed checkpoint verifies with the log's key`() throws {
        let signed = try TestLog.checkpoint(size: 3)
        #expect(try SignedCheckpoint(verifying: Array(signed.note.utf8), key: try TestLog.noteKey()) == signed)
        #expect(signed.note.hasPrefix(signed.text + "\n— \(TestLog.origin) "))
    }

    @Test func `a checkpoint of another log, key or epoch does not verify`() throws {
        let note = Array(try TestLog.checkpoint(size: 3).note.utf8)
        let another = try TestLog.noteKey(1, name: TestLog.origin.epoch(2).description)
        #expect(throws: LogError.checkpointForeign) { try SignedCheckpoint(verifying: note, key: another) }
        #expect(throws: LogError.noteUnsigned) { try SignedCheckpoint(verifying: note, key: try TestLog.noteKey(2)) }
        let witness = try TestLog.noteKey(1, kind: .cosignature)
        #expect(throws: LogError.checkpointForeign) { try SignedCheckpoint(verifying: note, key: witness) }
    }

    @Test func `the key of any epoch verifies the checkpoints of all`() throws {
        let later = Array(try TestLog.checkpoint(size: 3, of: TestLog.origin.epoch(4)).note.utf8)
        #expect(try SignedCheckpoint(verifying: later, anyEpochOf: try TestLog.noteKey()).origin.epoch == 4)
        let elsewhere = LogOrigin(name: "other.example.com", tenant: TestLog.tenant, epoch: 1)
        let foreign = Array(try TestLog.checkpoint(size: 3, of: elsewhere).note.utf8)
        #expect(throws: LogError.checkpointForeign) { try SignedCheckpoint(verifying: foreign, anyEpochOf: try TestLog.noteKey()) }
        #expect(throws: LogError.noteUnsigned) { try SignedCheckpoint(verifying: later, anyEpochOf: try TestLog.noteKey(9)) }
    }

    @Test func `every changed byte of a signed checkpoint is found`() throws {
        let note = Array(try TestLog.checkpoint(size: 300).note.utf8)
        let key = try TestLog.noteKey()
        for position in note.indices {
            for bit in [0x01, 0x10, 0x80] as [UInt8] {
                var changed = note
                changed[position] ^= bit
                #expect(throws: LogError.self) { try SignedCheckpoint(verifying: changed, key: key) }
            }
        }
    }

    @Test func `an origin that cannot name a key is not signed for`() throws {
        for name in ["a b", "a+b", ""] {
            let origin = LogOrigin(name: name, tenant: TestLog.tenant, epoch: 1)
            #expect(throws: LogError.nameMalformed) { try TestLog.checkpoint(size: 1, of: origin) }
        }
    }
}
