import PostgresLink
import Storage
package import TransparencyLog
package import Vocabulary

/// Taking a log up, and noticing that it was taken back.
extension Sequencer {
    /// A head that somebody remembers to have signed, or to be about to.
    package struct Remembered: Sendable {
        let epoch: Int
        let head: TreeHead

        package init(epoch: Int, head: TreeHead) {
            self.epoch = epoch
            self.head = head
        }
    }

    /// Reads a log and holds it against every head that is remembered of it: in the vault, in this host's state directory, and with the
    /// store's own newest signature. A log that does not contain one of them was taken back: a further epoch begins.
    ///
    /// - Parameter restored: see ``restart(_:after:)``; a further epoch begins whatever is remembered.
    /// - Returns: the log to append to, and what has to be appended first.
    func load(
        _ log: StoredLog, restored: [Remembered]?, _ tenant: TenantID, _ transaction: Transaction
    ) async throws(SequencerError) -> (lineage: Lineage, rows: [AuditRow]) {
        let tiles = try await tiles(TreeFrontier.tiles(size: log.size), epoch: log.epoch, tenant, transaction)
        guard let frontier = try? TreeFrontier(size: log.size, tiles: tiles), frontier.head.root.bytes == log.root else {
            throw .damagedTree(epoch: log.epoch)
        }
        let anchor: AuditAnchor?
        do { anchor = try await vault.anchor(of: tenant) } catch { throw .vault(error) }
        let memory = try await memory.newest(of: tenant)
        var lineage = Lineage(name: log.name, epoch: log.epoch, frontier: frontier, anchor: anchor, memory: memory)

        var remembered = restored ?? []
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
        if restored != nil, log.size > 0, lost == nil { lost = Remembered(epoch: log.epoch, head: frontier.head) }
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

    /// Has a log go on in a further epoch, because its store was put back: what had been signed in the old one since that copy was made, and by whom,
    /// nobody can know, and it must not be contradicted.
    ///
    /// - Parameter known: heads that are known of from elsewhere. The newest of all that are known is the one that is said to be lost.
    package func restart(_ tenant: TenantID, after known: [Remembered]) async throws(SequencerError) {
        forget(tenant)
        let place = { (transaction: Transaction) async throws(SequencerError) -> Bool in
            let rows = try await Self.run(transaction, [StoreDatabase.lockLog(tenant)])[0]
            guard let log = StoreDatabase.storedLog(rows) else { return false }
            _ = try await self.place([], in: log, nil, restored: known, sweeps: false, doubtsAll: false, tenant, transaction)
            return true
        }
        while true {
            if try await store.transaction(Scope(tenant: tenant), wrap: { .store($0) }, place) { return }
            // One that has no log yet has nothing to contradict.
            let rows: ResultSet
            do { rows = try await store.read(Scope(tenant: tenant), [StoreDatabase.log(of: tenant)])[0] } catch { throw .store(error) }
            if StoreDatabase.storedLog(rows) == nil { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The heads of a tenant's log that the vault and this host remember, with their epochs.
    ///
    /// Each had committed before it was remembered: a store that is read after this contains them, or was taken back.
    package func remembered(of tenant: TenantID) async throws(SequencerError) -> [(epoch: Int, head: TreeHead)] {
        let anchor: AuditAnchor?
        do { anchor = try await vault.anchor(of: tenant) } catch { throw .vault(error) }
        var heads: [(epoch: Int, head: TreeHead)] = []
        if let anchor, let root = TreeHash(bytes: anchor.root) { heads.append((anchor.epoch, TreeHead(size: anchor.size, root: root))) }
        if let known = try await memory.newest(of: tenant) { heads.append((known.origin.epoch, known.head)) }
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
