import Foundation

/// PgBouncer in transaction mode before a cluster, on a Unix socket; ended by hand or with the test process.
package final class TransactionPooler: Sendable {
    private static let program = "/usr/sbin/pgbouncer"

    /// Without it the tests of what is behind one are left out, with a notice.
    package static let isInstalled: Bool = {
        let isThere = FileManager.default.isExecutableFile(atPath: program)
        if !isThere {
            let notice = "notice: PgBouncer is not installed, its tests are left out; see scripts/install-test-tools\n"
            FileHandle.standardError.write(Data(notice.utf8))
        }
        return isThere
    }()

    private let folder: String
    private let child: Child

    private init(folder: String, child: Child) { (self.folder, self.child) = (folder, child) }

    /// - Parameter sessions: how many it has with each database at most, whoever wants one.
    package static func start(before cluster: PostgresCluster, sessions: Int) async throws -> TransactionPooler {
        let folder = try TemporaryFolder.make()
        let settings = """
            [databases]
            * = host=\(cluster.folder) port=5432
            [pgbouncer]
            unix_socket_dir = \(folder)
            listen_port = 6432
            auth_type = trust
            auth_file = \(folder)/users.txt
            pool_mode = transaction
            default_pool_size = \(sessions)
            max_client_conn = 500
            query_wait_timeout = 60
            """
        try settings.write(toFile: folder + "/pgbouncer.ini", atomically: false, encoding: .utf8)
        try "\"gatehouse\" \"\"\n".write(toFile: folder + "/users.txt", atomically: false, encoding: .utf8)
        if geteuid() == 0 {
            guard let account = getpwnam("postgres"), chown(folder, account.pointee.pw_uid, account.pointee.pw_gid) == 0 else {
                throw TestFailure("there is no account 'postgres' to run PgBouncer as")
            }
        }
        for name in ["/pgbouncer.ini", "/users.txt"] { chmod(folder + name, 0o644) }
        let child = try Child(
            PostgresBinaries.asOwner([program, "-q", folder + "/pgbouncer.ini"]), environment: Program.clean, folder: "/", input: "/dev/null",
            output: folder + "/log", errors: folder + "/log")
        Watchdog.shared.killAtEnd(process: child.pid)
        let pooler = TransactionPooler(folder: folder, child: child)
        for _ in 0..<1200 {
            if try await pooler.answers() { return pooler }
            guard child.isAlive else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TestFailure("PgBouncer does not answer: \(Program.text(folder + "/log"))")
    }

    private func answers() async throws -> Bool {
        guard FileManager.default.fileExists(atPath: folder + "/.s.PGSQL.6432") else { return false }
        return try await Program.run(
            PostgresBinaries.command("psql", ["-X", "-q", "-A", "-t", "-d", target("postgres"), "-c", "SELECT 1"])
        ).status == 0
    }

    package func end() async {
        // It keeps nothing; and whatever the thread that started it had blocked, this ends it.
        kill(child.pid, SIGKILL)
        _ = await child.wait()
    }

    /// How the role of the gateway reaches a database.
    package func target(_ database: String) -> String { "host=\(folder) port=6432 dbname=\(database) user=gatehouse" }

    /// A store and a vault of this cluster by way of the pooler, as a gateway's settings.
    package func environment(_ pair: DatabasePair) -> [String: String] {
        ["DATABASE_URL": target(pair.store), "VAULT_URL": target(pair.vault), "GATEHOUSE_TRANSACTION_POOLER": "1"]
    }
}
