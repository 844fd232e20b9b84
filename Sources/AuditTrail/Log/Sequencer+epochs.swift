import PostgresLink
import Storage
package import TransparencyLog
import Vocabulary

/// Taking a log up, and noticing that it was taken back.
extension Sequencer {
    /// A head that somebody remembers to have signed, or to be about to.
    private struct Remembered {
        let epoch: Int
        let head: TreeHead
    }

    /// Reads a log and holds it against every head that is remembered of it: in the vault, in this host's state directory, and with the
    /// store's own newest signature. A log that does not contain one of them was taken back: a further epoch begins.
    ///
    /// - Returns: the log to append to, and what has to be appended first.
    func load(
        _ log: StoredLog, _ tenant: TenantID, _ transaction: Transaction
    ) async throws(SequencerError) -> (lineage: Lineage, rows: [AuditRow]) {
        let tiles = try await tiles(TreeFrontier.tiles(size: log.size), epoch: log.epoch, tenant, transaction)
        guard let frontier = try? TreeFrontier(size: log.size, tiles: tiles), frontier.head.root.bytes == log.root else {
            throw .damagedTree(epoch: log.epoch)
        }
        let anchor: AuditAnchor?
        do { anchor = try await vault.anchor(of: tenant) } catch { throw .vault(error) }
        let memory = try await memory.newest(of: tenant)
        var lineage = Lineage(name: log.name, epoch: log.epoch, frontier: frontier, anchor: anchor, memory: memory)

        var remembered: [Remembered] = []
        if let anchor, let root = TreeHash(bytes: anchor.root) {
            remembered.append(Remembered(epoch: anchor.epoch, head: TreeHead(size: anchor.size, root: root)))
        }
        if let memory, memory.origin.name == log.name { remembered.append(Remembered(epoch: memory.origin.epoch, head: memory.head)) }
        var lost: Remembered?
        for other in remembered {
            if other.epoch < log.epoch { continue }
            if other.epoch == log.epoch, other.head.size <= log.size,
                try await root(at: other.head.size, of: log, tenant, transaction) == other.head.root
            {
                continue
            }
            if let lost, (lost.epoch, lost.head.size) >= (other.epoch, other.head.size) { continue }
            lost = other
        }
        guard let lost else { return (lineage, []) }

        // What no signature of this store covers goes into the new epoch, behind the word of what was lost.
        let kept = try await newestSigned(log, tenant, transaction)
        let taken = try await Self.run(transaction, [StoreDatabase.takeBack(LogPlace(epoch: log.epoch, position: kept.size), tenant: tenant)])[0]
        let origin = LogOrigin(name: log.name, tenant: tenant, epoch: log.epoch)
        let beginning = AuditEvent.beginning(
            after: (origin.epoch(lost.epoch), lost.head), keeping: (origin, kept)
        )
        lineage.epoch = max(log.epoch, lost.epoch) + 1
        lineage.frontier = TreeFrontier()
        observe(.logEpochBegun(tenant: tenant.description, epoch: lineage.epoch, lostSize: lost.head.size))
        return (lineage, [AuditRow(beginning)] + StoreDatabase.takenBack(taken))
    }

    /// Heads of a log that the vault and this host remember.
    package func remembered(of origin: LogOrigin) async throws(SequencerError) -> [TreeHead] {
        let anchor: AuditAnchor?
        do { anchor = try await vault.anchor(of: origin.tenant) } catch { throw .vault(error) }
        var heads: [TreeHead] = []
        if let anchor, anchor.epoch == origin.epoch, let root = TreeHash(bytes: anchor.root) { heads.append(TreeHead(size: anchor.size, root: root)) }
        if let known = try await memory.newest(of: origin.tenant), known.origin == origin { heads.append(known.head) }
        return heads
    }

    /// The newest head of an epoch that the store has a signature of, if the stored tree still has it; else the empty one.
    private func newestSigned(_ log: StoredLog, _ tenant: TenantID, _ transaction: Transaction) async throws(SequencerError) -> TreeHead {
        let rows = try await Self.run(transaction, [StoreDatabase.checkpoints(of: tenant)])[0]
        let signed = StoreDatabase.storedCheckpoints(rows).last { $0.epoch == log.epoch && $0.size <= log.size }
        guard let signed, try await root(at: signed.size, of: log, tenant, transaction)?.bytes == signed.root, let root = TreeHash(bytes: signed.root)
        else { return TreeFrontier().head }
        return TreeHead(size: signed.size, root: root)
    }

    /// What the root was when the log had fewer entries; `nil` when the stored tiles do not tell.
    private func root(at size: Int, of log: StoredLog, _ tenant: TenantID, _ transaction: Transaction) async throws(SequencerError) -> TreeHash? {
        let tiles = try await tiles(TreeHead.tiles(size: size), epoch: log.epoch, tenant, transaction)
        return try? TreeHead(size: size, tiles: tiles).root
    }

    private func tiles(
        _ ids: [TileID], epoch: Int, _ tenant: TenantID, _ transaction: Transaction
    ) async throws(SequencerError) -> [TileID: [UInt8]] {
        let rows = try await Self.run(transaction, [StoreDatabase.tiles(ids.map { ($0.level, $0.index) }, epoch: epoch, tenant: tenant)])[0]
        let stored = StoreDatabase.storedTiles(rows).map { (TileID(level: $0.level, index: $0.number), $0.hashes) }
        return Dictionary(stored, uniquingKeysWith: { first, _ in first })
    }
}
