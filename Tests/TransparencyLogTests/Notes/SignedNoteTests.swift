import DataFormats
import Sealing
import Testing

@testable import TransparencyLog

struct SignedNoteTests {
    /// C2SP signed-note, the example of the specification.
    private static let text = "This is an example message.\n"
    private static let line =
        "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="

    private func note(_ text: String) throws(LogError) -> SignedNote { try SignedNote(Array(text.utf8)) }

    @Test func `the published note verifies with the published key`() throws {
        let note = try note("\(Self.text)\n\(Self.line)\n")
        let key = try NoteKey(NoteKeyTests.example)
        #expect(note.text == Self.text)
        #expect(try note.verify([key]).map(\.line) == [Self.line])
        #expect(note.description == "\(Self.text)\n\(Self.line)\n")
    }

    @Test func `a note that is signed here verifies and reads back`() throws {
        var made = try SignedNote(text: "one\n\ntwo\n")
        try made.sign(as: "a", with: try TestLog.key(1))
        try made.sign(as: "b", with: try TestLog.key(2))
        let read = try note(made.description)
        #expect(read == made)
        #expect(read.text == "one\n\ntwo\n")
        let keys = [try TestLog.noteKey(1, name: "a"), try TestLog.noteKey(2, name: "b")]
        #expect(try read.verify(keys).map(\.name) == ["a", "b"])
        #expect(try read.verify([keys[1]]).map(\.name) == ["b"])
    }

    @Test func `lines of unknown keys are ignored, even senseless ones`() throws {
        var made = try SignedNote(text: "x\n")
        try made.sign(as: "a", with: try TestLog.key(1))
        let senseless = try #require(NoteSignature(line: "— b AAAAAAA="))
        try made.add(senseless)
        #expect(try made.verify([try TestLog.noteKey(1, name: "a")]).count == 1)
    }

    @Test func `a line of a known key that does not verify refuses the note`() throws {
        let good = try TestLog.noteKey(1, name: "a")
        let other = try TestLog.noteKey(2, name: "b")
        var made = try SignedNote(text: "x\n")
        try made.sign(as: "a", with: try TestLog.key(1))
        try made.add(NoteSignature(of: other, bytes: [UInt8](repeating: 0, count: 64)))
        #expect(throws: LogError.noteForged) { try made.verify([good, other]) }
        #expect(try made.verify([good]).count == 1)
        var second = try SignedNote(text: "x\n")
        try second.add(NoteSignature(of: good, bytes: try TestLog.key(1).sign(Array("y\n".utf8))))
        #expect(throws: LogError.noteForged) { try second.verify([good]) }
    }

    @Test func `a note that no known key signed is refused`() throws {
        var made = try SignedNote(text: "x\n")
        try made.sign(as: "a", with: try TestLog.key(1))
        #expect(throws: LogError.noteUnsigned) { try made.verify([]) }
        // The right key under another name, and another key under the right name.
        #expect(throws: LogError.noteUnsigned) { try made.verify([try TestLog.noteKey(1, name: "c")]) }
        #expect(throws: LogError.noteUnsigned) { try made.verify([try TestLog.noteKey(2, name: "a")]) }
    }

    @Test func `a hundred lines are taken, one more is not`() throws {
        var made = try SignedNote(text: "x\n")
        for number in 0..<100 {
            try made.add(NoteSignature(of: try TestLog.noteKey(3, name: "k\(number)"), bytes: [1]))
        }
        #expect(try note(made.description).signatures.count == 100)
        #expect(throws: LogError.noteMalformed) { try made.add(NoteSignature(of: try TestLog.noteKey(3, name: "z"), bytes: [1])) }
        let longer = made.description + "— z AAAAAAA=\n"
        #expect(throws: LogError.noteMalformed) { try note(longer) }
    }

    @Test func `a line is added once`() throws {
        var made = try SignedNote(text: "x\n")
        try made.sign(as: "a", with: try TestLog.key(1))
        try made.sign(as: "a", with: try TestLog.key(1))
        #expect(made.signatures.count == 1)
    }

    @Test(arguments: [
        "", "\n", "\n\n", "x\n", "x\n\n", "x\n\(line)\n", "x\n\n\(line)", "x\n\n\(line)\n\n", "x\n\n\(line) \n", "x\n\n\(line)\nx\n",
        "x\n\n \(line)\n", "x\r\n\n\(line)\n", "x\ty\n\n\(line)\n", "x\0\n\n\(line)\n", "x\n\n— a\n", "x\n\n— a b c\n", "x\n\n— a AAAA\n",
        "x\n\n— a AAAAAA==\n", "x\n\n—  AAAAAAA=\n", "x\n\n— a+b AAAAAAA=\n", "x\n\n- a AAAAAAA=\n", "x\n\n—a AAAAAAA=\n", "x\n\n— a AAAAAAA\n",
        "x\n\n— a\u{00A0}b AAAAAAA=\n",
    ]) func `a text that is no note is refused`(text: String) {
        #expect(throws: LogError.noteMalformed) { try note(text) }
    }

    @Test func `bytes that are not UTF-8 and notes beyond the bound are refused`() {
        #expect(throws: LogError.noteMalformed) { try SignedNote([0x78, 0xFF, 0x0A, 0x0A] + Array("\(Self.line)\n".utf8)) }
        let long = String(repeating: "x", count: SignedNote.greatestByteCount)
        #expect(throws: LogError.noteMalformed) { try note("\(long)\n\n\(Self.line)\n") }
        #expect(throws: LogError.noteMalformed) { try SignedNote(text: "no line end") }
        #expect(throws: LogError.noteMalformed) { try SignedNote(text: "a tab\t\n") }
    }
}
