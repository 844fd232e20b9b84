import Sealing
import Testing
import Vocabulary

@testable import TransparencyLog

struct CosignatureTests {
    private let time = Instant(microseconds: 1_795_339_800_000_000)
    private let name = "witness.example.com/w1"

    @Test func `a witness's line verifies and tells its time`() throws {
        let checkpoint = try TestLog.checkpoint(size: 5)
        let made = try Cosignature.make(of: checkpoint.text, as: name, with: try TestLog.key(2), at: time.advanced(by: .milliseconds(700)))
        let witness = try TestLog.noteKey(2, name: name, kind: .cosignature)
        #expect(made.time == time)
        #expect(made.line.bytes.count == 72)
        let read = try NoteSignature.lines(Array("\(made.line.line)\n".utf8))
        #expect(Cosignature(try #require(read.first), of: checkpoint.text, by: witness) == made)
        let cosigned = try checkpoint.adding(read)
        #expect(try cosigned.cosignatures(of: witness) == [made])
        #expect(try SignedCheckpoint(verifying: Array(cosigned.note.utf8), key: try TestLog.noteKey()) == cosigned)
        #expect(try cosigned.adding(read) == cosigned)
    }

    /// The signed bytes, put together by hand from the specification.
    @Test func `the message is the header, the time and the whole text`() throws {
        let text = try TestLog.checkpoint(size: 5).text
        let made = try Cosignature.make(of: text, as: name, with: try TestLog.key(2), at: time)
        let message = Array("cosignature/v1\ntime 1795339800\n\(text)".utf8)
        #expect(made.line.bytes == [0, 0, 0, 0, 0x6B, 0x02, 0xB6, 0x18] + (try TestLog.key(2).sign(message)))
    }

    @Test func `a changed time, text, key or kind does not verify`() throws {
        let checkpoint = try TestLog.checkpoint(size: 5)
        let witness = try TestLog.noteKey(2, name: name, kind: .cosignature)
        let made = try Cosignature.make(of: checkpoint.text, as: name, with: try TestLog.key(2), at: time)
        for position in made.line.bytes.indices {
            var bytes = made.line.bytes
            bytes[position] ^= 1
            #expect(Cosignature(NoteSignature(of: witness, bytes: bytes), of: checkpoint.text, by: witness) == nil)
        }
        #expect(Cosignature(made.line, of: try TestLog.checkpoint(size: 6).text, by: witness) == nil)
        #expect(Cosignature(made.line, of: checkpoint.text, by: try TestLog.noteKey(3, name: name, kind: .cosignature)) == nil)
        #expect(Cosignature(made.line, of: checkpoint.text, by: try TestLog.noteKey(2, name: name)) == nil)
        // A plain signature of the witness over the checkpoint says nothing about a time.
        let plain = NoteSignature(of: witness, bytes: try TestLog.key(2).sign(Array(checkpoint.text.utf8)))
        #expect(Cosignature(plain, of: checkpoint.text, by: witness) == nil)
        #expect(throws: LogError.noteForged) { try checkpoint.adding([plain]).cosignatures(of: witness) }
        #expect(throws: LogError.noteUnsigned) { try checkpoint.cosignatures(of: witness) }
    }

    @Test(arguments: ["", "\n", "— a AAAAAAA=", "— a AAAAAAA=\n\n", "x\n"])
    func `an answer that is no signature lines is refused`(text: String) {
        #expect(throws: LogError.noteMalformed) { try NoteSignature.lines(Array(text.utf8)) }
    }
}
