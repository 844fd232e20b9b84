import Foundation
import Sealing
import TestAuthority
import TestPostgres
import Testing
import TransparencyLog

@testable import Witnesses

struct WitnessSettingsTests {
    private static let key = "\((try? StrictWitness.key).map { "\($0)" } ?? "")"
    private static let otherKey = "\((try? StrictWitness.key(of: 8)).map { "\($0)" } ?? "")"

    private func refused(
        _ code: WitnessSettingsError.Code, line: Int = 1, _ text: String, _ location: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: WitnessSettingsError.self, "\(text)", sourceLocation: location) {
            _ = try WitnessSettings(text: text).open()
        }
        #expect(error == WitnessSettingsError(code, line: line), "\(text)", sourceLocation: location)
    }

    @Test func `lines become witnesses in their order`() throws {
        let text = """
            # Who keeps our heads.

            file archive /mnt/worm/checkpoints
              # indented
            witness\tnorth-1  \(Self.key) https://north.example.com/prefix/
            witness south.example \(Self.otherKey) http://127.0.0.1:8080
            timestamp stamp https://tsa.example.com/tsr ca=/etc/tsa.pem tls-ca=/etc/tls.pem
            """
        for text in [text, text + "\n", text.replacingOccurrences(of: "\n", with: "\r\n")] {
            let settings = try WitnessSettings(text: text)
            #expect(settings.names == ["archive", "north-1", "south.example", "stamp"])
            #expect(settings.lines.map(\.number) == [3, 5, 6, 7])
            #expect(settings.lines[0].entry == .file(folder: "/mnt/worm/checkpoints"))
            let north = try WitnessAddress("https://north.example.com/prefix")
            #expect(settings.lines[1].entry == .witness(key: try StrictWitness.key, address: north, tls: nil))
            let authority = try WitnessAddress("https://tsa.example.com/tsr")
            #expect(settings.lines[3].entry == .timestamp(address: authority, authorities: "/etc/tsa.pem", tls: "/etc/tls.pem"))
        }
    }

    @Test func `no lines are no witnesses`() throws {
        for text in ["", "\n\n", "# nothing\n", "  \t\n"] { #expect(try WitnessSettings(text: text).open().isEmpty) }
    }

    @Test func `what is opened has the names and kinds of the lines`() throws {
        let folder = try TemporaryFolder.make()
        let witnesses = try WitnessSettings(text: "file a \(folder)\nwitness b \(Self.key) https://b.example.com\n").open()
        #expect(witnesses.map(\.name) == ["a", "b"])
        #expect(witnesses[0] is FileWitness && witnesses[1] is HTTPWitness)
    }

    @Test func `a line that cannot be read is told with its number`() {
        refused(.kindUnknown, line: 2, "# comment\nfolder a /b\n")
        refused(.lineMalformed, line: 3, "\n\nfile\n")
        for line in [
            "file a", "witness", "witness a", "witness a \(Self.key)", "timestamp a", "file a /b /c", "witness a \(Self.key) https://b.example x",
        ] {
            refused(.lineMalformed, line)
        }
    }

    @Test func `names are short, of few characters, and no folder's own`() {
        let long = String(repeating: "a", count: 61)
        for name in ["A", "a_b", "ä", "a/b", "..", ".", ".a", long] { refused(.nameMalformed, "file \(name) /b") }
        refused(.nameRepeated, line: 3, "file a /b\nfile b /b\nwitness a \(Self.key) https://a.example.com")
        #expect(throws: Never.self) { try WitnessSettings(text: "file \(long.dropLast()) /b") }
    }

    @Test func `a folder is an absolute path`() {
        for folder in ["b", "./b", "~/b"] { refused(.folderMalformed, "file a \(folder)") }
    }

    @Test func `a key is one for cosignatures, and one witness's`() throws {
        let note = try NoteKey(name: StrictWitness.name, key: try TestKey.of(9).verifyingKey)
        for key in ["key", Self.key + "A", String(Self.key.dropLast()), note.description] {
            refused(.keyMalformed, "witness a \(key) https://a.example.com")
        }
        refused(.keyRepeated, line: 2, "witness a \(Self.key) https://a.example.com\nwitness b \(Self.key) https://b.example.com")
    }

    @Test func `an address is https, or on this host`() {
        for address in [
            "a.example.com", "ftp://a.example.com", "https://", "https://u:p@a.example.com", "https://a.example.com/?x", "https://a.example.com/#x",
        ] {
            refused(.addressMalformed, "witness a \(Self.key) \(address)")
        }
        for address in ["http://a.example.com", "http://10.0.0.1", "http://127.0.0.1.example.com", "http://localhost.example.com", "http://[::2]"] {
            refused(.addressInsecure, "witness a \(Self.key) \(address)")
            refused(.addressInsecure, "timestamp a \(address) ca=/c")
        }
        for address in ["http://localhost:1", "http://127.1.2.3", "http://[::1]:80/x", "HTTPS://a.example.com"] {
            #expect(throws: Never.self, "\(address)") { try WitnessSettings(text: "witness a \(Self.key) \(address)") }
        }
    }

    @Test func `options are known, have a value, and stand once`() {
        refused(.optionUnknown, "witness a \(Self.key) https://a.example.com cert=/c")
        refused(.optionUnknown, "witness a \(Self.key) https://a.example.com tls-ca=/c")
        // What a certificate would be for is not there.
        refused(.optionUnknown, "witness a \(Self.key) http://localhost ca=/c")
        refused(.optionRepeated, "witness a \(Self.key) https://a.example.com ca=/c ca=/d")
        refused(.optionRepeated, "witness a \(Self.key) https://a.example.com ca=")
        refused(.authorityMissing, "timestamp a https://a.example.com")
        refused(.authorityMissing, "timestamp a https://a.example.com tls-ca=/c")
    }

    @Test func `certificates are read when the witnesses are opened`() throws {
        let folder = try TemporaryFolder.make()
        try Data("hello".utf8).write(to: URL(filePath: folder + "/hello"))
        for line in ["witness a \(Self.key) https://a.example.com ca=", "timestamp a https://a.example.com ca="] {
            refused(.authorityUnreadable, line: 2, "\n\(line)\(folder)/missing")
            refused(.authorityUnreadable, line + folder)
            refused(.authorityMalformed, line + folder + "/hello")
        }
    }

    @Test(.enabled(if: OpenSSLAuthority.isInstalled)) func `a link to certificates is followed`() throws {
        let authority = try OpenSSLAuthority()
        let link = try TemporaryFolder.make() + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: authority.rootPath)
        let text = "witness a \(Self.key) https://a.example.com ca=\(link)\ntimestamp b https://b.example.com ca=\(link)"
        #expect(try WitnessSettings(text: text).open().map(\.name) == ["a", "b"])
    }

    @Test func `every error has a sentence and a word of its own`() {
        let errors = WitnessSettingsError.Code.allCases.map { WitnessSettingsError($0, line: 7).description }
        #expect(Set(errors).count == errors.count)
        for text in errors { #expect(text.hasPrefix("line 7: ") && !text.hasSuffix(".") && !text.contains("\n")) }
    }
}
