package import PostgresLink
package import Storage
import Synchronization
package import Vocabulary

/// Writes events before what they tell of leaves the process.
///
/// Events of concurrent reads share a commit: whatever has gathered while the last batch was being written is the next
/// one. Events of writes commit in the transaction of the change. When the database does not take events, they go to a spool on this host,
/// durable like the database, until it does; then they follow in their order. A bounded queue, a bounded spool and a bounded wait, then refusal.
package final class AuditRecorder: Sendable {
    private struct Waiting {
        let tenant: TenantID
        let row: AuditRow
        let since: ContinuousClock.Instant
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        var isClosed = false
    }

    private let store: StoreDatabase
    private let spool: AuditSpool?
    private let abandoned: Mutex<[AuditSpool]>
    private let observe: Observer
    private let capacity: Int
    private let patience: Duration
    private let state = Mutex(State())
    private let recorded = Mutex<Set<TenantID>>([])
    private let bell: AsyncStream<Void>.Continuation
    private let rings: AsyncStream<Void>
    private let spoolBell: AsyncStream<Void>.Continuation
    private let spoolRings: AsyncStream<Void>

    /// - Parameters:
    ///   - spool: where events go that the database does not take; without one they wait for the database and are refused.
    ///   - abandoned: spools of processes that are gone; what they left is brought to the database, too.
    ///   - capacity: events that may wait.
    ///   - patience: how long one may wait before the access it tells of is refused.
    package init(
        store: StoreDatabase, spool: AuditSpool? = nil, abandoned: [AuditSpool] = [], observe: @escaping Observer, capacity: Int = 10_000,
        patience: Duration = .seconds(5)
    ) {
        self.store = store
        self.spool = spool
        self.abandoned = Mutex(abandoned)
        self.observe = observe
        self.capacity = capacity
        self.patience = patience
        (rings, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (spoolRings, spoolBell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Tenants that events were recorded of since the last call.
    package func takeRecorded() -> Set<TenantID> {
        recorded.withLock { tenants in
            defer { tenants = [] }
            return tenants
        }
    }

    /// Whether one more event would be taken.
    package var hasRoom: Bool { state.withLock { !$0.isClosed && $0.waiting.count < capacity } }
    /// Whether events have a place while the database takes none.
    package var hasSpool: Bool { spool != nil }

    // MARK: Reads

    /// Returns when the event is durable. Cancelling the caller does not undo the event: what was decided was decided.
    package func record(_ event: AuditEvent) async throws(AuditFailure) -> AuditReceipt {
        let row = AuditRow(event)
        guard row.fitsTheLog else { throw .unavailable }
        let isDurable = await withCheckedContinuation { continuation in
            let (isAccepted, isFirst) = state.withLock { state in
                guard !state.isClosed, state.waiting.count < capacity else { return (false, false) }
                state.waiting.append(Waiting(tenant: event.tenant, row: row, since: .now, continuation: continuation))
                return (true, state.waiting.count == 1)
            }
            // Behind others nobody has to ring: whoever writes takes until there is nothing left.
            if !isAccepted { continuation.resume(returning: false) } else if isFirst { bell.yield() }
        }
        guard isDurable else {
            observe(.auditRefused)
            throw .unavailable
        }
        return AuditReceipt(event: event.id)
    }

    /// Writes batches until cancelled or closed; run once for each recorder, or `record` waits for ever.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.write() }
            group.addTask { await self.replay() }
        }
    }

    /// Ends `run` once everything that waits has been written. What is in the spool stays there for the next start.
    package func close() {
        bell.finish()
        spoolBell.finish()
    }

    /// No timer gathers a batch. Before the next one is taken, whoever is ready to run may record first: an idle gateway
    /// loses nothing by that, a busy one commits twice as many events at once.
    private func write() async {
        for await _ in rings {
            await Task.yield()
            while let batch = nextBatch() {
                await write(batch)
                await Task.yield()
                await Task.yield()
            }
        }
        let rest = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiting in rest { waiting.continuation.resume(returning: false) }
    }

    /// What has gathered.
    private func nextBatch() -> [Waiting]? {
        state.withLock { state in
            if state.waiting.isEmpty { return nil }
            let batch = Array(state.waiting.prefix(512))
            state.waiting.removeFirst(batch.count)
            return batch
        }
    }

    private func write(_ waiting: [Waiting]) async {
        let batches = Dictionary(grouping: waiting, by: \.tenant).map { AuditBatch(tenant: $0, rows: $1.map(\.row)) }
        let isDurable = await store(batches, since: waiting.first?.since ?? .now)
        if isDurable { recorded.withLock { $0.formUnion(batches.map(\.tenant)) } }
        for waiting in waiting { waiting.continuation.resume(returning: isDurable) }
    }

    private func store(_ batches: [AuditBatch], since: ContinuousClock.Instant) async -> Bool {
        let events = batches.reduce(0) { $0 + $1.rows.count }
        var isSpoolOfUse = spool != nil
        // Behind what waits in the spool, and not past it.
        if let spool, !spool.isEmpty {
            if await put(batches, into: spool) { return true }
            isSpoolOfUse = false
        }
        var attempt = 0
        while true {
            do {
                // One implicit transaction; the ids make a second writing of the same batches harmless.
                try await insert(batches, isRepeated: attempt > 0, within: isSpoolOfUse ? patience / 2 : patience)
                observe(.auditCommitted(events: events))
                return true
            } catch {
                observe(.auditFailed(events: events, code: error.code.rawValue))
            }
            if isSpoolOfUse, let spool {
                if await put(batches, into: spool) { return true }
                isSpoolOfUse = false
            }
            attempt += 1
            if ContinuousClock.now - since > patience || attempt > 20 || Task.isCancelled { return false }
            try? await Task.sleep(for: .milliseconds(20 << min(attempt, 5)))
        }
    }

    /// - Throws: also when the database has not answered in time; it may have taken them all the same.
    private func insert(_ batches: [AuditBatch], isRepeated: Bool, within limit: Duration) async throws(LinkError) {
        let statements = batches.flatMap { batch -> [SQL] in
            [store.opening(Scope(tenant: batch.tenant)), StoreDatabase.addAuditBatch(batch, isRepeated: isRepeated)]
        }
        _ = try await store.database.write(statements, within: limit)
    }

    // MARK: Spool

    private func put(_ batches: [AuditBatch], into spool: AuditSpool) async -> Bool {
        do throws(SpoolError) {
            try await spool.append(batches.map(\.frame))
        } catch {
            if error == .full { observe(.auditSpoolFull) } else { observe(.auditFailed(events: 0, code: error.code)) }
            return false
        }
        observe(.auditSpooled(events: batches.reduce(0) { $0 + $1.rows.count }))
        spoolBell.yield()
        return true
    }

    /// Takes over what a process that is gone has left; it is closed when it is empty.
    package func adopt(_ spool: AuditSpool) {
        abandoned.withLock { $0.append(spool) }
        spoolBell.yield()
    }

    /// Brings spools to the database, each in its order, whenever there is something in them. One that does not go on does not keep the
    /// others waiting.
    private func replay() async {
        spoolBell.yield()
        for await _ in spoolRings {
            while !Task.isCancelled {
                await letGo()
                let waiting = (abandoned.withLock { $0 } + (spool.map { [$0] } ?? [])).filter { !$0.isEmpty }
                if waiting.isEmpty { break }
                var hasMoved = false
                for spool in waiting { if await replayBatch(of: spool) { hasMoved = true } }
                if hasMoved { continue }
                if isClosed { return }
                try? await Task.sleep(for: .milliseconds(250))
            }
        }
    }

    /// Of the spools of others those that are empty: their folders are for whoever needs one next.
    private func letGo() async {
        let done = abandoned.withLock { spools in
            let done = spools.filter(\.isEmpty)
            spools.removeAll(where: \.isEmpty)
            return done
        }
        for spool in done { await spool.close() }
    }

    private var isClosed: Bool { state.withLock(\.isClosed) }

    private func replayBatch(of spool: AuditSpool) async -> Bool {
        do {
            guard let batch = try await spool.next() else { return true }
            let batches = batch.frames.compactMap { AuditBatch(frame: $0) }
            guard batches.count == batch.frames.count else {
                observe(.auditFailed(events: batch.frames.count - batches.count, code: "spool-unreadable"))
                return false
            }
            try await insert(batches, isRepeated: true, within: patience)
            try await spool.discard(batch.token)
            recorded.withLock { $0.formUnion(batches.map(\.tenant)) }
            observe(.auditSpoolReplayed(events: batches.reduce(0) { $0 + $1.rows.count }))
            return true
        } catch let error as SpoolError {
            observe(.auditFailed(events: 0, code: error.code))
            return false
        } catch {
            // The database does not take them yet; whoever writes to it says so.
            return false
        }
    }

    // MARK: Writes

    /// The door for whatever somebody has asked for: its events commit with it, or nothing does.
    ///
    /// - Parameters:
    ///   - wrap: how the caller's error type says that storage failed.
    ///   - closing: what the change comes to, made while its events are written and not committed yet. The receipt is good for what goes into the
    ///     transaction, and for what is answered once that has committed.
    package func change<Value: Sendable, Shown: Sendable, Failure: Error>(
        _ scope: Scope, wrap: @escaping @Sendable (StorageError) -> Failure,
        _ body: (Transaction) async throws(Failure) -> (value: Value, events: [AuditEvent]),
        closing: (Value, [AuditEvent], AuditReceipt, Transaction) throws(Failure) -> Shown
    ) async throws(Failure) -> (value: Shown, receipt: AuditReceipt) {
        let outcome = try await store.transaction(scope, wrap: wrap) {
            (transaction: Transaction) async throws(Failure) -> (value: Shown, receipt: AuditReceipt) in
            let (value, events) = try await body(transaction)
            let rows = events.map { AuditRow($0) }
            guard let first = events.first, rows.allSatisfy(\.fitsTheLog) else { throw wrap(.unrecorded) }
            // Sent apart from the change and from COMMIT, so that a trail that cannot be written says so.
            do throws(LinkError) { try await transaction.flush() } catch { throw wrap(StorageError(error)) }
            do throws(LinkError) {
                _ = try await transaction.execute(StoreDatabase.addAuditBatch(AuditBatch(tenant: scope.tenant, rows: rows)))
            } catch {
                throw wrap(.unrecorded)
            }
            let receipt = AuditReceipt(event: first.id)
            return (value: try closing(value, events, receipt, transaction), receipt: receipt)
        }
        recorded.withLock { _ = $0.insert(scope.tenant) }
        return outcome
    }

    /// The same for one event.
    package func change<Value: Sendable, Failure: Error>(
        _ scope: Scope, wrap: @escaping @Sendable (StorageError) -> Failure,
        _ body: (Transaction) async throws(Failure) -> (value: Value, event: AuditEvent)
    ) async throws(Failure) -> (value: Value, receipt: AuditReceipt) {
        try await change(scope, wrap: wrap) { (transaction: Transaction) async throws(Failure) -> (value: Value, events: [AuditEvent]) in
            let (value, event) = try await body(transaction)
            return (value: value, events: [event])
        } closing: { (value: Value, _: [AuditEvent], _: AuditReceipt, _: Transaction) throws(Failure) -> Value in
            value
        }
    }
}
