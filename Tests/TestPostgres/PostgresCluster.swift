import Foundation
import PolicyFiles
import PostgresLink
import Storage
import Synchronization
import Vocabulary

/// A PostgreSQL server of the test process: Unix socket only, stopped and removed when the process ends, however it ends.
package final class PostgresCluster: Sendable {
    /// The server that all tests share which do not stop it.
    package static func shared() async throws -> PostgresCluster { try await starting.value }
    private static let starting = Task { try await PostgresCluster.start() }

    package let folder: String
    /// Beside those that every cluster of the tests has.
    private let settings: [String]
    private let counter = Atomic<Int>(0)
    private let template = Mutex<Task<Void, any Error>?>(nil)

    /// Where it keeps its files, its write-ahead log among them.
    package var data: String { folder + "/data" }
    package var log: String { folder + "/server.log" }

    private init(folder: String, settings: [String]) { (self.folder, self.settings) = (folder, settings) }

    /// - Parameters:
    ///   - settings: as in `postgresql.conf`, `name=value` without spaces.
    ///   - folder: where it keeps everything; one of its own when not said.
    package static func start(settings: [String] = [], in folder: String? = nil) async throws -> PostgresCluster {
        let outer = if let folder { folder } else { try TemporaryFolder.make() }
        let cluster = PostgresCluster(folder: outer + "/p", settings: settings)
        try FileManager.default.createDirectory(
            atPath: cluster.folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o711]
        )
        if geteuid() == 0 {
            guard let account = getpwnam("postgres"), chown(cluster.folder, account.pointee.pw_uid, account.pointee.pw_gid) == 0 else {
                throw TestFailure("there is no account 'postgres' to run PostgreSQL as")
            }
        }
        try await cluster.command(
            "initdb", ["-D", cluster.data, "-U", "postgres", "-A", "trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        )
        Watchdog.shared.stopAtEnd(cluster: cluster.data)
        try await cluster.startServer()
        try await cluster.administer("postgres", "CREATE ROLE gatehouse LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS")
        return cluster
    }

    /// A physical copy of everything the server has on disk, as somebody would have it who took the disk away; a server of its own
    /// runs out of it. This one is stopped meanwhile.
    package func copy() async throws -> PostgresCluster {
        try await command("pg_ctl", ["-D", data, "-m", "fast", "-w", "-t", "60", "stop"])
        let copy = PostgresCluster(folder: try TemporaryFolder.make() + "/p", settings: settings)
        let outcome = try await Program.run(["cp", "-a", folder, copy.folder])
        guard outcome.status == 0 else { throw TestFailure("cp: \(outcome.errors)") }
        Watchdog.shared.stopAtEnd(cluster: copy.data)
        try await startServer()
        try await copy.startServer()
        return copy
    }

    package func startServer() async throws {
        let options =
            "-c listen_addresses='' -c unix_socket_directories=\(folder) -c fsync=off -c shared_buffers=64MB -c max_connections=1000 -c jit=off"
            + settings.map { " -c " + $0 }.joined()
        try await command("pg_ctl", ["-D", data, "-l", log, "-w", "-t", "60", "-o", options, "start"])
    }

    package func stopServer() async throws {
        try await command("pg_ctl", ["-D", data, "-m", "immediate", "-w", "-t", "60", "stop"])
    }

    // MARK: Databases

    /// An empty database that the role `gatehouse` owns; answers its name.
    package func makeDatabase(template: String = "template0") async throws -> String {
        let name = "t\(counter.add(1, ordering: .relaxed).newValue)"
        try await administer("postgres", "CREATE DATABASE \(name) OWNER gatehouse TEMPLATE \(template)")
        return name
    }

    /// A store and a vault as the shipped catalog wants them, without a row in them.
    package func makePair() async throws -> DatabasePair {
        let preparing = template.withLock { template in
            if let template { return template }
            let made = Task { try await self.makeTemplates() }
            template = made
            return made
        }
        try await preparing.value
        return DatabasePair(
            cluster: self, vaultCluster: self, store: try await makeDatabase(template: "template_store"),
            vault: try await makeDatabase(template: "template_vault")
        )
    }

    private func makeTemplates() async throws {
        let catalog = try PolicyFolder.loadCatalog(Repository.policies)
        try await administer("postgres", "CREATE DATABASE template_store OWNER gatehouse TEMPLATE template0")
        try await administer("postgres", "CREATE DATABASE template_vault OWNER gatehouse TEMPLATE template0")
        let engine = LinkEngine()
        let store = Database(LinkSettings(name: "store", target: target("template_store")), engine: engine)
        let vault = Database(LinkSettings(name: "vault", target: target("template_vault")), engine: engine)
        _ = try await Schema.apply(
            store, replan: { () async throws(StorageError) in try await Schema.planStore(store, catalog) }, isVault: false
        )
        _ = try await Schema.apply(vault, replan: { () async throws(StorageError) in try await Schema.planVault(vault) }, isVault: true)
        await store.close()
        await vault.close()
        await engine.stop()
    }

    /// Keeps a copy of a database under another name, whoever uses it; they lose their connections.
    package func keepCopy(of database: String, as copy: String) async throws {
        try await replace(copy, with: database)
    }

    /// Puts a copy in the place of a database, as a restore does; whoever uses it loses their connections.
    package func restore(_ database: String, from copy: String) async throws {
        try await replace(database, with: copy)
    }

    private func replace(_ database: String, with template: String) async throws {
        try await administer("postgres", "DROP DATABASE IF EXISTS \(database) WITH (FORCE)")
        // Nobody may be connected to what is copied, nor come meanwhile.
        try await administer(
            "postgres",
            "ALTER DATABASE \(template) ALLOW_CONNECTIONS false; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(template)'"
        )
        for attempt in 1... {
            do {
                try await administer("postgres", "CREATE DATABASE \(database) OWNER gatehouse TEMPLATE \(template)")
                break
            } catch {
                if attempt == 100 { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        try await administer("postgres", "ALTER DATABASE \(template) ALLOW_CONNECTIONS true")
    }

    /// How the role that is above nothing reaches a database.
    package func target(_ database: String) -> String { "host=\(folder) dbname=\(database) user=gatehouse" }

    /// Runs SQL as the superuser and answers its rows, columns apart by `|`.
    @discardableResult
    package func administer(_ database: String, _ sql: String) async throws -> String {
        try await Self.psql(socket: folder, database, sql)
    }

    /// Runs SQL as the superuser of any cluster.
    @discardableResult
    package static func psql(socket: String, _ database: String, _ sql: String) async throws -> String {
        let outcome = try await Program.run(
            PostgresBinaries.command(
                "psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", socket, "-U", "postgres", "-d", database, "-f", "-"]
            ),
            input: sql
        )
        guard outcome.status == 0 else { throw TestFailure("psql: \(outcome.errors)") }
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Everything in a database as text.
    ///
    /// - Parameter options: another format than that of SQL statements.
    package static func dump(socket: String, _ database: String, options: [String] = ["--inserts"]) async throws -> String {
        let outcome = try await Program.run(PostgresBinaries.command("pg_dump", ["-h", socket, "-U", "postgres"] + options + [database]))
        guard outcome.status == 0 else { throw TestFailure("pg_dump: \(outcome.errors)") }
        return outcome.output
    }

    private func command(_ program: String, _ arguments: [String]) async throws {
        let outcome = try await Program.run(PostgresBinaries.command(program, arguments))
        guard outcome.status == 0 else {
            throw TestFailure("\(program): \(outcome.errors) \(String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self))")
        }
    }
}

/// A store and a vault of one test.
package struct DatabasePair: Sendable {
    /// The store's server, and the vault's too unless there are two.
    package let cluster: PostgresCluster
    package let vaultCluster: PostgresCluster
    package let store: String
    package let vault: String

    package var environment: [String: String] { ["DATABASE_URL": cluster.target(store), "VAULT_URL": vaultCluster.target(vault)] }

    /// A store and a vault that share nothing, not even a server.
    package static func apart(store: PostgresCluster, vault: PostgresCluster) async throws -> DatabasePair {
        DatabasePair(cluster: store, vaultCluster: vault, store: try await store.makePair().store, vault: try await vault.makePair().vault)
    }
}

/// Where the checkout is that these tests were built in.
package enum Repository {
    package static let root: String = {
        var folder = URL(fileURLWithPath: #filePath)
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.path + "/Package.swift") { folder.deleteLastPathComponent() }
        return folder.path
    }()

    package static var policies: String { root + "/policies" }
}
