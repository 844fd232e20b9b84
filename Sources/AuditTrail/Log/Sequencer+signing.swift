import PostgresLink
import Storage
import Synchronization
package import TransparencyLog
package import Vocabulary

extension Sequencer {
    /// Signs the head of a tenant's log, if it has grown since.
    ///
    /// A head is signed when it has committed, was written down where a store that is taken back cannot forget it (the vault's anchor, by compare
    /// and set, and a file on this host), and goes on from what stood there before. So whatever the store does, no two signed heads of one
    /// log contradict each other, as long as vault and file are not taken back with it; then a witness tells.
    ///
    /// - Returns: the head, newly signed; `nil` when there was nothing to sign, or when this process has to read the log anew first.
    package func sign(_ tenant: TenantID) async throws(SequencerError) -> SignedCheckpoint? {
        guard let signer, let lineage = lineages.withLock({ $0[tenant] }) else { return nil }
        let head = lineage.frontier.head
        let target = AuditAnchor(epoch: lineage.epoch, size: head.size, root: head.root.bytes)
        guard head.size > 0 else { return nil }
        let results: (log: StoredLog?, checkpoints: [StoredCheckpoint])
        do throws(StorageError) {
            let rows = try await store.read(Scope(tenant: tenant), [StoreDatabase.log(of: tenant), StoreDatabase.checkpoints(of: tenant)])
            results = (StoreDatabase.storedLog(rows[0]), StoreDatabase.storedCheckpoints(rows[1]))
        } catch {
            throw .store(error)
        }
        if let newest = results.checkpoints.last, (newest.epoch, newest.size) >= (target.epoch, target.size) { return nil }
        guard let log = results.log, lineage.leads(to: log) else {
            forget(tenant)
            return nil
        }
        if let key = log.signer, key != signer.publicKey { throw .otherKey }

        if lineage.anchor != target {
            do throws(StorageError) {
                guard try await vault.moveAnchor(from: lineage.anchor, to: target, of: tenant) else {
                    forget(tenant)
                    return nil
                }
            } catch {
                // It may have moved all the same.
                forget(tenant)
                throw .vault(error)
            }
            lineages.withLock { if $0[tenant]?.epoch == target.epoch { $0[tenant]?.anchor = target } }
        }
        let origin = LogOrigin(name: log.name, tenant: tenant, epoch: target.epoch)
        let remembered = Checkpoint(origin: origin, head: head)
        guard try await memory.move(from: lineage.memory, to: remembered) else {
            forget(tenant)
            return nil
        }
        lineages.withLock { if $0[tenant]?.epoch == target.epoch { $0[tenant]?.memory = remembered } }
        let checkpoint: SignedCheckpoint
        do { checkpoint = try signer.sign(head, of: origin) } catch { throw .name }
        let stored = StoredCheckpoint(epoch: target.epoch, size: target.size, root: target.root, note: checkpoint.note, signedAt: .now())
        do throws(StorageError) {
            try await store.transaction(Scope(tenant: tenant), wrap: { $0 }) { transaction throws(StorageError) in
                if log.signer == nil { transaction.enqueue(StoreDatabase.setSigner(signer.publicKey, tenant: tenant)) }
                transaction.enqueue(StoreDatabase.keep(stored, tenant: tenant))
                if let before = emptyHead(before: origin, results.checkpoints) { transaction.enqueue(StoreDatabase.keep(before, tenant: tenant)) }
            }
        } catch {
            throw .store(error)
        }
        return checkpoint
    }

    /// An epoch of which the store was taken back to before its first signed head has an empty one, so that the chain of epochs has no gap. The empty
    /// log contradicts nothing.
    private func emptyHead(before origin: LogOrigin, _ checkpoints: [StoredCheckpoint]) -> StoredCheckpoint? {
        guard origin.epoch > 1, !checkpoints.contains(where: { $0.epoch == origin.epoch - 1 }),
            let signed = try? signer?.sign(TreeFrontier().head, of: origin.epoch(origin.epoch - 1))
        else { return nil }
        return StoredCheckpoint(
            epoch: origin.epoch - 1, size: 0, root: signed.head.root.bytes, note: signed.note, signedAt: .now())
    }

    /// Takes a signed head that somebody else has kept as one that this host has signed: if the log does not contain it, the next turn begins a
    /// further epoch that names it. For when everything was taken back that would have told.
    ///
    /// - Returns: whether it is further than what this host remembers.
    package func remember(_ kept: SignedCheckpoint) async throws(SequencerError) -> Bool {
        let known = try await memory.newest(of: kept.origin.tenant)
        if let known, (known.origin.epoch, known.head.size) >= (kept.origin.epoch, kept.head.size) { return false }
        let isMoved = try await memory.move(from: known, to: Checkpoint(origin: kept.origin, head: kept.head))
        forget(kept.origin.tenant)
        return isMoved
    }
}
