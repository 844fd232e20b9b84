import DataFormats
import Foundation
import TestPostgres
import Testing

/// A cluster out of a base backup and its log.
@Suite(.serialized)
struct RecoveryTests {
    /// The rows of the table that these tests write, in a cluster that was restored.
    private func rows(_ site: ContinuousSite, _ directory: String) async throws -> String {
        try await site.ask(directory, "SELECT string_agg(n::text, ' ' ORDER BY n) FROM note")
    }

    @Test("a restore finds what was written before its moment, its restore point or the end, and nothing of after; and is closed")
    func targets() async throws {
        let site = try await ContinuousSite.make()
        try await site.administer("CREATE TABLE note (n int); INSERT INTO note VALUES (1)")
        _ = try await site.base()
        try await site.administer("INSERT INTO note VALUES (2)")
        let moment = try await site.administer("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        try await site.administer("INSERT INTO note VALUES (3)")
        let label = try await site.run("label", "before-four")
        #expect(label.status == 0, "\(label.errors)")
        try await site.administer("INSERT INTO note VALUES (4)")
        try await site.settle()
        for (target, expected) in [(moment, "1 2"), ("before-four", "1 2 3"), ("end", "1 2 3 4")] {
            let directory = "\(site.folder)/to-\(expected.count)"
            let outcome = try await site.recover(to: target, directory, "--closed")
            #expect(outcome.status == 0, "\(target): \(outcome.errors)")
            #expect(try await rows(site, directory) == expected, "\(target)")
            #expect(
                try await site.ask(
                    directory, "SELECT count(*) FROM pg_db_role_setting s, unnest(s.setconfig) o WHERE o LIKE 'gatehouse.restoring=%'") == "1")
            let left = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.contains("gatehouse") }
            #expect(left.isEmpty)
        }
    }

    @Test("a restored cluster goes on with a timeline of its own; the newest is the way, and the one that was left is still there")
    func timelines() async throws {
        let site = try await ContinuousSite.make()
        try await site.administer("CREATE TABLE note (n int); INSERT INTO note VALUES (1)")
        _ = try await site.base()
        try await site.administer("INSERT INTO note VALUES (2)")
        try await site.settle()
        let first = site.folder + "/first"
        let restored = try await site.recover(to: "end", first, "--closed")
        #expect(restored.status == 0, "\(restored.errors)")
        _ = try await site.ask(first, "INSERT INTO note VALUES (3); SELECT FROM pg_switch_wal()", archives: true)
        // What the old cluster writes meanwhile is on the old timeline.
        try await site.administer("INSERT INTO note VALUES (9)")
        try await site.settle()
        try await eventually("the history is in the repository") { !site.objects("00000002.history", "json").isEmpty }
        let check = try object(try await site.run("continuous", "--check", "--json"))
        let windows = check["windows"]?.arrayValue?.compactMap(\.objectValue) ?? []
        #expect(windows.compactMap { $0["timeline"] } == [.number(JSONNumber(1)), .number(JSONNumber(2))])
        for (options, expected) in [([], "1 2 3"), (["--timeline", "1"], "1 2 9")] {
            let directory = site.folder + "/again-\(options.count)"
            let outcome = try await site.recover(to: "end", directory, ["--closed"] + options)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try await rows(site, directory) == expected)
        }
    }

    @Test("a moment behind the last change, when nothing was written any more, is the end")
    func quiet() async throws {
        let site = try await ContinuousSite.make()
        try await site.administer("CREATE TABLE note (n int); INSERT INTO note VALUES (1)")
        _ = try await site.base()
        try await site.administer("INSERT INTO note VALUES (2)")
        let moment = try await site.administer("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        try await site.settle()
        let directory = site.folder + "/restored"
        let outcome = try await site.recover(to: moment, directory, "--closed")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try await rows(site, directory) == "1 2")
    }

    @Test("a target that cannot be reached is told in one sentence before anything is unpacked")
    func unreachable() async throws {
        let site = try await ContinuousSite.make()
        let early = try await site.administer("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
        let directory = site.folder + "/restored"
        let none = try await site.recover(to: "end", directory)
        #expect(none.status == 4, "\(none.errors)")
        _ = try await site.base()
        let (first, gone, last) = (try await site.settle(), try await site.settle(), try await site.settle())
        #expect(Set([first, gone, last]).count == 3)
        for (target, sentence) in [
            (early, "before"), ("2099-01-01T00:00:00Z", "behind"), ("no-such-point", "no restore point"), ("Not a name", "neither a moment"),
        ] {
            let outcome = try await site.recover(to: target, directory)
            #expect(outcome.status == 4 || outcome.status == 5, "\(target): \(outcome.errors)")
            #expect(outcome.errors.contains(sentence), "\(outcome.errors)")
        }
        for path in site.objects(gone, "age") { try FileManager.default.removeItem(atPath: path) }
        let outcome = try await site.recover(to: "end", directory)
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains(gone), "\(outcome.errors)")
        let check = try await site.run("continuous", "--check", "--json")
        #expect(check.status == 1)
        #expect(check.output.contains(gone))
        #expect(!FileManager.default.fileExists(atPath: directory))
    }

    @Test("a flipped bit in a segment stops recovery and does not end it early; once it is whole again, the same command goes on")
    func damaged() async throws {
        let site = try await ContinuousSite.make()
        try await site.administer("CREATE TABLE note (n int); INSERT INTO note VALUES (1)")
        _ = try await site.base()
        try await site.settle()
        try await site.administer("INSERT INTO note VALUES (2)")
        let name = try await site.settle()
        let object = try #require(site.objects(name, "age").first)
        let whole = try #require(FileManager.default.contents(atPath: object))
        var bytes = whole
        bytes[bytes.count / 2] ^= 1
        try write(bytes, to: object)
        let directory = site.folder + "/restored"
        let outcome = try await site.recover(to: "end", directory, "--closed")
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("recovery stopped"), "\(outcome.errors)")
        // Nobody gets in by starting what is there.
        await #expect(throws: (any Error).self) { try await site.ask(directory, "SELECT 1") }
        try write(whole, to: object)
        let again = try await site.recover(to: "end", directory, "--closed")
        #expect(again.status == 0, "\(again.errors)")
        #expect(try await rows(site, directory) == "1 2")
    }

    @Test("a restore that was killed while it unpacked or replayed goes on with the same command")
    func killed() async throws {
        let site = try await ContinuousSite.make()
        try await site.administer("CREATE TABLE note (n int); INSERT INTO note VALUES (1)")
        _ = try await site.base()
        try await site.administer("INSERT INTO note VALUES (2)")
        try await site.settle()
        let directory = site.folder + "/restored"
        let arguments = [
            "backup", "restore", "--to", "end", "--directory", directory, "--identity", site.identity, "--state", site.state, "--closed",
        ]
        Watchdog.shared.stopAtEnd(cluster: directory)
        for milliseconds in [150, 400, 800, 1500] {
            let child = try Child(
                ContinuousSite.command(arguments), environment: Program.clean.merging(site.environment) { _, new in new }, folder: site.folder,
                input: "/dev/null", output: site.folder + "/recover.out", errors: site.folder + "/recover.err")
            try await Task.sleep(for: .milliseconds(milliseconds))
            kill(child.pid, SIGKILL)
            _ = await child.wait()
            if (try? FileManager.default.contentsOfDirectory(atPath: directory))?.contains("gatehouse.restore") == false { break }
        }
        let outcome = try await site.recover(to: "end", directory, "--closed")
        // The last of those that were killed may have come to its end.
        #expect(outcome.status == 0 || outcome.errors.contains("is not empty"), "\(outcome.errors)")
        #expect(try await rows(site, directory) == "1 2")
    }

    @Test("whoever was erased after the moment is erased again before the store is opened, and the report says so")
    func erasedAgain() async throws {
        let site = try await ContinuousSite.make()
        try await Site.with(.given(site.pair)) { gateway in
            try await gateway.serve()
            let scene = try await RequestScene(gateway)
            let id = try await scene.opened("erasure")
            try await site.takeKeys(of: gateway)
            _ = try await site.base()
            let moment = try await site.administer(
                "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
            let count = "SELECT count(*) FROM contact WHERE id = '\(scene.contact)'"
            #expect(try await site.administer(count) == "1")
            #expect(try await scene.step(id, "approve", by: scene.second)["state"] == "in-progress")
            _ = try await scene.step(id, "run")
            try await eventually("the request is fulfilled") { try await scene.officer.get("/v1/requests/\(id)")["state"] == "fulfilled" }
            #expect(try await site.administer(count) == "0")
            await gateway.stop()
            try await site.settle()

            // The control: the log itself brings them back, as it was at that moment.
            let closed = try await site.recover(to: moment, site.folder + "/closed", "--closed")
            #expect(closed.status == 0, "\(closed.errors)")
            #expect(try await site.ask(site.folder + "/closed", count) == "1")

            let outcome = try await site.recover(to: moment, site.folder + "/restored")
            #expect(try object(outcome)["open"] == .bool(true), "\(outcome.errors)")
            #expect(try await site.ask(site.folder + "/restored", count) == "0")
            let reports = try FileManager.default.contentsOfDirectory(atPath: site.state + "/reports").filter { $0.hasPrefix("restore-") }
            #expect(reports.count == 1)
        }
    }

    private func write(_ bytes: Data, to path: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(contentsOf: bytes)
        try file.close()
    }
}
