import Sealing
import Testing
import Vocabulary

@testable import TransparencyLog

struct NoteKeyTests {
    /// C2SP signed-note, the example of the specification.
    static let example = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

    @Test func `a key reads and prints as the published one`() throws {
        let key = try NoteKey(Self.example)
        #expect(key.name == "example.com/foo")
        #expect(key.id == 0x530d_903a)
        #expect(key.kind == .note)
        #expect(key.description == Self.example)
        #expect(try NoteKey(name: key.name, key: key.key) == key)
    }

    @Test func `a witness's key has another id and says what it is for`() throws {
        let witness = try TestLog.noteKey(2, name: "witness.example.com/w1", kind: .cosignature)
        #expect(try NoteKey(witness.description) == witness)
        #expect(try NoteKey(witness.description).kind == .cosignature)
        #expect(try TestLog.noteKey(2, name: "witness.example.com/w1").id != witness.id)
    }

    @Test(arguments: [
        "", "example.com/foo", "example.com/foo+530d903a", "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
        "example.com/foo+530d903a+BekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", " \(example)", "\(example)\n", "\(example)+",
    ]) func `a text that is no key is refused`(text: String) {
        #expect(throws: LogError.keyMalformed) { try NoteKey(text) }
    }

    @Test(arguments: ["", "a b", "a+b", "a\u{00A0}b", "a\u{2003}b", "a\nb", "a\tb", "\u{3000}"])
    func `a name with a space or a plus is refused`(name: String) throws {
        let key = try TestLog.key(1).verifyingKey
        #expect(throws: LogError.nameMalformed) { try NoteKey(name: name, key: key) }
    }

    @Test func `each epoch of a log has its own key id over one key`() throws {
        let first = try TestLog.noteKey()
        let second = try first.of(TestLog.origin.epoch(2))
        #expect(first.key == second.key)
        #expect(first.id != second.id)
        #expect(second.name == "\(TestLog.origin.name)/\(TestLog.tenant)/2")
    }
}
