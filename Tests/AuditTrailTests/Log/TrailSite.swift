import AuditTrail
import Foundation
import PostgresLink
import Sealing
import Storage
import TestPostgres
import TransparencyLog
import Vocabulary

/// A store and a vault with one tenant, and sequencers over them as several gateways would have them.
final class TrailSite: Sendable {
    let pair: DatabasePair
    let folder: String
    let tenant: TenantID
    let store: StoreDatabase
    let vault: VaultDatabase
    let signer = LogSigner(SigningKey.make())

    private static let kept = ["audit_inbox", "audit_event", "audit_subject", "audit_log", "audit_checkpoint", "audit_tile"]

    private init(_ pair: DatabasePair, _ tenant: TenantID, _ store: StoreDatabase, _ vault: VaultDatabase) throws {
        (self.pair, self.tenant, self.store, self.vault) = (pair, tenant, store, vault)
        folder = try TemporaryFolder.make()
    }

    static func with(_ body: (TrailSite) async throws -> Void) async throws {
        let pair = try await PostgresCluster.shared().makePair()
        let engine = LinkEngine()
        let store = Database(LinkSettings(name: "store", target: pair.cluster.target(pair.store)), engine: engine)
        let vault = Database(LinkSettings(name: "vault", target: pair.cluster.target(pair.vault)), engine: engine)
        let outcome: Result<Void, any Error>
        do {
            let database = StoreDatabase(store, stepsDown: false)
            try await database.makeAuditPartitions()
            let tenant = try await database.makeTenant(named: "default")
            try await body(TrailSite(pair, tenant, database, VaultDatabase(vault, stepsDown: false)))
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await store.close()
        await vault.close()
        await engine.stop()
        try outcome.get()
    }

    /// A gateway's sequencer; those of one host remember heads in one folder.
    func sequencer(host: String = "host") throws -> Sequencer {
        Sequencer(
            store: store, vault: vault, name: "gatehouse", signer: signer, memory: try RememberedHeads(folder: "\(folder)/\(host)"),
            observe: { _ in })
    }

    // MARK: Recording

    /// A batch of events that were made at a time.
    func batch(_ count: Int = 1, at time: Instant = .now()) -> AuditBatch {
        let rows = (0..<count).map { _ in
            let id = EventID(.make(at: time))
            let entry = Array("{\"id\":\"\(id)\",\"tenant\":\"\(tenant)\",\"v\":2}".utf8)
            return AuditRow(id: id, at: time, actor: "ann", action: "read", entity: "contact", decision: "allow", entry: entry)
        }
        return AuditBatch(tenant: tenant, id: .make(at: time), rows: rows)
    }

    func write(_ batches: [AuditBatch], isRepeated: Bool = false) async throws {
        _ = try await store.database.write(
            [store.opening(Scope(tenant: tenant))] + batches.map { StoreDatabase.addAuditBatch($0, isRepeated: isRepeated) })
    }

    /// Records `count` events and gives them their places.
    func grow(_ sequencer: Sequencer, by count: Int) async throws {
        try await write([batch(count)])
        // The first turn of all makes the log.
        while try await sequencer.turn(tenant).hasMore {}
    }

    // MARK: Looking

    /// Events as they stand: the ids of one epoch, in the order of their positions.
    func events(epoch: Int) async throws -> [String] {
        try await sql("SELECT id FROM audit_event WHERE epoch = \(epoch) ORDER BY position").split(separator: "\n").map(String.init)
    }

    /// How many events there are, and how many there are with different ids.
    func counts() async throws -> String {
        try await sql("SELECT count(*) || ' ' || count(DISTINCT convert_from(entry, 'UTF8')::jsonb ->> 'id') FROM audit_event")
    }

    func waiting() async throws -> Int { Int(try await sql("SELECT count(*) FROM audit_inbox")) ?? -1 }

    @discardableResult
    func sql(_ statement: String) async throws -> String { try await pair.cluster.administer(pair.store, statement) }

    // MARK: Taking back

    /// Keeps a copy of the trail as it is, with the vault's anchor.
    func keepCopy() async throws {
        let script = Self.kept.map { "CREATE TABLE IF NOT EXISTS kept.\($0) AS TABLE \($0);" }.joined()
        try await sql("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept; \(script)")
        _ = try await pair.cluster.administer(
            pair.vault, "DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept; CREATE TABLE kept.audit_anchor AS TABLE audit_anchor")
    }

    /// Takes the trail back to the copy, as a restore of the database does.
    func takeBack(withVault: Bool) async throws {
        try await sql("BEGIN; " + Self.kept.map { "DELETE FROM \($0); INSERT INTO \($0) SELECT * FROM kept.\($0);" }.joined() + " COMMIT")
        guard withVault else { return }
        _ = try await pair.cluster.administer(
            pair.vault, "BEGIN; DELETE FROM audit_anchor; INSERT INTO audit_anchor SELECT * FROM kept.audit_anchor; COMMIT")
    }
}
