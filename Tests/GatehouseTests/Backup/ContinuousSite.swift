import DataFormats
import Foundation
import TestPostgres
import Testing

/// A store whose write-ahead log goes into a repository, and a vault in a cluster of its own. Everything of it belongs to the account that
/// PostgreSQL runs as.
struct ContinuousSite: Sendable {
    let folder: String
    let cluster: PostgresCluster
    let pair: DatabasePair

    var repository: String { folder + "/repository" }
    var state: String { folder + "/state" }
    var identity: String { folder + "/operations.txt" }

    /// - Parameter archives: whether segments are taken from the beginning.
    static func make(archives: Bool = true) async throws -> ContinuousSite {
        let cluster = try await PostgresCluster.start(settings: ["wal_level=replica", "archive_mode=on"])
        let pair = try await DatabasePair.apart(store: cluster, vault: .shared())
        let site = ContinuousSite(folder: try TemporaryFolder.make(), cluster: cluster, pair: pair)
        try await site.prepare()
        if archives { try await site.archive() }
        return site
    }

    /// The same on databases that are there.
    static func make(on pair: DatabasePair) async throws -> ContinuousSite {
        let site = ContinuousSite(folder: try TemporaryFolder.make(), cluster: pair.cluster, pair: pair)
        try await site.prepare()
        return site
    }

    private func prepare() async throws {
        try FileManager.default.createDirectory(atPath: state + "/keys", withIntermediateDirectories: true)
        var recipients = ""
        for name in ["operations", "recovery"] {
            let path = "\(folder)/\(name).txt"
            let made = try await Program.run(["age-keygen", "-o", path])
            guard made.status == 0 else { throw TestFailure("age-keygen: \(made.errors)") }
            recipients += try await Program.run(["age-keygen", "-y", path]).output
        }
        try recipients.write(toFile: state + "/keys/backup-recipients", atomically: true, encoding: .utf8)
        if geteuid() == 0 {
            let given = try await Program.run(["chown", "-R", "postgres:postgres", folder])
            guard given.status == 0 else { throw TestFailure("chown: \(given.errors)") }
        }
    }

    /// Has the server archive its segments, or no more.
    func archive(_ isOn: Bool = true) async throws {
        let push = "GATEHOUSE_BACKUP_REPOSITORY=\(repository) \(GatehouseProgram.path) backup wal push %p --state \(state)"
        try await cluster.administer(
            "postgres", "ALTER SYSTEM SET archive_command = '\(isOn ? push : "")';\nSELECT pg_reload_conf()")
    }

    // MARK: Commands

    var environment: [String: String] {
        pair.environment.merging([
            "GATEHOUSE_BACKUP_REPOSITORY": repository,
            "GATEHOUSE_BACKUP_DATABASE_URL": "host=\(pair.cluster.folder) dbname=\(pair.store) user=postgres",
            "GATEHOUSE_BACKUP_VAULT_URL": "host=\(pair.vaultCluster.folder) dbname=\(pair.vault) user=postgres",
        ]) { _, new in new }
    }

    /// The program under the account that PostgreSQL runs as.
    static func command(_ arguments: [String]) -> [String] {
        let own = [GatehouseProgram.path] + arguments
        return geteuid() == 0 ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] + own : own
    }

    func run(_ arguments: String...) async throws -> Program.Outcome {
        try await Program.run(
            Self.command(["backup"] + arguments + ["--state", state]),
            environment: environment.merging(["HOME": folder]) { _, new in new }, folder: folder)
    }

    func base() async throws -> JSONObject { try object(try await run("continuous", "--json", "--policies", Repository.policies)) }

    func recover(to target: String, _ directory: String, _ more: String...) async throws -> Program.Outcome {
        try await recover(to: target, directory, more)
    }

    func recover(to target: String, _ directory: String, _ more: [String]) async throws -> Program.Outcome {
        try await Program.run(
            Self.command(
                [
                    "backup", "restore", "--to", target, "--directory", directory, "--identity", identity, "--state", state, "--json",
                    "--policies", Repository.policies,
                ] + more),
            environment: environment.merging(["HOME": folder]) { _, new in new }, folder: folder)
    }

    /// Has the gateway's keys, which a restore needs to open the store again.
    func takeKeys(of gateway: Site) async throws {
        let outcome = try await Program.run([
            "/bin/sh", "-c", "cp -a \"$1\"/keys/. \"$2\"/keys/ && { [ \"$(id -u)\" != 0 ] || chown -R postgres:postgres \"$2\"; }", "sh",
            gateway.state, state,
        ])
        guard outcome.status == 0 else { throw TestFailure("the keys cannot be copied: \(outcome.errors)") }
    }

    // MARK: The store

    @discardableResult
    func administer(_ sql: String) async throws -> String { try await cluster.administer(pair.store, sql) }

    /// Ends a segment, and comes back when it is in the repository. Answers its name.
    @discardableResult
    func settle() async throws -> String {
        let name =
            try await administer(
                "SELECT pg_walfile_name(pg_create_restore_point('settle') - 1);\nSELECT FROM pg_switch_wal()"
            ).split(separator: "\n").first.map(String.init) ?? ""
        try await eventually("\(name) is in the repository") { !objects(name, "json").isEmpty }
        return name
    }

    /// The paths of a segment's objects.
    func objects(_ name: String, _ ending: String) -> [String] {
        let wal = repository + "/wal"
        return ((try? FileManager.default.subpathsOfDirectory(atPath: wal)) ?? [])
            .filter { $0.contains("/\(name.lowercased()).") && $0.hasSuffix("." + ending) }.map { wal + "/" + $0 }
    }

    /// Starts a restored cluster as an operator would, asks it something, and stops it.
    ///
    /// - Parameter archives: whether its log goes into the repository, too.
    func ask(_ directory: String, _ sql: String, archives: Bool = false) async throws -> String {
        let sockets = directory + ".run"
        if !FileManager.default.fileExists(atPath: sockets) {
            try FileManager.default.createDirectory(atPath: sockets, withIntermediateDirectories: true)
            _ = try await Program.run(["chown", "postgres:postgres", sockets])
        }
        Watchdog.shared.stopAtEnd(cluster: directory)
        let options = "-c listen_addresses='' -c unix_socket_directories=\(sockets) -c archive_mode=\(archives ? "on" : "off") -c fsync=off"
        let started = try await Program.run(
            PostgresBinaries.command("pg_ctl", ["-D", directory, "-l", sockets + "/log", "-w", "-t", "60", "-o", options, "start"]))
        guard started.status == 0 else { throw TestFailure("pg_ctl: \(started.errors) \(Program.text(sockets + "/log"))") }
        let answer = try await PostgresCluster.psql(socket: sockets, pair.store, sql)
        _ = try await Program.run(PostgresBinaries.command("pg_ctl", ["-D", directory, "-m", "fast", "-w", "stop"]))
        return answer
    }
}
