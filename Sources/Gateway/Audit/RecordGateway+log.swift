import AuditTrail
import Identity
import Policies
import PostgresLink
package import Storage
package import TransparencyLog
package import Vocabulary

/// What a tenant's log is at the moment.
package struct LogOverview: Sendable {
    package struct Epoch: Sendable {
        package let origin: LogOrigin
        /// The newest signed head.
        package let checkpoint: SignedCheckpoint
        package let signedAt: Instant
        /// Entries below were dropped.
        package let prunedBelow: Int
        /// What verifies its heads: name, id and public key.
        package let key: NoteKey?
    }

    package let origin: LogOrigin
    /// Entries that have their place.
    package let size: Int
    /// Those that have a signed head.
    package let epochs: [Epoch]
    package let witnesses: [StoredWitness]
    package let feeds: [StoredFeed]
}

extension RecordGateway {
    /// The tenant's logs, the present one last. Looking is recorded.
    package func logOverview(_ context: RequestContext) async throws(Refusal) -> LogOverview {
        let decision = try await decide(.read, .audit, context)
        _ = try? await sequencer.catchUp(context.tenant)
        let overview = try await storedOverview(context)
        var event = event(decision, context, outcome: .disclosed)
        event.target = .log(epoch: overview.origin.epoch)
        await note(event, context)
        return overview
    }

    func overview(_ context: RequestContext) async throws(Refusal) -> LogOverview {
        try await confirmLiveness(context)
        try await catchUp(context.tenant)
        return try await storedOverview(context)
    }

    /// The logs as they are, whatever still waits for its place.
    func storedOverview(_ context: RequestContext) async throws(Refusal) -> LogOverview {
        let tenant = context.tenant
        let rows = try await read(
            context,
            [
                // Each sees what has committed when it begins: the log comes last, so that it has what was signed.
                StoreDatabase.checkpoints(of: tenant), StoreDatabase.log(of: tenant), StoreDatabase.prunes(of: tenant),
                StoreDatabase.witnesses(of: tenant), StoreDatabase.feeds(of: tenant),
            ])
        guard let log = StoreDatabase.storedLog(rows[1]) else { throw Refusal(.notFound, "there is no log yet") }
        let pruned = StoreDatabase.storedPrunes(rows[2])
        let epochs = StoreDatabase.storedCheckpoints(rows[0]).compactMap { stored -> LogOverview.Epoch? in
            let origin = LogOrigin(name: log.name, tenant: tenant, epoch: stored.epoch)
            guard let checkpoint = Self.checkpoint(stored, origin) else { return nil }
            return LogOverview.Epoch(
                origin: origin, checkpoint: checkpoint, signedAt: stored.signedAt, prunedBelow: pruned[stored.epoch] ?? 0,
                key: log.signer.flatMap { Sequencer.noteKey($0, of: origin) }
            )
        }
        return LogOverview(
            origin: LogOrigin(name: log.name, tenant: tenant, epoch: log.epoch), size: log.size, epochs: epochs,
            witnesses: StoreDatabase.storedWitnesses(rows[3]), feeds: StoreDatabase.storedFeeds(rows[4])
        )
    }

    private static func checkpoint(_ stored: StoredCheckpoint, _ origin: LogOrigin) -> SignedCheckpoint? {
        TreeHash(bytes: stored.root).map { SignedCheckpoint(origin: origin, head: TreeHead(size: stored.size, root: $0), note: stored.note) }
    }

    /// The newest signed head of an epoch. Looking is recorded.
    package func checkpoint(ofEpoch epoch: Int, _ context: RequestContext) async throws(Refusal) -> SignedCheckpoint {
        let decision = try await decide(.read, .audit, context)
        let checkpoint = try await signedHead(ofEpoch: epoch, context)
        var event = event(decision, context, outcome: .disclosed)
        event.target = .log(epoch: epoch)
        _ = try await record(event, context)
        guard let checkpoint else { throw Refusal(.notFound, "there is no signed head of this epoch") }
        return checkpoint
    }

    func signedHead(ofEpoch epoch: Int, _ context: RequestContext) async throws(Refusal) -> SignedCheckpoint? {
        try await overview(context).epochs.first { $0.origin.epoch == epoch }?.checkpoint
    }

    /// The newest head that is signed already: enough for whoever asks for what is in the log, and nobody waits for the log to go on.
    private func storedHead(ofEpoch epoch: Int, _ context: RequestContext) async throws(Refusal) -> SignedCheckpoint? {
        try await storedOverview(context).epochs.first { $0.origin.epoch == epoch }?.checkpoint
    }

    /// A proof that an event is in the log, with its entry: all that is needed beside the log's public key.
    ///
    /// - Returns: a C2SP tlog-proof. Its `extra` is the entry.
    package func proof(of id: EventID, _ context: RequestContext) async throws(Refusal) -> ProofFile {
        let decision = try await decide(.read, .audit, context)
        let found = try await found(id, context)
        var event = event(decision, context, outcome: found == nil ? .failed : .disclosed)
        event.target = .event(id)
        _ = try await record(event, context)
        guard let found else { throw Refusal(.notFound, "there is no such event in the log") }
        return try await proof(of: found, context)
    }

    /// The same for an event of which somebody tells who may; nothing is decided or recorded.
    func inclusion(of id: EventID, _ context: RequestContext) async throws(Refusal) -> ProofFile {
        guard let found = try await found(id, context) else {
            throw Refusal(.busy, "the event has no place in the log yet", hint: "try again in a moment")
        }
        return try await proof(of: found, context)
    }

