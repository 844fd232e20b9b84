import Archives
@testable import Assembly
import Foundation
import PostgresLink
import Storage
import TestPostgres
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(15)))
struct BackupTargetTests {
    private func target(_ cluster: PostgresCluster, _ database: String, as role: String) throws -> BackupTarget {
        let above = try #require(ConnectionTarget("host=\(cluster.folder) dbname=\(database) user=\(role)"))
        let owner = try #require(ConnectionTarget(cluster.target(database)))
        return BackupTarget("store", above: above, owner: owner)
    }

    /// As the hint says it, with a name for each test.
    private func makeRole(_ name: String, _ cluster: PostgresCluster) async throws {
        try await cluster.administer(
            "postgres", BackupTarget.roleSQL(owner: "gatehouse").replacing("gatehouse_backup", with: name).replacing("'…'", with: "NULL"))
    }

    private func failure(_ body: () throws(CommandFailure) -> Void) -> CommandFailure? {
        do throws(CommandFailure) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test func `the role that the hint makes can back up, close, end sessions and open, and the owner's cannot`() async throws {
        let cluster = try await PostgresCluster.shared()
        let pair = try await cluster.makePair()
        try await makeRole("backup_a", cluster)
        let target = try target(cluster, pair.store, as: "backup_a")
        let standing = try await target.standing()
        #expect(failure { () throws(CommandFailure) in try target.checkRestore(standing) } == nil)
        #expect(!standing.isEmpty && standing.relations.contains("public.contact"))
        #expect(standing.serverVersion / 10_000 >= 13)
        #expect(standing.systemIdentifier != nil)
        let engine = LinkEngine()
        let gateway = Database(LinkSettings(name: "store", target: cluster.target(pair.store)), engine: engine)
        _ = try await gateway.read(["SELECT 1::bigint"])
        try await target.withDatabase { database in
            try await RestoreClosing.mark(database, restore: "20261122t174105z-k3fd", step: "it's 100% \"here\"")
            #expect(try await RestoreClosing.endSessions(database) == [])
            #expect(try await RestoreMark.read(database) == RestoreMark(restoring: "20261122t174105z-k3fd it's 100% \"here\""))
            try await RestoreClosing.mark(database, restore: "20261122t174105z-k3fd", step: "replay")
            #expect(try await RestoreMark.read(database) == RestoreMark(restoring: "20261122t174105z-k3fd replay"))
        }
        let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(pair.store)' AND usename = 'gatehouse'"
        #expect(try await cluster.administer("postgres", left) == "0")
        await #expect(throws: LinkError(.restoring)) { try await gateway.read(["SELECT 1::bigint"]) }
        try await target.withDatabase { database in
            try await RestoreClosing.open(database, restored: "20261122t174105z-k3fd")
            #expect(try await RestoreMark.read(database) == RestoreMark(restored: "20261122t174105z-k3fd"))
        }
        await gateway.close()
        await engine.stop()
        // The control.
        let owner = try self.target(cluster, pair.store, as: "gatehouse")
        let poor = try await owner.standing()
        #expect(!poor.isAboveRowSecurity && poor.ownsDatabase && !poor.mayMark)
        let refusal = failure { () throws(CommandFailure) in try owner.checkBackup(poor) }
        #expect(refusal?.kind == .unfit)
        #expect(refusal?.hint?.contains("BYPASSRLS") == true)
        try await cluster.administer("postgres", "CREATE ROLE reader_a LOGIN BYPASSRLS; GRANT pg_read_all_data TO reader_a")
        let reader = try self.target(cluster, pair.store, as: "reader_a")
        let reading = try await reader.standing()
        #expect(failure { () throws(CommandFailure) in try reader.checkBackup(reading) } == nil)
        #expect(failure { () throws(CommandFailure) in try reader.checkRestore(reading) }?.kind == .unfit)
        try await cluster.administer("postgres", "CREATE ROLE blind_a LOGIN BYPASSRLS")
        let blind = try self.target(cluster, pair.store, as: "blind_a")
        let seeing = try await blind.standing()
        #expect(failure { () throws(CommandFailure) in try blind.checkBackup(seeing) }?.kind == .unfit)
    }

    @Test func `sessions of somebody above us are told, not ended`() async throws {
        let cluster = try await PostgresCluster.shared()
        let name = try await cluster.makeDatabase()
        try await makeRole("backup_b", cluster)
        let engine = LinkEngine()
        let superuser = Database(LinkSettings(name: "store", target: "host=\(cluster.folder) dbname=\(name) user=postgres"), engine: engine)
        _ = try await superuser.read(["SELECT 1::bigint"])
        try await target(cluster, name, as: "backup_b").withDatabase { database in
            let left = try await RestoreClosing.endSessions(database)
            #expect(left == ["postgres"])
        }
        await superuser.close()
        await engine.stop()
    }

    @Test func `a database is empty when nothing is in it, and can be made so`() async throws {
        let cluster = try await PostgresCluster.shared()
        let pair = try await cluster.makePair()
        try await makeRole("backup_c", cluster)
        for name in [try await cluster.makeDatabase(), pair.store, pair.vault] {
            let target = try target(cluster, name, as: "backup_c")
            let isFresh = name != pair.store && name != pair.vault
            #expect(try await target.standing().isEmpty == isFresh)
            if isFresh {
                try await cluster.administer(
                    name,
                    """
                    CREATE SCHEMA other AUTHORIZATION gatehouse; SET ROLE gatehouse; CREATE VIEW other.v AS SELECT 1; CREATE SEQUENCE public.s;
                    CREATE TYPE public.e AS ENUM ('x'); CREATE DOMAIN public.d AS public.e; CREATE TYPE public.c AS (f public.d);
                    """)
                #expect(try await target.standing().relations == ["other.v", "public.s"])
            }
            try await target.withDatabase { database in try await RestoreClosing.empty(database) }
            #expect(try await target.standing().isEmpty)
            let left =
                "SELECT (SELECT count(*) FROM pg_proc WHERE pronamespace = n) + (SELECT count(*) FROM pg_type WHERE typnamespace = n) FROM"
                + " (SELECT 'public'::regnamespace AS n) x"
            #expect(try await cluster.administer(name, left) == "0")
        }
    }

    @Test func `two databases of one cluster are told from two clusters`() async throws {
        let cluster = try await PostgresCluster.shared()
        let pair = try await cluster.makePair()
        let other = try await PostgresCluster.start()
        let store = try await target(cluster, pair.store, as: "postgres").standing()
        let vault = try await target(cluster, pair.vault, as: "postgres").standing()
        let apart = try await target(other, "postgres", as: "postgres").standing()
        #expect(BackupTargets.shareCluster(store, vault) == true)
        #expect(BackupTargets.shareCluster(store, apart) == false)
    }

    @Test func `programs are told by variables, and what no variable says is refused`() throws {
        let given = [
            "DATABASE_URL": "postgresql://gatehouse:secret@db.example:6432/crm?sslmode=verify-full&keepalives=1", "VAULT_URL": "dbname=vault",
            "GATEHOUSE_BACKUP_DATABASE_URL": "host=db.example dbname=crm user=backup", "GATEHOUSE_BACKUP_VAULT_URL": "dbname=vault user=backup",
        ]
        let state = try StateDirectory(try TemporaryFolder.make() + "/state")
        let targets = try BackupTargets.find(state, environment: given)
        #expect(
            targets.store.owner.environment.value == [
                "PGUSER": "gatehouse", "PGPASSWORD": "secret", "PGHOST": "db.example", "PGPORT": "6432", "PGDATABASE": "crm",
                "PGSSLMODE": "verify-full",
            ])
        #expect(targets.vault.above.environment.value == ["PGDATABASE": "vault", "PGUSER": "backup"])
        #expect(!"\(targets)".contains("secret"))
        func refused(_ name: String, _ value: String?) -> CommandFailure? {
            var environment = given
            environment[name] = value
            return failure { () throws(CommandFailure) in _ = try BackupTargets.find(state, environment: environment) }
        }
        #expect(refused("GATEHOUSE_BACKUP_VAULT_URL", nil)?.message.hasPrefix("GATEHOUSE_BACKUP_VAULT_URL is not set") == true)
        #expect(refused("DATABASE_URL", "dbname=x secret=y")?.message == "DATABASE_URL is no connection string of PostgreSQL")
        #expect(refused("DATABASE_URL", "dbname=x sslpassword=y")?.message.contains("sslpassword") == true)
        #expect(refused("VAULT_URL", nil)?.kind == .unfit)
    }

    @Test func `the embedded databases are reached by the superuser and by their owner`() async throws {
        try await Site.with(.embedded) { site in
            try await site.serve()
            let targets = try BackupTargets.find(try StateDirectory(site.state), environment: [:])
            for target in [targets.store, targets.vault] {
                let standing = try await target.standing()
                #expect(failure { () throws(CommandFailure) in try target.checkRestore(standing) } == nil)
                let programs = try await PostgresPrograms.find(forServer: standing.serverVersion / 10_000)
                let byteCount = try await PostgresDumper(programs, target: target.above.environment).dump(snapshot: nil) {
                    (pipe) async throws(ArchiveError) in
                    var count = 0
                    while true {
                        let bytes = try await pipe.read()
                        if bytes.isEmpty { return count }
                        count += bytes.count
                    }
                }
                #expect(byteCount > 10_000)
            }
        }
    }
}
