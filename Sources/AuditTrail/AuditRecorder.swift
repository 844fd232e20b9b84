package import PostgresLink
package import Storage
import Synchronization
package import Vocabulary

/// Writes events before what they tell of leaves the process.
///
/// Events of concurrent reads share a commit: whatever has gathered while the last batch was being written is the next
/// one. Events of writes commit in the transaction of the change. A bounded queue and a bounded wait, then refusal.
package final class AuditRecorder: Sendable {
    private struct Waiting {
        let row: AuditRow
        let since: ContinuousClock.Instant
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        var isClosed = false
    }

    private let store: StoreDatabase
    private let observe: Observer
    private let capacity: Int
    private let patience: Duration
    private let state = Mutex(State())
    private let bell: AsyncStream<Void>.Continuation
    private let rings: AsyncStream<Void>

    /// - Parameters:
    ///   - capacity: events that may wait.
    ///   - patience: how long one may wait before the access it tells of is refused.
    package init(store: StoreDatabase, observe: @escaping Observer, capacity: Int = 10_000, patience: Duration = .seconds(5)) {
        self.store = store
        self.observe = observe
        self.capacity = capacity
        self.patience = patience
        (rings, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: Reads

    /// Returns when the event is durable. Cancelling the caller does not undo the event: what was decided was decided.
    package func record(_ event: AuditEvent) async throws(AuditFailure) -> AuditReceipt {
        let row = AuditRow(event)
        let isDurable = await withCheckedContinuation { continuation in
            let isAccepted = state.withLock { state in
                guard !state.isClosed, state.waiting.count < capacity else { return false }
                state.waiting.append(Waiting(row: row, since: .now, continuation: continuation))
                return true
            }
            if isAccepted { bell.yield() } else { continuation.resume(returning: false) }
        }
        guard isDurable else {
            observe(.auditRefused)
            throw .unavailable
        }
        return AuditReceipt(event: event.id)
    }

    /// Writes batches until cancelled or closed; run once for each recorder, or `record` waits for ever.
    ///
    /// No timer gathers a batch. Before the next one is taken, whoever is ready to run may record first: an idle gateway
    /// loses nothing by that, a busy one commits twice as many events at once.
    package func run() async {
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

    /// Ends `run` once everything that waits has been written.
    package func close() {
        bell.finish()
    }

    private func write(_ batch: [Waiting]) async {
        var attempt = 0
        while true {
            do {
                // One implicit transaction; the ids make a second writing of the same events harmless.
                _ = try await store.database.write(statements(for: batch.map(\.row), isRepeated: attempt > 0))
                observe(.auditCommitted(events: batch.count))
                for waiting in batch { waiting.continuation.resume(returning: true) }
                return
            } catch {
                observe(.auditFailed(events: batch.count, code: error.code.rawValue))
                attempt += 1
                let oldest = batch.first?.since ?? .now
                if ContinuousClock.now - oldest > patience || attempt > 20 || Task.isCancelled { break }
                try? await Task.sleep(for: .milliseconds(20 << min(attempt, 5)))
            }
        }
        for waiting in batch { waiting.continuation.resume(returning: false) }
    }

    private func statements(for rows: [AuditRow], isRepeated: Bool) -> [SQL] {
        Dictionary(grouping: rows, by: \.tenant).flatMap { tenant, rows in
            [store.opening(Scope(tenant: tenant)), StoreDatabase.addAuditRows(rows, of: tenant, isRepeated: isRepeated)]
        }
    }

    // MARK: Writes

    /// The only door to a changing transaction: its events commit with it, or nothing does.
    ///
    /// - Parameter wrap: how the caller's error type says that storage failed.
    package func change<Value: Sendable, Failure: Error>(
        _ scope: Scope, wrap: @escaping @Sendable (StorageError) -> Failure,
        _ body: (Transaction) async throws(Failure) -> (value: Value, event: AuditEvent)
    ) async throws(Failure) -> (value: Value, receipt: AuditReceipt) {
        try await store.transaction(scope, wrap: wrap) { (transaction: Transaction) async throws(Failure) in
            let (value, event) = try await body(transaction)
            // Sent apart from the change and from COMMIT, so that a trail that cannot be written says so.
            do throws(LinkError) { try await transaction.flush() } catch { throw wrap(StorageError(error)) }
            do throws(LinkError) {
                _ = try await transaction.execute(StoreDatabase.addAuditRows([AuditRow(event)], of: scope.tenant))
            } catch {
                throw wrap(.unrecorded)
            }
            return (value: value, receipt: AuditReceipt(event: event.id))
        }
    }
}

extension AuditRow {
    init(_ event: AuditEvent) {
        self.init(
            id: event.id, tenant: event.tenant, at: event.at, actor: event.actor, action: event.action, entity: event.entity,
            decision: event.decision, entry: event.canonicalBytes
        )
    }
}
