import AuditTrail
import Identity
import Policies
import PostgresLink
import Storage
import TransparencyLog
import Vocabulary

extension RecordGateway {
    /// Writes the tenant's logs, as far as they are signed, into a folder of plain files; see `LogFolderWriter`. Goes on where an earlier export
    /// ended. The export is recorded.
    ///
    /// - Parameter progress: how many entries of how many were written.
    /// - Returns: the sizes, by epoch.
    package func exportLog(
        to folder: String, _ context: RequestContext, progress: @Sendable (Int, Int) -> Void
    ) async throws(Refusal) -> [(origin: String, size: Int, prunedBelow: Int)] {
        let decision = try await decide(.read, .audit, context)
        var event = event(decision, context, outcome: .disclosed)
        event.target = .report("export")
        _ = try await record(event, context)
        try await catchUp(context.tenant)
        do { _ = try await sequencer.sign(context.tenant) } catch { throw refusal(error) }
        let overview = try await overview(context)
        guard !overview.epochs.isEmpty else {
            throw Refusal(.busy, "no head of the log is signed yet", hint: "try again in a moment; a running gateway signs it")
        }
        let total = overview.epochs.reduce(0) { $0 + $1.checkpoint.head.size }
        var done = 0
        for epoch in overview.epochs {
            let witnesses = overview.witnesses.filter { $0.epoch == epoch.origin.epoch && $0.size > 0 }
            try await export(epoch, witnesses, to: folder, context) { progress(done + $0, total) }
            done += epoch.checkpoint.head.size
        }
        return overview.epochs.map { ($0.origin.description, $0.checkpoint.head.size, $0.prunedBelow) }
    }

    private func export(
        _ epoch: LogOverview.Epoch, _ witnesses: [StoredWitness], to folder: String, _ context: RequestContext, progress: (Int) -> Void
    ) async throws(Refusal) {
        let (checkpoint, number) = (epoch.checkpoint, epoch.origin.epoch)
        var writer: LogFolderWriter
        do throws(LogFolderError) {
            writer = try LogFolderWriter(folder: folder, checkpoint: checkpoint, pruned: min(epoch.prunedBelow, checkpoint.head.size))
        } catch {
            throw Self.refusal(error)
        }
        while writer.nextEntry < checkpoint.head.size {
            let events: [FoundEvent]
            do {
                events = try await store.auditEntries(
                    from: LogPlace(epoch: number, position: writer.nextEntry), to: checkpoint.head.size, limit: 2048, Scope(context.principal))
            } catch {
                throw refusal(error)
            }
            if events.isEmpty { throw Self.missing(writer.nextEntry) }
            for event in events {
                guard event.place.position == writer.nextEntry else { throw Self.missing(writer.nextEntry) }
                do throws(LogFolderError) { try writer.add(event.entry) } catch { throw Self.refusal(error) }
            }
            progress(writer.nextEntry)
        }
        var wanted: [TileID] = []
        for tile in writer.missingTiles {
            wanted.append(tile)
            if wanted.count == 256 { try await write(&wanted, writer, number, context) }
        }
        try await write(&wanted, writer, number, context)
        do throws(LogFolderError) {
            for (size, confirmed) in Dictionary(grouping: witnesses, by: \.size) {
                for stamp in confirmed.compactMap(\.evidence) { try writer.write(timestamp: stamp, size: size) }
                if let checkpoint = Self.checkpoint(confirmed, epoch.origin) { try writer.write(checkpoint: checkpoint) }
            }
            try writer.finish()
        } catch {
            throw Self.refusal(error)
        }
    }

    private func write(_ wanted: inout [TileID], _ writer: LogFolderWriter, _ epoch: Int, _ context: RequestContext) async throws(Refusal) {
        let stored = try await tiles(wanted, epoch: epoch, context)
        for tile in wanted {
            do throws(LogFolderError) { try writer.write(tile, stored[tile] ?? []) } catch { throw Self.refusal(error) }
        }
        wanted = []
    }

    /// One checkpoint with the lines of all who confirmed it.
    private static func checkpoint(_ witnesses: [StoredWitness], _ origin: LogOrigin) -> SignedCheckpoint? {
        var joined: SignedCheckpoint?
        for witness in witnesses {
            guard let note = try? SignedNote(Array(witness.note.utf8)), let read = try? Checkpoint(note.text), read.origin == origin else { continue }
            if let checkpoint = joined, checkpoint.head == read.head {
                joined = (try? checkpoint.adding(note.signatures)) ?? checkpoint
            } else if joined == nil {
                joined = SignedCheckpoint(origin: origin, head: read.head, note: witness.note)
            }
        }
        return joined
    }

    private static func missing(_ position: Int) -> Refusal {
        Refusal(.internalError, "the store has no entry \(position) of the log", hint: "gatehouse audit verify finds out what else is wrong")
    }

    private static func refusal(_ error: LogFolderError) -> Refusal {
        Refusal(
            .internalError, "the log cannot be exported (\(error.code.rawValue))", hint: "is the folder writable, and the log of this tenant in it?")
    }
}
