import PostgresLink
package import Storage
import Synchronization
import TransparencyLog
package import Vocabulary

/// Gives recorded events their places in their tenant's log, and signs its heads.
///
/// Any gateway may do it at any time: whoever appends holds the one row of the tenant's log locked, and everything that an append
/// changes (the inbox, the events, the tiles, the head) commits with it or not at all. So an event is in the log once, in one place, whoever dies where. A
/// holder that dies loses the lock with its connection; one that hangs is put out by the database after ``patience``.
///
/// What is kept in memory is only a copy: it counts as long as the stored head is the one that it leads to.
package final class Sequencer: Sendable {
    /// A log as this process knows it, checked against every head that is remembered of it.
    struct Lineage: Sendable {
        var name: String
        var epoch: Int
        var frontier: TreeFrontier
        /// Where the vault's anchor was when this log was held against it, or where this process has moved it since.
        var anchor: AuditAnchor?
        /// The same of this host's file of heads.
        var memory: Checkpoint?
        /// The newest batch that was moved; see ``StoreDatabase/inbox(_:from:bytes:)``.
        var watermark: UUIDv7?
        /// When all that waited was last looked at, and not only what is about as new as the watermark; `nil` for not yet, or not to the end.
        var sweptAt: ContinuousClock.Instant?

        var origin: (TenantID) -> LogOrigin { { LogOrigin(name: name, tenant: $0, epoch: epoch) } }

        func leads(to log: StoredLog) -> Bool {
            log.epoch == epoch && log.size == frontier.head.size && log.root == frontier.head.root.bytes
        }
    }

    /// What one turn has done.
    package struct Turn: Sendable {
        package var placed = 0
        /// Somebody else is at it.
        package var isBusy = false
        /// There may be more to place.
        package var hasMore = false
    }

    static let patience = Duration.seconds(10)
    private static let bytesAtOnce = 4 << 20
    /// Batches may commit this much later than they were made; older ones are looked for now and then.
    private static let lateness: Int64 = 60_000_000

    let store: StoreDatabase
    let vault: VaultDatabase
    let signer: LogSigner?
    let memory: RememberedHeads
    let name: String
    let observe: Observer
    let lineages = Mutex<[TenantID: Lineage]>([:])

    /// - Parameters:
    ///   - name: what new logs are called; a log keeps the name that it was made with.
    ///   - signer: `nil` where heads are signed by another process.
    package init(
        store: StoreDatabase, vault: VaultDatabase, name: String, signer: LogSigner?, memory: RememberedHeads, observe: @escaping Observer
    ) {
        self.store = store
        self.vault = vault
        self.name = name
        self.signer = signer
        self.memory = memory
        self.observe = observe
    }

    /// Places what waits, about four megabytes at most.
    ///
    /// - Parameter isSweeping: looks at all that waits. Else batches that came much later than they were made, as from a spool or a host
    ///   whose clock is behind, may have to wait for a turn some seconds later.
    package func turn(_ tenant: TenantID, isSweeping: Bool = false) async throws(SequencerError) -> Turn {
        do throws(SequencerError) {
            return try await turn(tenant, isSweeping: isSweeping, doubtsAll: false)
        } catch {
            // A first writing of a batch may reach the database after the second one was moved already, and does not say that it is repeated.
            guard case .store(.taken) = error else { throw error }
            return try await turn(tenant, isSweeping: isSweeping, doubtsAll: true)
        }
    }

    /// - Parameter doubtsAll: asks of every event whether the log has it, not only of those that say they may be there.
    private func turn(_ tenant: TenantID, isSweeping: Bool, doubtsAll: Bool) async throws(SequencerError) -> Turn {
        let known = lineages.withLock { $0[tenant] }
        let sweeps = isSweeping || known?.sweptAt.map { ContinuousClock.now - $0 > .seconds(10) } ?? true
        let from = sweeps ? nil : known?.watermark.map { Self.earlier($0) }
        do throws(SequencerError) {
            let (turn, lineage) = try await store.transaction(Scope(tenant: tenant), wrap: { .store($0) }) {
                (transaction: Transaction) async throws(SequencerError) -> (Turn, Lineage?) in
                let results = try await Self.run(
                    transaction,
                    [
                        "SELECT set_config('idle_in_transaction_session_timeout', \(.text(String(Self.patience.components.seconds * 1000))), true)",
                        StoreDatabase.lockLog(tenant), StoreDatabase.inbox(tenant, from: from, bytes: Self.bytesAtOnce),
                    ]
                )
                guard let log = StoreDatabase.storedLog(results[1]) else { return (Turn(isBusy: true), nil) }
                let batches = StoreDatabase.waitingBatches(results[2])
                return try await place(batches, in: log, known, sweeps: sweeps, doubtsAll: doubtsAll, tenant, transaction)
            }
            if turn.isBusy { return try await makeLogIfNone(tenant) }
            lineages.withLock { $0[tenant] = lineage }
            if turn.placed > 0 { observe(.logSequenced(tenant: tenant.description, events: turn.placed)) }
            return turn
        } catch {
            // Whether it committed may be unknown: the stored head tells next time.
            forget(tenant)
            throw error
        }
    }

    /// Places everything that was recorded before the call.
    ///
    /// - Returns: whether that was reached in time; somebody else may be at it, or there is more than can be placed so soon.
    package func catchUp(_ tenant: TenantID, within limit: Duration = .seconds(10)) async throws(SequencerError) -> Bool {
        let deadline = ContinuousClock.now + limit
        while true {
            let turn = try await turn(tenant, isSweeping: true)
            if !turn.isBusy, !turn.hasMore { return true }
            if ContinuousClock.now > deadline || Task.isCancelled { return false }
            if turn.isBusy { try? await Task.sleep(for: .milliseconds(20)) }
        }
    }

    func forget(_ tenant: TenantID) { lineages.withLock { $0[tenant] = nil } }

    // MARK: Parts

    private func makeLogIfNone(_ tenant: TenantID) async throws(SequencerError) -> Turn {
        do throws(StorageError) {
            let rows = try await store.read(Scope(tenant: tenant), [StoreDatabase.log(of: tenant)])[0]
            if StoreDatabase.storedLog(rows) != nil { return Turn(isBusy: true) }
            let empty = TreeFrontier().head
            try await store.transaction(Scope(tenant: tenant), wrap: { $0 }) { (transaction: Transaction) throws(StorageError) in
                transaction.enqueue(StoreDatabase.makeLog(named: name, root: empty.root.bytes, tenant: tenant))
            }
            return Turn(hasMore: true)
        } catch {
            throw .store(error)
        }
    }

    /// - Parameter restored: see ``restart(_:after:)``.
    func place(
        _ batches: [WaitingBatch], in log: StoredLog, _ known: Lineage?, restored: [Remembered]? = nil, sweeps: Bool, doubtsAll: Bool,
        _ tenant: TenantID,
        _ transaction: Transaction
    ) async throws(SequencerError) -> (Turn, Lineage) {
        var rows: [AuditRow] = []
        var lineage: Lineage
        if let known, known.leads(to: log) {
            lineage = known
        } else {
            (lineage, rows) = try await load(log, restored: restored, tenant, transaction)
            // What another gateway has placed says nothing of the inbox; a store that was taken back may have anything in it.
            if rows.isEmpty { (lineage.watermark, lineage.sweptAt) = (known?.watermark, known?.sweptAt) }
        }
        // A full helping means that there is more; what was recorded meanwhile is for the next turn.
        let hasMore = batches.reduce(0) { $0 + $1.events.count } > Self.bytesAtOnce / 2 || batches.count >= 1000
        if sweeps { lineage.sweptAt = hasMore ? nil : .now }
        if batches.isEmpty, rows.isEmpty { return (Turn(), lineage) }
        let again = doubtsAll || !rows.isEmpty
        rows += try await events(of: batches, beside: rows, doubtsAll: doubtsAll, tenant, transaction)
        let start = LogPlace(epoch: lineage.epoch, position: lineage.frontier.head.size)
        do { try lineage.frontier.append(entries: rows.map(\.entry)) } catch { throw .damagedTree(epoch: lineage.epoch) }
        if let last = batches.last?.id { lineage.watermark = max(lineage.watermark ?? last, last) }
        let head = lineage.frontier.head
        let statements =
            StoreDatabase.place(rows, at: start, again: again, takingOut: batches.map(\.id), tenant: tenant)
            + StoreDatabase.grow(
                lineage.frontier.takeChanges().map { StoredTile(level: $0.tile.level, number: $0.tile.index, hashes: $0.bytes) },
                to: StoredLog(name: log.name, epoch: lineage.epoch, size: head.size, root: head.root.bytes, signer: log.signer), tenant: tenant
            )
        _ = try await Self.run(transaction, statements)
        return (Turn(placed: rows.count, hasMore: hasMore), lineage)
    }

    /// The events of batches, without those that the log has already: a batch whose outcome was unknown was written again.
    ///
    /// - Parameter taken: events that are placed in the same turn. They were taken out of the log just now, so that it does not tell.
    private func events(
        of batches: [WaitingBatch], beside taken: [AuditRow], doubtsAll: Bool, _ tenant: TenantID, _ transaction: Transaction
    ) async throws(SequencerError) -> [AuditRow] {
        var rows: [AuditRow] = []
        var doubtful: Set<EventID> = []
        for batch in batches {
            guard let read = AuditBatch(tenant: tenant, id: batch.id, bytes: batch.events[...]) else { throw .damagedBatch(batch.id) }
            if batch.isRepeated || doubtsAll { doubtful.formUnion(read.rows.map(\.id)) }
            rows += read.rows
        }
        var seen = Set(taken.map(\.id))
        if doubtful.isEmpty, seen.isEmpty { return rows }
        if !doubtful.isEmpty {
            let found = try await Self.run(transaction, [StoreDatabase.known(Array(doubtful), tenant: tenant)])[0]
            seen.formUnion((0..<found.rowCount).compactMap { found.uuid($0, 0).map { EventID($0) } })
        }
        return rows.filter { seen.insert($0.id).inserted }
    }

    static func run(_ transaction: Transaction, _ statements: [SQL]) async throws(SequencerError) -> [ResultSet] {
        do throws(LinkError) { return try await transaction.execute(statements) } catch { throw .store(StorageError(error)) }
    }

    /// Ids of this time and later ones are looked for. A batch from a host whose clock is ahead does not make all others late.
    private static func earlier(_ id: UUIDv7) -> UUIDv7 {
        let milliseconds = min(Int64(id.high >> 16), Instant.now().microseconds / 1000) - lateness / 1000
        return UUIDv7(high: UInt64(max(milliseconds, 0)) << 16, low: 0)
    }
}

/// Why the log does not grow, or is not signed. Events stay recorded all the same.
package enum SequencerError: Error, Sendable, Equatable {
    case store(StorageError)
    case vault(StorageError)
    /// A batch in the inbox cannot be read. It is left where it is, and so is what was recorded after it.
    case damagedBatch(UUIDv7)
    /// The stored tiles do not lead to the stored head.
    case damagedTree(epoch: Int)
    /// The file of the newest signed heads cannot be read or written.
    case memory
    /// The name of the log can be no name of a key.
    case name
    /// Heads of this log are signed with another key.
    case otherKey

    package var code: String {
        switch self {
        case .store: "store-unavailable"
        case .vault: "vault-unavailable"
        case .damagedBatch: "batch-damaged"
        case .damagedTree: "tree-damaged"
        case .memory: "memory-unwritable"
        case .name: "name-unfit"
        case .otherKey: "other-key"
        }
    }
}