    private func proof(of found: FoundEvent, _ context: RequestContext) async throws(Refusal) -> ProofFile {
        let checkpoint = try await checkpoint(covering: found.place, context)
        let (index, size) = (found.place.position, checkpoint.head.size)
        let tiles = try await tiles(InclusionProof.tiles(index: index, size: size), epoch: found.place.epoch, context)
        do throws(LogError) {
            return ProofFile(entry: found.entry, proof: try InclusionProof(index: index, size: size, tiles: tiles), checkpoint: checkpoint)
        } catch {
            throw Refusal(
                .internalError, "the tiles of the log do not prove this event", hint: "the operator finds out more with 'gatehouse audit verify'")
        }
    }

    /// An event that was just recorded has to get its place first; all others have theirs.
    private func found(_ id: EventID, _ context: RequestContext) async throws(Refusal) -> FoundEvent? {
        do { if let event = try await store.auditEvent(id, Scope(context.principal)) { return event } } catch { throw refusal(error) }
        return try await inTrail(context) { (scope: Scope) async throws(StorageError) in try await store.auditEvent(id, scope) }
    }

    /// The newest signed head, or one signed now where the newest does not reach as far.
    private func checkpoint(covering place: LogPlace, _ context: RequestContext) async throws(Refusal) -> SignedCheckpoint {
        if let checkpoint = try await storedHead(ofEpoch: place.epoch, context), checkpoint.head.size > place.position { return checkpoint }
        for _ in 0..<20 {
            if let checkpoint = try await signedHead(ofEpoch: place.epoch, context), checkpoint.head.size > place.position { return checkpoint }
            do { _ = try await sequencer.sign(context.tenant) } catch { throw refusal(error) }
            if let checkpoint = try await signedHead(ofEpoch: place.epoch, context), checkpoint.head.size > place.position { return checkpoint }
            try? await Task.sleep(for: .milliseconds(50))
        }
        throw Refusal(.busy, "the head of the log is not signed yet", hint: "try again in a moment; a running gateway signs it")
    }

    func tiles(_ ids: [TileID], epoch: Int, _ context: RequestContext) async throws(Refusal) -> [TileID: [UInt8]] {
        let rows = try await read(context, [StoreDatabase.tiles(ids.map { ($0.level, $0.index) }, epoch: epoch, tenant: context.tenant)])[0]
        return Dictionary(
            StoreDatabase.storedTiles(rows).map { (TileID(level: $0.level, index: $0.number), $0.hashes) }, uniquingKeysWith: { first, _ in first })
    }

    /// The bytes of one tile or bundle (C2SP tlog-tiles), of as many hashes or entries as the path says. Looking is recorded.
    package func tile(_ path: TilePath, ofEpoch epoch: Int, _ context: RequestContext) async throws(Refusal) -> [UInt8] {
        let decision = try await decide(.read, .audit, context)
        let size = try await storedHead(ofEpoch: epoch, context)?.head.size ?? 0
        let bytes: [UInt8]?
        switch path.content {
        case .hashes(let tile): bytes = try await hashes(tile, path.width, size, epoch, context)
        case .entries(let index): bytes = try await bundle(index, path.width, size, epoch, context)
        }
        var event = event(decision, context, outcome: bytes == nil ? .failed : .disclosed)
        event.target = .log(epoch: epoch)
        _ = try await record(event, context)
        guard let bytes else { throw Refusal(.notFound, "the log has no such tile") }
        return bytes
    }

    private func hashes(
        _ tile: TileID, _ width: Int, _ size: Int, _ epoch: Int, _ context: RequestContext
    ) async throws(Refusal) -> [UInt8]? {
        guard width <= tile.width(size: size), let stored = try await tiles([tile], epoch: epoch, context)[tile] else { return nil }
        let bytes = width * TreeHash.byteCount
        return stored.count >= bytes ? Array(stored.prefix(bytes)) : nil
    }

    private func bundle(
        _ index: Int, _ width: Int, _ size: Int, _ epoch: Int, _ context: RequestContext
    ) async throws(Refusal) -> [UInt8]? {
        let start = index * TileID.width
        guard width <= TileID(level: 0, index: index).width(size: size) else { return nil }
        let events: [FoundEvent]
        do {
            events = try await store.auditEntries(
                from: LogPlace(epoch: epoch, position: start), to: start + width, limit: width, Scope(context.principal))
        } catch {
            throw refusal(error)
        }
        guard events.map(\.place.position) == Array(start..<start + width) else { return nil }
        var bundle: [UInt8] = []
        do throws(LogError) { for event in events { try EntryBundle.append(event.entry, to: &bundle) } } catch { return nil }
        return bundle
    }

    /// Takes up a signed head that somebody else has kept; see ``Sequencer/remember(_:)``.
    package func rememberHead(_ note: [UInt8], _ context: RequestContext) async throws(Refusal) -> Bool {
        let decision = try await decide(.delete, .audit, context)
        let overview = try await storedOverview(context)
        guard let key = overview.epochs.last?.key, let checkpoint = try? SignedCheckpoint(verifying: note, anyEpochOf: key),
            checkpoint.origin.tenant == context.tenant
        else {
            throw Refusal(.valueInvalid, "this is no signed head of the tenant's log", hint: "it has to be signed with keys/audit.key")
        }
        var event = event(decision, context, outcome: .changed)
        event.target = .log(epoch: checkpoint.origin.epoch)
        _ = try await record(event, context)
        do { return try await sequencer.remember(checkpoint) } catch { throw refusal(error) }
    }
}
