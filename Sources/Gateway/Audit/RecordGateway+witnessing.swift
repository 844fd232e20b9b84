import AuditTrail
import PostgresLink
import Storage
import TransparencyLog
package import Vocabulary
package import Witnesses

/// What gateways do by themselves with the log: nobody asks for it, so nobody is asked whether they may.
extension RecordGateway {
    /// Shows the newest signed head of a tenant's log to a witness, if it has not confirmed it yet and nobody has tried within the interval.
    ///
    /// What it gives is kept with the log. A witness that gives nothing is observed, and noted where `gatehouse status` shows it.
    package func show(_ witness: any Witness, logOf tenant: TenantID, every interval: Duration) async {
        do throws(StorageError) {
            let rows = try await store.read(
                Scope(tenant: tenant), [StoreDatabase.log(of: tenant), StoreDatabase.checkpoints(of: tenant), StoreDatabase.witnesses(of: tenant)])
            guard let log = StoreDatabase.storedLog(rows[0]), let newest = StoreDatabase.storedCheckpoints(rows[1]).last,
                let root = TreeHash(bytes: newest.root)
            else { return }
            let known = StoreDatabase.storedWitnesses(rows[2]).first { $0.epoch == newest.epoch && $0.witness == witness.name }
            if let known, known.failure == nil, known.size >= newest.size { return }
            let turn = try await changed(StoreDatabase.takeWitnessTurn(witness.name, epoch: newest.epoch, every: interval, tenant: tenant), tenant)
            guard turn.rowCount == 1 else { return }
            let origin = LogOrigin(name: log.name, tenant: tenant, epoch: newest.epoch)
            let checkpoint = SignedCheckpoint(origin: origin, head: TreeHead(size: newest.size, root: root), note: newest.note)
            try await show(checkpoint, to: witness, lastSize: known?.size ?? 0)
        } catch {
            // The store is away; whoever needs it says so.
        }
    }

    private func show(_ checkpoint: SignedCheckpoint, to witness: any Witness, lastSize: Int) async throws(StorageError) {
        let (tenant, epoch, size) = (checkpoint.origin.tenant, checkpoint.origin.epoch, checkpoint.head.size)
        let store = store
        do throws(WitnessError) {
            let evidence = try await witness.witness(checkpoint, lastSize: lastSize) { from async throws(WitnessError) in
                try await Self.consistency(from: from, to: size, LogPlace(epoch: epoch, position: size), store, tenant)
            }
            var note = checkpoint.note
            var stamp: [UInt8]?
            switch evidence {
            case .kept: break
            case .timestamp(let bytes): stamp = bytes
            case .cosignatures(let lines):
                do { note = try checkpoint.adding(lines.compactMap { NoteSignature(line: $0) }).note } catch { throw WitnessError(.malformed) }
            }
            do throws(StorageError) {
                _ = try await changed(
                    StoreDatabase.keepEvidence(witness.name, epoch: epoch, size: size, note: note, evidence: stamp, tenant: tenant), tenant)
            } catch {
                throw WitnessError(.unreachable)
            }
            observe(.witnessed(witness: witness.name, size: size))
        } catch {
            observe(.witnessFailed(witness: witness.name, code: error.code.rawValue))
            _ = try await changed(StoreDatabase.keepFailure(witness.name, epoch: epoch, code: error.code.rawValue, tenant: tenant), tenant)
        }
    }

    private static func consistency(
        from: Int, to size: Int, _ place: LogPlace, _ store: StoreDatabase, _ tenant: TenantID
    ) async throws(WitnessError) -> [TreeHash] {
        if from == 0 || from == size { return [] }
        guard from < size else { throw WitnessError(.conflict, size: from) }
        do {
            let needed = ConsistencyProof.tiles(from: from, to: size)
            let statement = StoreDatabase.tiles(needed.map { ($0.level, $0.index) }, epoch: place.epoch, tenant: tenant)
            let stored = StoreDatabase.storedTiles(try await store.read(Scope(tenant: tenant), [statement])[0])
            let tiles = Dictionary(
                stored.map { (TileID(level: $0.level, index: $0.number), $0.hashes) }, uniquingKeysWith: { first, _ in first })
            return try ConsistencyProof(from: from, to: size, tiles: tiles).hashes
        } catch {
            throw WitnessError(.unproven)
        }
    }
}
