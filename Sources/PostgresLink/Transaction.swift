import Synchronization

/// A transaction lent by ``Database/transaction(setup:wrap:_:)``; not to be kept beyond the closure.
package final class Transaction: Sendable {
    private let queue: Mutex<[SQL]>
    private let last = Mutex<[SQL]>([])
    private let send: @Sendable ([SQL]) async throws(LinkError) -> [ResultSet]
    private let hasBegun = Mutex(false)

    init(prefix: [SQL], send: @escaping @Sendable ([SQL]) async throws(LinkError) -> [ResultSet]) {
        self.queue = Mutex(prefix)
        self.send = send
    }

    /// Puts a statement in line: it travels with the next `execute`, or with COMMIT. Its failure fails that.
    package func enqueue(_ statement: SQL) {
        queue.withLock { $0.append(statement) }
    }

    /// Puts a statement in line for COMMIT itself, behind everything else: it costs no round trip of its own. Its failure fails the transaction.
    package func enqueueAtEnd(_ statement: SQL) {
        last.withLock { $0.append(statement) }
    }

    package func execute(_ statements: SQL...) async throws(LinkError) -> [ResultSet] { try await execute(statements) }

    /// Runs what is in line, then the given statements, in one round trip; answers the results of the given ones.
    package func execute(_ statements: [SQL]) async throws(LinkError) -> [ResultSet] {
        let waiting = queue.withLock { queue in
            defer { queue = [] }
            return queue
        }
        hasBegun.withLock { $0 = true }
        let results = try await send(waiting + statements)
        return Array(results.dropFirst(waiting.count))
    }

    /// Runs what is in line.
    package func flush() async throws(LinkError) {
        let isEmpty = queue.withLock { $0.isEmpty }
        if !isEmpty { _ = try await execute() }
    }

    func commit() async throws(LinkError) {
        // A transaction whose statement failed answers COMMIT with ROLLBACK and no error; the failure was thrown before.
        let closing = last.withLock { last in
            defer { last = [] }
            return last
        }
        let isUntouched = closing.isEmpty && !hasBegun.withLock { $0 } && queue.withLock { $0.allSatisfy { $0.text == "BEGIN" } }
        if isUntouched { return }
        _ = try await execute(closing + ["COMMIT"])
    }

    func rollBack() async {
        guard hasBegun.withLock({ $0 }) else { return }
        queue.withLock { $0 = [] }
        _ = try? await execute("ROLLBACK")
    }
}
