import Foundation
import Glibc
import TestPostgres
import Testing

/// `gatehouse seal` and `open`, beside the `age` program of other people.
@Suite(.timeLimit(.minutes(15)), .enabled(if: SealingDesk.hasAge, "age is not on the PATH: sealing and opening are not tried against it"))
struct SealingCommandTests {
    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 3 << 20]) func `age opens what is sealed, and what age seals is opened`(count: Int) async throws {
        let desk = try await SealingDesk()
        try desk.write("plain", SealingDesk.pattern(count))
        for armor in [[], ["--armor"]] {
            try await desk.succeed(["seal", "-r", desk.recipient, "-o", "ours.age", "plain"] + armor)
            try await desk.age(["--decrypt", "-i", "identity.txt", "-o", "ours.out", "ours.age"])
            // Of an empty file age makes none.
            #expect(try (count == 0 ? [] : desk.read("ours.out")) == desk.read("plain"))
            try await desk.age(["-r", desk.recipient, "-o", "theirs.age"] + armor + ["plain"])
            try await desk.succeed(["open", "-i", "identity.txt", "-o", "theirs.out", "theirs.age"])
            #expect(try desk.read("theirs.out") == desk.read("plain"))
        }
    }

    @Test func `standard input and output are what is read and written`() async throws {
        let desk = try await SealingDesk()
        try desk.write("plain", SealingDesk.pattern(200_000))
        let program = GatehouseProgram.path
        let line = "'\(program)' seal -r \(desk.recipient) <plain | tee sealed | '\(program)' open -i identity.txt - >plain.out"
        let outcome = try await Program.run(["bash", "-o", "pipefail", "-c", line], folder: desk.folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try desk.read("plain.out") == desk.read("plain"))
        try await desk.age(["--decrypt", "-i", "identity.txt", "-o", "age.out", "sealed"])
        #expect(try desk.read("age.out") == desk.read("plain"))
        // What was opened is for its owner, as what was sealed was.
        try await desk.succeed(["open", "-i", "identity.txt", "-o", "own", "sealed"])
        #expect(try FileManager.default.attributesOfItem(atPath: desk.path("own"))[.posixPermissions] as? Int == 0o600)
    }

    @Test func `files of recipients and identities have comments, and any of many opens`() async throws {
        let desk = try await SealingDesk()
        try desk.write("plain", [1, 2, 3])
        let others = try await desk.keys(2)
        try desk.write("recipients", Array("# operations\n\(others[0].recipient)\n\n  \(others[1].recipient)\r\n# end".utf8))
        try await desk.succeed(["seal", "-R", "recipients", "-r", desk.recipient, "-o", "x.age", "plain"])
        try desk.write("many", Array("# two\n\(try await desk.keys(1)[0].identity)\n\(others[1].identity)\n".utf8), mode: 0o600)
        for file in ["identity.txt", "many"] { try await desk.age(["-d", "-i", file, "-o", "plain.out", "x.age"]) }
        try await desk.succeed(["open", "-i", "many", "-o", "plain.out2", "x.age"])
        #expect(try desk.read("plain.out2") == [1, 2, 3])
        // From standard input, and one that is sealed itself.
        let piped = try await Program.run(
            ["sh", "-c", "'\(GatehouseProgram.path)' open -i - -o plain.out3 x.age <many"], folder: desk.folder)
        #expect(piped.status == 0, "\(piped.errors)")
        try desk.write("words", Array("correct horse battery staple\n".utf8), mode: 0o600)
        try await desk.succeed(["seal", "--passphrase-file", "words", "-o", "many.age", "many"])
        try await desk.succeed(["open", "-i", "many.age", "--passphrase-file", "words", "-o", "plain.out4", "x.age"])
        #expect(try desk.read("plain.out4") == [1, 2, 3])
        let open = try await desk.run(["open", "-i", "open.txt", "x.age"], before: { try desk.write("open.txt", desk.read("many"), mode: 0o644) })
        #expect(open.errors == "warning: others than its owner may read open.txt\n  hint: chmod 600 open.txt\n")
    }

    // MARK: Passphrases

    @Test func `a passphrase is asked for, not shown, and is the one that age takes`() async throws {
        let desk = try await SealingDesk()
        let words = "correct horse bättery staple"
        try desk.write("plain", SealingDesk.pattern(70_000))
        let sealed = try await desk.type(["seal", "-o", "ours.age", "plain"], [words + "\n", words + "\n"])
        #expect(sealed.status == 0)
        #expect(sealed.shown == "passphrase: \r\nthe same again: \r\n")
        #expect(sealed.isEchoing)
        let age = try await Terminal.run(["age", "-d", "-o", "ours.out", "ours.age"], answers: [words + "\n"], folder: desk.folder)
        #expect(age.status == 0, "\(age.shown)")
        #expect(try desk.read("ours.out") == desk.read("plain"))

        let theirs = try await Terminal.run(
            ["age", "-p", "-o", "theirs.age", "plain"], answers: [words + "\n", words + "\n"], folder: desk.folder)
        #expect(theirs.status == 0, "\(theirs.shown)")
        let opened = try await desk.type(["open", "-o", "theirs.out", "theirs.age"], [words + "\n"])
        #expect(opened.status == 0)
        #expect(opened.shown == "passphrase of theirs.age: \r\n")
        #expect(try desk.read("theirs.out") == desk.read("plain"))
        try desk.write("words", Array((words + "\r\nanother line").utf8))
        try await desk.succeed(["open", "--passphrase-file", "words", "-o", "file.out", "theirs.age"])
        #expect(try desk.read("file.out") == desk.read("plain"))
    }

    @Test func `nothing is sealed for a passphrase that was typed twice in two ways, is short, or interrupted`() async throws {
        let desk = try await SealingDesk()
        try desk.write("plain", [1])
        let names = try desk.names
        let differ = try await desk.type(["seal", "-o", "x.age", "plain"], ["correct horse battery\n", "correct horse bettery\n"])
        #expect(differ.status == 5)
        #expect(differ.shown.contains("error: the second passphrase is another one"))
        let short = try await desk.type(["seal", "-o", "x.age", "plain"], ["correct\n"])
        #expect(short.status == 5)
        #expect(short.shown.contains("error: the passphrase is too short"))
        let none = try await desk.type(["seal", "-o", "x.age", "plain"], ["\n"])
        #expect(none.status == 5)
        for key in ["\u{3}", "\u{4}"] {
            let interrupted = try await desk.type(["seal", "-o", "x.age", "plain"], ["correct horse battery\n", "half" + key])
            #expect(interrupted.status == (key == "\u{3}" ? -SIGINT : 5), "\(interrupted.shown)")
            #expect(interrupted.isEchoing)
        }
        #expect(try desk.names == names)
    }

    @Test func `a terminal gets no binary`() async throws {
        let desk = try await SealingDesk()
        try desk.write("plain", [1])
        let refused = try await desk.type(["seal", "-r", desk.recipient, "plain"], [])
        #expect(refused.status == 5)
        #expect(
            refused.shown
                == "error: a sealed file is not for a terminal\r\n  hint: --armor writes text; -o FILE writes a file; -o - insists\r\n")
        let armored = try await desk.type(["seal", "-r", desk.recipient, "--armor", "plain"], [])
        #expect(armored.status == 0)
        #expect(armored.shown.hasPrefix("-----BEGIN AGE ENCRYPTED FILE-----\r\n"))
        let insisted = try await desk.type(["seal", "-r", desk.recipient, "-o", "-", "plain"], [])
        #expect(insisted.status == 0)
        #expect(insisted.shown.hasPrefix("age-encryption.org/v1"))
        let nothing = try await desk.type(["open", "-i", "identity.txt"], [])
        #expect(nothing.status == 5)
        #expect(nothing.shown.hasPrefix("error: nothing says what is to be opened\r\n"))
    }

    // MARK: What does not open

    @Test func `before the header is genuine nothing comes out, and a file that was there stays`() async throws {
        let desk = try await SealingDesk()
        try desk.write("plain", SealingDesk.pattern(300))
        try await desk.succeed(["seal", "-r", desk.recipient, "-o", "x.age", "plain"])
        let file = try desk.read("x.age")
        var forged = file
        let code = file.count - 300 - 16 - 16 - 10
        forged[code] = forged[code] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        try desk.write("forged.age", forged)
        try desk.write("there", [9])
        let names = try desk.names
        let refused = try await desk.run(["open", "-i", "identity.txt", "-o", "there", "forged.age"])
        #expect(refused.status == 1)
        #expect(
            refused.errors
                == "error: the header of forged.age was changed after it was made\n  hint: fetch it again, and ask where it has been\n")
        let piped = try await desk.run(["open", "-i", "identity.txt", "forged.age"])
        #expect(piped.status == 1)
        #expect(piped.output.isEmpty)
        #expect(try desk.read("there") == [9])
        #expect(try desk.names == names)
        try await desk.succeed(["open", "-i", "identity.txt", "-o", "there", "x.age"])
        #expect(try desk.read("there") == desk.read("plain"))
    }

    @Test func `output stops at a chunk that is not genuine, and no file has half of it`() async throws {
        let desk = try await SealingDesk()
        let plain = [UInt8](repeating: UInt8(ascii: "x"), count: 200_000)
        try desk.write("plain", plain)
        try await desk.succeed(["seal", "-r", desk.recipient, "-o", "x.age", "plain"])
        var spoiled = try desk.read("x.age")
        spoiled[spoiled.count - 2000] ^= 4
        for (name, bytes, genuine) in [
            ("spoiled.age", spoiled, 196_608), ("cut.age", Array(spoiled.prefix(100_000)), 65_536),
            ("long.age", try desk.read("x.age") + [0], 196_608),
        ] {
            try desk.write(name, bytes)
            let names = try desk.names
            let piped = try await desk.run(["open", "-i", "identity.txt", name])
            #expect(piped.status == 1)
            #expect(piped.output == String(repeating: "x", count: genuine))
            #expect(
                piped.errors
                    == "error: \(name) was changed, cut short or continued after it was sealed: the \(genuine) bytes that came out before are genuine, and not all of it\n"
                    + "  hint: fetch it again, and ask where it has been\n")
            let filed = try await desk.run(["open", "-i", "identity.txt", "-o", "new", name])
            #expect(filed.status == 1)
            #expect(filed.errors.contains(": nothing was written\n"))
            #expect(try desk.names == names)
        }
    }

    @Test func `refusals are one sentence, with an exit code of their own`() async throws {
        let desk = try await SealingDesk()
        try desk.write("plain", [1])
        try desk.write("words", Array("correct horse battery\n".utf8))
        try desk.write("other words", Array("correct horse bettery\n".utf8))
        try desk.write("short", Array("horse\n".utf8))
        try desk.write("empty", [])
        try await desk.succeed(["seal", "-r", desk.recipient, "-o", "key.age", "plain"])
        try await desk.succeed(["seal", "--passphrase-file", "words", "-o", "pass.age", "plain"])
        try desk.write("armor.age", Array("-----BEGIN AGE ENCRYPTED FILE-----\nA\n-----END AGE ENCRYPTED FILE-----\n".utf8))
        try desk.write("other.txt", Array((try await desk.keys(1)[0].identity + "\n").utf8), mode: 0o600)
        try desk.write(
            "costly.age", Array(String(decoding: try desk.read("pass.age"), as: UTF8.self).replacing(" 18\n", with: " 30\n").utf8.prefix(200)))
        let i = ["-i", "identity.txt"]
        let cases: [(arguments: [String], status: Int32, error: String)] = [
            (["open"] + i + ["missing"], 4, "there is no file missing"),
            (["open", "-i", "missing", "key.age"], 4, "there is no identity at missing\n  hint: age-keygen -o missing makes one"),
            (["open", "-i", "plain", "key.age"], 5, "plain:1 is not an age identity\n  hint: AGE-SECRET-KEY-1… in capitals"),
            (["open", "-i", "empty", "key.age"], 5, "empty has no age identity\n  hint: AGE-SECRET-KEY-1… on a line of its own"),
            (
                ["open"] + i + ["plain"], 5,
                "plain is not an age file\n  hint: files of age version 1 are opened, binary or armored (age-encryption.org/v1)"
            ),
            (
                ["open"] + i + ["armor.age"], 5,
                "the armor of armor.age is damaged\n  hint: a program that changes text may have had it; fetch it again"
            ),
            (
                ["open"] + i + ["pass.age"], 3,
                "pass.age is sealed for a passphrase, not for keys\n  hint: leave out -i, and the passphrase is asked for"
            ),
            (
                ["open", "-i", "other.txt", "key.age"], 3,
                "key.age is not sealed for any of these identities\n  hint: name the file of another identity: -i FILE"
            ),
            (["open", "key.age"], 3, "key.age is sealed for keys, not for a passphrase\n  hint: name the file of an identity: -i FILE"),
            (
                ["open", "pass.age"], 3,
                "pass.age is sealed for a passphrase, and none was given\n  hint: name a file that holds it: --passphrase-file FILE"
            ),
            (["open", "--passphrase-file", "other words", "pass.age"], 3, "the passphrase does not open pass.age"),
            (
                ["open", "--passphrase-file", "empty", "pass.age"], 5,
                "the first line of empty is no passphrase\n  hint: one line, of at most 1024 bytes"
            ),
            (
                ["open", "--passphrase-file", "words", "costly.age"], 5,
                "costly.age asks for more work than a passphrase should take\n  hint: whoever made it may want to use up this host's memory"
            ),
            (["open"] + i + ["-o", "key.age", "key.age"], 5, "key.age is what is to be opened\n  hint: name another file with -o"),
            (["open"] + i + ["."], 5, ". is a folder\n  hint: name a file"),
            (["seal", "-r", desk.recipient, "-o", "plain", "plain"], 5, "plain is what is to be sealed\n  hint: name another file with -o"),
            (
                ["seal", "-r", desk.recipient, "-o", "none/x", "plain"], 4,
                "none/x cannot be written: no such file or directory\n  hint: is there such a folder, and may you write there?"
            ),
            (["seal", "-r", desk.recipient, "-o", ".", "plain"], 5, ". is a folder\n  hint: name a file in it"),
            (
                ["seal", "plain"], 5,
                "nobody says whom to seal for\n  hint: -r age1…, -R FILE or --passphrase-file FILE; on a terminal a passphrase is asked for"
            ),
            (["seal", "-r", "age1x", "plain"], 5, "--recipient is not an age recipient\n  hint: one age1… a line"),
            (["seal", "-R", "empty", "plain"], 5, "empty has no age recipient\n  hint: one age1… a line"),
            (
                ["seal", "-R", "identity.txt", "plain"], 5,
                "identity.txt:3 is not an age recipient\n  hint: this is an identity: keep it off line, and write down its public half (age-keygen -y)"
            ),
            (
                ["seal", "--passphrase-file", "short", "plain"], 5,
                "the passphrase is too short\n  hint: 12 bytes at least; five or six words that nobody chose for their sense are good"
            ),
            (["seal", "-r", desk.recipient, "-o", "/dev/full", "plain"], 1, "/dev/full cannot be written: no space left on device"),
        ]
        let names = try desk.names
        for (arguments, status, error) in cases {
            let outcome = try await desk.run(arguments)
            #expect(outcome.status == status, "\(arguments)")
            #expect(outcome.errors == "error: \(error)\n", "\(arguments)")
            #expect(outcome.output.isEmpty, "\(arguments)")
        }
        for arguments in [
            ["seal", "-r", desk.recipient, "--passphrase-file", "words", "plain"], ["seal", "-R", "-"], ["seal", "-R", "-", "-"],
            ["open", "-i", "-"], ["open", "-i", "-", "--passphrase-file", "-", "key.age"], ["open", "a", "b"],
        ] {
            #expect(try await desk.run(arguments).status == 64, "\(arguments)")
        }
        #expect(try desk.names == names)
    }
}
