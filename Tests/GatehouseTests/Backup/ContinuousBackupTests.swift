import DataFormats
import Foundation
import TestPostgres
import Testing

/// A cluster's log on its way into the repository.
@Suite(.serialized)
struct ContinuousBackupTests {
    @Test("a store in the vault's own cluster is refused, and none of its segments is taken")
    func sharedCluster() async throws {
        let site = try await ContinuousSite.make(on: try await PostgresCluster.shared().makePair())
        let outcome = try await site.run("continuous", "--policies", Repository.policies)
        #expect(outcome.status == 7, "\(outcome.errors)")
        #expect(outcome.errors.contains("store and vault lie in one cluster"))
        #expect(!FileManager.default.fileExists(atPath: site.repository + "/wal"))
    }

    @Test("what has to be set on the server is said, all of it at once")
    func wanting() async throws {
        let cluster = try await PostgresCluster.start(settings: ["wal_level=minimal", "max_wal_senders=0"])
        let site = try await ContinuousSite.make(on: try await .apart(store: cluster, vault: .shared()))
        let outcome = try await site.run("continuous", "--policies", Repository.policies)
        #expect(outcome.status == 7, "\(outcome.errors)")
        for setting in ["wal_level", "archive_mode", "archive_command"] { #expect(outcome.errors.contains(setting), "\(outcome.errors)") }
    }

    @Test("segments are taken once a base backup was made; before, PostgreSQL keeps them, and nothing is lost")
    func acceptance() async throws {
        let site = try await ContinuousSite.make()
        try await site.administer("CREATE TABLE early AS SELECT 1; SELECT FROM pg_switch_wal()")
        try await eventually("the server was refused") {
            try await site.administer("SELECT failed_count > 0 FROM pg_stat_archiver") == "t"
        }
        #expect(!FileManager.default.fileExists(atPath: site.repository))
        let base = try await site.base()
        #expect(base["kind"]?.stringValue == "base")
        let name = try await site.settle()
        let check = try object(try await site.run("continuous", "--check", "--json"))
        let windows = check["windows"]?.arrayValue?.compactMap(\.objectValue) ?? []
        #expect(windows.count == 1)
        #expect(windows.first?["last_segment"]?.stringValue == name)
        #expect(windows.first?["missing_segment"] == .null)
    }

    @Test("while the repository is away PostgreSQL keeps its segments, and they come when it is back")
    func away() async throws {
        let site = try await ContinuousSite.make()
        _ = try await site.base()
        try FileManager.default.moveItem(atPath: site.repository, toPath: site.repository + ".away")
        let before = try await site.administer("SELECT failed_count FROM pg_stat_archiver")
        let name =
            try await site.administer(
                "SELECT pg_walfile_name(pg_create_restore_point('away') - 1);\nSELECT FROM pg_switch_wal()"
            ).split(separator: "\n").first.map(String.init) ?? ""
        try await eventually("the server was refused") {
            try await site.administer("SELECT failed_count > \(before) FROM pg_stat_archiver") == "t"
        }
        #expect(!FileManager.default.fileExists(atPath: site.repository), "nobody makes another in its place")
        try FileManager.default.moveItem(atPath: site.repository + ".away", toPath: site.repository)
        // The next segment wakes the archiver, which begins with the oldest.
        try await site.settle()
        #expect(site.objects(name, "json").count == 1)
    }

    @Test("a push that was killed at any moment leaves nothing that counts, and the next one succeeds")
    func killed() async throws {
        let site = try await ContinuousSite.make()
        _ = try await site.base()
        let name = try await site.settle()
        let segment = "\(site.folder)/\(name)"
        try FileManager.default.copyItem(atPath: "\(site.cluster.data)/pg_wal/\(name)", toPath: segment)
        _ = try await Program.run(["chown", "postgres:postgres", segment])
        let whole = FileManager.default.contents(atPath: segment)
        for milliseconds in [0, 20, 60, 90, 120, 160, 200, 250, 300, 400] {
            for path in site.objects(name, "json") + site.objects(name, "age") { try FileManager.default.removeItem(atPath: path) }
            let child = try Child(
                ContinuousSite.command(["backup", "wal", "push", segment, "--state", site.state]),
                environment: Program.clean.merging(site.environment) { _, new in new }, folder: site.folder, input: "/dev/null",
                output: site.folder + "/push.out", errors: site.folder + "/push.err")
            try await Task.sleep(for: .milliseconds(milliseconds))
            kill(child.pid, SIGKILL)
            _ = await child.wait()
            let again = try await site.run("wal", "push", segment)
            #expect(again.status == 0, "after \(milliseconds) ms: \(again.errors)")
            #expect(site.objects(name, "age").count == 1)
            let system = try #require(site.objects(name, "json").first).split(separator: "/").dropLast(2).last.map(String.init) ?? ""
            let fetched = try await site.run(
                "wal", "fetch", name, site.folder + "/fetched", "--identity", site.identity, "--system", system)
            #expect(fetched.status == 0, "\(fetched.errors)")
            #expect(FileManager.default.contents(atPath: site.folder + "/fetched") == whole)
        }
    }

    @Test("what is not there ends the log with 1, and what goes wrong stops recovery with more than 125")
    func exitCodes() async throws {
        let site = try await ContinuousSite.make()
        _ = try await site.base()
        let name = try await site.settle()
        let system = try #require(site.objects(name, "json").first).split(separator: "/").dropLast(2).last.map(String.init) ?? ""
        let options = ["--identity", site.identity, "--system", system]
        func fetch(_ name: String, _ options: [String]) async throws -> Int32 {
            try await Program.run(
                ContinuousSite.command(["backup", "wal", "fetch", name, site.folder + "/fetched", "--state", site.state] + options),
                environment: site.environment, folder: site.folder
            ).status
        }
        #expect(try await fetch("00000009.history", options) == 1)
        #expect(try await fetch("0000000100000000000000FF", options) == 1)
        #expect(try await fetch(name, ["--identity", site.folder + "/nobody.txt", "--system", system]) > 125)
        #expect(try await fetch("nonsense", options) > 125)
        try FileManager.default.moveItem(atPath: site.repository, toPath: site.repository + ".away")
        #expect(try await fetch(name, options) > 125)
        #expect(try await fetch("0000000100000000000000FF", options) > 125, "a repository that is away is not the end of the log")
        #expect(!FileManager.default.fileExists(atPath: site.folder + "/fetched"))
    }
}
