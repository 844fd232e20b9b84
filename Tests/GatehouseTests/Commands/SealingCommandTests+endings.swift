import Foundation
import Glibc
import TestPostgres
import Testing

@testable import Assembly

/// How `gatehouse seal` and `open` end before their time, and what they need meanwhile.
@Suite(.timeLimit(.minutes(15)), .enabled(if: SealingDesk.hasAge, "age is not on the PATH: sealing and opening are not tried against it"))
struct SealingEndingTests {
    @Test func `an interrupted command leaves nothing behind`() async throws {
        let desk = try await SealingDesk()
        let pipe = desk.path("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        try desk.write("nothing", [])
        let child = try Child(
            [GatehouseProgram.path, "seal", "-r", desk.recipient, "-o", "out.age", "pipe"], environment: Program.clean, folder: desk.folder,
            input: desk.path("nothing"), output: desk.path("output"), errors: desk.path("errors")
        )
        let end = open(pipe, O_RDWR | O_CLOEXEC | O_NONBLOCK)
        try #require(end >= 0)
        defer { close(end) }
        // More than a pipe holds: once all of it is written, the other side has taken some, and has opened its output before.
        var left = 1 << 20
        while left > 0, child.isAlive {
            let count = write(end, [UInt8](repeating: 1, count: 4096), 4096)
            if count > 0 { left -= count } else { await Task.yield() }
        }
        try #require(left <= 0, "\(Program.text(desk.path("errors")))")
        // The file has no name before it is whole.
        #expect(try desk.names == ["errors", "identity.txt", "nothing", "output", "pipe"])
        kill(child.pid, SIGINT)
        #expect(await child.wait() == 128 + SIGINT)
        #expect(try desk.names == ["errors", "identity.txt", "nothing", "output", "pipe"])
    }

    @Test(arguments: [true, false]) func `an output is there as a whole or not at all, with a draft or without`(triesUnnamed: Bool) async throws {
        let folder = try TemporaryFolder.make()
        let path = folder + "/out"
        var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? [] }
        for content in ["first", "second"] {
            let before = names
            func leave() throws {
                var output = try ByteOutput(path, mode: 0o600, triesUnnamed: triesUnnamed)
                try output.write(Array("half".utf8))
                #expect(names == before + (triesUnnamed ? [] : ["out.unfinished"]))
            }
            try leave()
            #expect(names == before)
            var output = try ByteOutput(path, mode: 0o600, triesUnnamed: triesUnnamed)
            try output.write(Array(content.utf8))
            try output.finish()
            #expect(names == ["out"])
            #expect(Program.text(path) == content)
        }
    }

    @Test(.enabled(if: TemporaryDisk.isPossible, "nothing can be mounted here: a full disk is not tried"))
    func `a disk that fills leaves nothing behind, and what was there`() async throws {
        let desk = try await SealingDesk()
        try desk.write("plain", SealingDesk.pattern(300_000))
        try await TemporaryDisk.with(desk.path("disk"), bytes: 128 << 10) { disk in
            try desk.write("disk/out.age", [7])
            let outcome = try await desk.run(["seal", "-r", desk.recipient, "-o", "disk/out.age", "plain"])
            #expect(outcome.status == 1)
            #expect(outcome.errors == "error: disk/out.age cannot be written: no space left on device\n")
            #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == ["out.age"])
            #expect(try desk.read("disk/out.age") == [7])
        }
    }

    @Test func `a link is followed, and what it leads to is replaced`() async throws {
        let desk = try await SealingDesk()
        try desk.write("plain", [1, 2])
        try desk.write("real", [7])
        try FileManager.default.createSymbolicLink(atPath: desk.path("link"), withDestinationPath: "real")
        try await desk.succeed(["seal", "-r", desk.recipient, "-o", "link", "plain"])
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: desk.path("link")) == "real")
        try await desk.age(["-d", "-i", "identity.txt", "-o", "plain.out", "real"])
        #expect(try desk.read("plain.out") == [1, 2])
    }

    /// The most memory that a command had, in KiB.
    private func memory(_ desk: SealingDesk, _ line: String) async throws -> Int {
        let script = """
            import resource, subprocess, sys
            status = subprocess.run(["bash", "-o", "pipefail", "-c", sys.argv[1]]).returncode
            print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            """
        let outcome = try await Program.run(["python3", "-c", script, line], folder: desk.folder)
        let numbers = outcome.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        try #require(numbers.count == 2 && numbers[0] == 0, "\(outcome.errors)")
        return numbers[1]
    }

    @Test func `memory does not grow with what is sealed or opened`() async throws {
        let desk = try await SealingDesk()
        let program = "'\(GatehouseProgram.path)'"
        func sealAndOpen(_ mebibytes: Int, _ form: String) async throws -> Int {
            let zeros = "head -c \(mebibytes)M /dev/zero"
            let line = "\(zeros) | \(program) seal \(form) -r \(desk.recipient) | \(program) open -i identity.txt | cmp - <(\(zeros))"
            return try await memory(desk, line)
        }
        for form in ["", "--armor"] {
            let small = try await sealAndOpen(1, form)
            let large = try await sealAndOpen(12, form)
            #expect(large - small < 6 << 10, "\(small) KiB for a mebibyte, \(large) KiB for twelve")
        }
    }
}
