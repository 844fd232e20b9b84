import AuditTrail
import Catalog
import Identity
import Policies
import PostgresLink
import Storage
import TransparencyLog
package import Vocabulary

/// Entries that have lasted their time, of one epoch.
package struct DroppedEntries: Sendable, Equatable {
    package let epoch: Int
    /// Those from here...
    package let from: Int
    /// ...to here, a multiple of 256: whole bundles go, and their hashes stay.
    package let below: Int
    package var count: Int { below - from }
}

extension RecordGateway {
    /// Drops the entries of a tenant's log that are older than a time, for a stated reason. Proofs of all others go on verifying, and so does the log.
    ///
    /// - Parameter isDryRun: nothing is dropped, only counted.
    package func dropEntries(
        before time: Instant, isDryRun: Bool, _ context: RequestContext, progress: @Sendable (Int, Int) -> Void
    ) async throws(Refusal) -> [DroppedEntries] {
        let decision = try await decide(.delete, .audit, context)
        var event = event(decision, context, outcome: isDryRun ? .disclosed : .changed)
        event.target = .report("retention")
        _ = try await record(event, context)
        return try await dropEntries(of: context.tenant, before: time, isDryRun: isDryRun, progress: progress)
    }

    /// The same, because the operator has set how long entries are kept.
    package func dropEntries(of tenant: TenantID, before time: Instant) async throws(Refusal) {
        _ = try await dropEntries(of: tenant, before: time, isDryRun: false) { _, _ in }
    }

    private func dropEntries(
        of tenant: TenantID, before time: Instant, isDryRun: Bool, progress: @Sendable (Int, Int) -> Void
    ) async throws(Refusal) -> [DroppedEntries] {
        do throws(StorageError) {
            let rows = try await store.read(Scope(tenant: tenant), [StoreDatabase.firstEntry(from: time, tenant: tenant)])[0]
            let due = (0..<rows.rowCount).compactMap { row -> DroppedEntries? in
                guard let epoch = rows.int64(row, 0), let size = rows.int64(row, 1), let first = rows.int64(row, 2), let from = rows.int64(row, 3)
                else { return nil }
                let below = Int(min(size, first)) / TileID.width * TileID.width
                return below > Int(from) ? DroppedEntries(epoch: Int(epoch), from: Int(from), below: below) : nil
            }
            if isDryRun || due.isEmpty { return due }
            let total = due.reduce(0) { $0 + $1.count }
            var done = 0
            for part in due {
                // On record before it is done.
                do { _ = try await audit.record(.pruned(tenant, epoch: part.epoch, events: part.count)) } catch { throw StorageError.unrecorded }
                // In helpings, each of which leaves a log that verifies.
                for below in stride(from: part.from + Self.droppedAtOnce, to: part.below, by: Self.droppedAtOnce) + [part.below] {
                    let place = LogPlace(epoch: part.epoch, position: below)
                    try await store.transaction(Scope(tenant: tenant), wrap: { $0 }) { (transaction: Transaction) throws(StorageError) in
                        for statement in StoreDatabase.prune(below: place, tenant: tenant) { transaction.enqueue(statement) }
                    }
                    progress(done + below - part.from, total)
                }
                done += part.count
                observe(.auditPruned(events: part.count))
            }
            return due
        } catch {
            throw refusal(error)
        }
    }

    private static var droppedAtOnce: Int { 40 * TileID.width }

    // MARK: Numbers

    /// Whether the caller may see the numbers for monitoring. They tell of nobody, so that looking at them leaves no event, and goes on when
    /// none can be written.
    package func checkMetrics(_ context: RequestContext) async throws(Refusal) {
        _ = try await decide(.read, .metrics, context)
        try await confirmLiveness(context)
    }

    // MARK: Margins

    /// Events of somebody whose key is being destroyed may still be on their way for as long as a gateway keeps opened keys, and a
    /// spool is not empty.
    func beginWipe(_ pseudonym: UUIDv7, of tenant: TenantID) async throws(Refusal) {
        let until = Instant.now().advanced(by: .seconds(3600))
        do { _ = try await changed(StoreDatabase.beginWipe(pseudonym, until: until, tenant: tenant), tenant) } catch { throw refusal(error) }
    }

    /// Takes away what stands beside the entries about people whose key was destroyed. What fails is done by whoever looks next.
    package func wipeMargins(of tenant: TenantID) async throws(Refusal) {
        _ = try? await sequencer.catchUp(tenant)
        do throws(StorageError) {
            try await store.transaction(Scope(tenant: tenant), wrap: { $0 }) { (transaction: Transaction) throws(StorageError) in
                for statement in StoreDatabase.wipeMargins(of: tenant, at: .now()) { transaction.enqueue(statement) }
            }
        } catch {
            throw refusal(error)
        }
    }
}
