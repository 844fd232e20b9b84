package import Vocabulary

/// One database as the rest of the product sees it.
///
/// Reads share a few pipelined connections; a transaction is lent one of its own. Every call ends with a result or a
/// ``LinkError`` within the time-outs of the settings, also when the server is gone. A caller that is cancelled gets
/// `cancelled` at once, and the server is asked to stop working for it.
package final class Database: Sendable {
    private let engine: LinkEngine
    private let pool: Pool
    private var settings: LinkSettings { pool.settings }

    /// Begins to connect in the background; the first calls wait for it.
    ///
    /// - Parameters:
    ///   - onNotification: called on the engine's thread for each NOTIFY on the settings' channels; must return at once.
    ///   - onRestoring: called on the engine's thread when the database is found closed for a restore, or restored since it was first seen, once;
    ///     must return at once. From then on every call ends with `restoring`.
    ///   - onListening: called after each (re)connection of the listener: whatever was notified before may have been missed.
    package init(
        _ settings: LinkSettings, engine: LinkEngine, observe: @escaping Observer = { _ in },
        onNotification: @escaping @Sendable (_ channel: String, _ payload: String) -> Void = { _, _ in },
        onListening: @escaping @Sendable () -> Void = {}, onRestoring: @escaping @Sendable () -> Void = {}
    ) {
        self.engine = engine
        self.pool = Pool(
            settings: settings, observe: observe, onNotification: onNotification, onListening: onListening, onRestoring: onRestoring
        )
        engine.post(.open(pool))
    }

    /// Runs statements that only read, in one implicit transaction on a shared connection.
    ///
    /// INVARIANT: the statements may be sent a second time; nothing that changes data goes through here.
    package func read(_ statements: [SQL]) async throws(LinkError) -> [ResultSet] {
        try await run(statements, isShared: true) { [engine, pool] in engine.post(.submit($0, pool)) }
    }

    /// Runs statements in one transaction without asking anything in between: one round trip, all or nothing.
    ///
    /// - Parameter limit: how long the answer may take where that is less than the settings allow. After that it is unknown whether
    ///   the transaction has committed.
    package func write(_ statements: [SQL], within limit: Duration? = nil) async throws(LinkError) -> [ResultSet] {
        // The engine's thread finds a connection and sends at once: no way back to the caller in between.
        try await run(statements, isShared: false, isWholeLease: true, within: limit) { [engine, pool] in
            engine.post(.submitExclusive($0, pool))
        }
    }

    /// Runs a statement that cannot be part of a transaction, such as VACUUM.
    ///
    /// INVARIANT: it changes nothing that anybody could read; behind a pooler it is run whether or not the database is being restored.
    package func runAlone(_ statement: SQL) async throws(LinkError) {
        _ = try await run([statement], isShared: false, isWholeLease: true, isAlone: true) { [engine, pool] in
            engine.post(.submitExclusive($0, pool))
        }
    }

    /// Lends a transaction to `body`: committed when it returns, rolled back when it throws.
    ///
    /// - Parameter setup: statements that travel with BEGIN, for what has to hold through the whole transaction.
    package func transaction<Value: Sendable, Failure: Error>(
        setup: [SQL] = [], wrap: @escaping @Sendable (LinkError) -> Failure,
        _ body: (Transaction) async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let lease: LeasedConnection
        do { lease = try await acquire() } catch { throw wrap(error) }
        defer { engine.post(.release(lease, pool)) }
        let transaction = Transaction(prefix: ["BEGIN"] + setup) { [self] statements throws(LinkError) in
            try await run(statements, isShared: false) { [engine, pool] in engine.post(.submitLeased($0, lease, pool)) }
        }
        let value: Value
        do {
            value = try await body(transaction)
        } catch {
            await transaction.rollBack()
            throw error
        }
        do {
            try await transaction.commit()
        } catch {
            await transaction.rollBack()
            throw wrap(error)
        }
        return value
    }

    /// Ends all connections; what waits is refused with `closed`.
    package func close() async {
        await withCheckedContinuation { continuation in
            if !engine.post(.close(pool, { continuation.resume() })) { continuation.resume() }
        }
    }

    // MARK: COPY

    /// Sends a stream through COPY … FROM STDIN, all or nothing. A caller that is cancelled takes nothing in.
    package func copyIn<Chunks: AsyncSequence<[UInt8], Failure> & Sendable, Failure: Error>(
        _ statement: SQL, _ chunks: Chunks
    ) async throws {
        try await withLease { lease in
            _ = try await self.copy(.beginIn(statement), lease)
            for try await chunk in chunks { _ = try await self.copy(.send(chunk), lease) }
            // Many sequences just end when their task is cancelled: that end is not the end of the data.
            if Task.isCancelled { throw LinkError(.cancelled) }
            _ = try await self.copy(.finishIn, lease)
        }
    }

    /// Calls `body` with each row of COPY … TO STDOUT, as it comes.
    package func copyOut(_ statement: SQL, _ body: ([UInt8]) async throws -> Void) async throws {
        try await withLease { lease in
            _ = try await self.copy(.beginOut(statement), lease)
            while let row = try await self.copy(.receive, lease) { try await body(row) }
        }
    }

    private func copy(_ step: CopyCommand.Step, _ lease: LeasedConnection) async throws(LinkError) -> [UInt8]? {
        let ask = Handover<CopyCommand>()
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<[UInt8]?, LinkError>, Never>) in
                let command = CopyCommand(step) { continuation.resume(returning: $0) }
                if !engine.post(.copy(command, lease, pool)) { return continuation.resume(returning: .failure(LinkError(.closed))) }
                if ask.put(command) { engine.post(.abandonCopy(command, lease, pool)) }
            }
        } onCancel: {
            if let command = ask.cancel() { engine.post(.abandonCopy(command, lease, pool)) }
        }.get()
    }

    // MARK: Plumbing

    private func withLease<Value, Failure: Error>(
        _ body: (LeasedConnection) async throws(Failure) -> Value
    ) async throws -> Value {
        let lease = try await acquire()
        defer { engine.post(.release(lease, pool)) }
        return try await body(lease)
    }

    private func acquire() async throws(LinkError) -> LeasedConnection {
        let ask = Handover<LeaseRequest>()
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<LeasedConnection, LinkError>, Never>) in
                let request = LeaseRequest(deadline: .now + settings.connectTimeout) { continuation.resume(returning: $0) }
                if !engine.post(.acquire(request, pool)) { return continuation.resume(returning: .failure(LinkError(.closed))) }
                if ask.put(request) { engine.post(.abandonRequest(request, pool)) }
            }
        } onCancel: {
            if let request = ask.cancel() { engine.post(.abandonRequest(request, pool)) }
        }.get()
    }

    private func run(
        _ statements: [SQL], isShared: Bool, isWholeLease: Bool = false, isAlone: Bool = false, within limit: Duration? = nil,
        _ post: (Unit) -> Bool
    ) async throws(LinkError) -> [ResultSet] {
        let ask = Handover<Unit>()
        let deadline = ContinuousClock.now + min(limit ?? settings.statementTimeout, settings.statementTimeout)
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<[ResultSet], LinkError>, Never>) in
                let unit = Unit(statements, deadline: deadline, isShared: isShared, isWholeLease: isWholeLease, isAlone: isAlone) {
                    continuation.resume(returning: $0)
                }
                if !post(unit) { return continuation.resume(returning: .failure(LinkError(.closed))) }
                if ask.put(unit) { engine.post(.abandon(unit, pool)) }
            }
        } onCancel: {
            if let unit = ask.cancel() { engine.post(.abandon(unit, pool)) }
        }.get()
    }
}
