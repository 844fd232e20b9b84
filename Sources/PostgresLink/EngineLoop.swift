import CEpoll
import CLibPQ
import DequeModule
import Dispatch
import Glibc
import Vocabulary

/// What runs on the engine's thread.
final class EngineLoop {
    private let engine: LinkEngine
    private let bell: Int32
    private let poller: Int32
    var pools: [Pool] = []
    var connections: [UInt64: (connection: WireConnection, pool: Pool)] = [:]
    private var nextID: UInt64 = 1
    var lastSweep: ContinuousClock.Instant = .now
    private var stopped: [@Sendable () -> Void]?

    init(engine: LinkEngine, bell: Int32) {
        self.engine = engine
        self.bell = bell
        self.poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(poller >= 0, "no epoll: the process is out of file descriptors")
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.u64 = 0
        epoll_ctl(poller, EPOLL_CTL_ADD, bell, &event)
    }

    func run() {
        var commands: [LinkEngine.Command] = []
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while stopped == nil {
            let count = epoll_wait(poller, &events, Int32(events.count), hasDeadlines ? 25 : -1)
            for index in 0..<max(0, Int(count)) {
                let id = events[index].data.u64
                if id == 0 {
                    var value: eventfd_t = 0
                    eventfd_read(bell, &value)
                } else if let (connection, pool) = connections[id] {
                    handle(connection, pool)
                }
            }
            engine.takeCommands(into: &commands)
            for command in commands { perform(command) }
            sweepIfDue()
        }
        for command in engine.markStopped() { refuse(command) }
        for pool in pools { shut(pool) }
        Glibc.close(poller)
        stopped?.forEach { $0() }
    }

    /// While nothing is awaited the thread sleeps for good.
    private var hasDeadlines: Bool {
        pools.contains { pool in
            !pool.waiting.isEmpty || !pool.waitingForLease.isEmpty
                || pool.connections.contains { !$0.isIdle || ($0.state != .ready && $0.state != .closed) }
        }
    }

    // MARK: Commands

    private func perform(_ command: LinkEngine.Command) {
        switch command {
        case .open(let pool):
            pools.append(pool)
            for _ in 0..<pool.settings.sharedConnections { addConnection(.shared, to: pool) }
            if !pool.settings.channels.isEmpty { addConnection(.listener, to: pool) }
        case .submit(let unit, let pool):
            if pool.isClosed { return unit.finish(.failure(LinkError(.closed))) }
            if pool.restores == .shut { return unit.finish(.failure(LinkError(.restoring))) }
            // Those who went away meanwhile take nobody's place.
            if pool.waiting.count >= pool.settings.maximumWaiting { pool.waiting.removeAll(where: \.isFinished) }
            if pool.waiting.count >= pool.settings.maximumWaiting { return unit.finish(.failure(LinkError(.queueFull))) }
            pool.waiting.append(unit)
            dispatchWaiting(pool)
        case .acquire(let request, let pool): ask(request, pool)
        case .abandonRequest(let request, _):
            request.finish(.failure(LinkError(.cancelled)))
        case .submitExclusive(let unit, let pool):
            ask(LeaseRequest(for: unit), pool)
        case .submitLeased(let unit, let lease, let pool):
            guard let connection = connections[lease.id]?.connection, connection.isReady, connection.isLeased else {
                return unit.finish(.failure(LinkError(.connectionLost)))
            }
            transmit(unit, connection, pool)
        case .copy(let command, let lease, let pool):
            guard let connection = connections[lease.id]?.connection, connection.isReady, connection.isLeased else {
                return command.finish(.failure(LinkError(.connectionLost)))
            }
            if !connection.perform(command) { lose(connection, pool) } else { watch(connection) }
        case .abandonCopy(let command, let lease, let pool):
            guard !command.isFinished else { return }
            command.finish(.failure(LinkError(.cancelled)))
            guard let connection = connections[lease.id]?.connection else { return }
            cancelRunning(connection)
            discard(connection, pool)
        case .release(let lease, let pool):
            release(lease, pool)
        case .abandon(let unit, let pool):
            abandon(unit, pool, LinkError(.cancelled))
        case .close(let pool, let done):
            shut(pool)
            pools.removeAll { $0 === pool }
            done()
        case .stop(let done):
            stopped = (stopped ?? []) + [done]
        }
    }

    private func refuse(_ command: LinkEngine.Command) {
        let closed = LinkError(.closed)
        switch command {
        case .submit(let unit, _), .submitExclusive(let unit, _), .submitLeased(let unit, _, _), .abandon(let unit, _): unit.finish(.failure(closed))
        case .acquire(let request, _), .abandonRequest(let request, _): request.finish(.failure(closed))
        case .copy(let command, _, _), .abandonCopy(let command, _, _): command.finish(.failure(closed))
        case .close(_, let done), .stop(let done): done()
        case .open, .release: break
        }
    }

    private func shut(_ pool: Pool) {
        pool.isClosed = true
        for unit in pool.waiting { unit.finish(.failure(LinkError(.closed))) }
        for request in pool.waitingForLease { request.finish(.failure(LinkError(.closed))) }
        pool.waiting = []
        pool.waitingForLease = []
        for connection in pool.connections {
            failInFlight(connection, LinkError(.closed))
            unwatch(connection)
            connection.close()
            connections[connection.id] = nil
        }
        pool.connections = []
    }

    // MARK: Connections

    @discardableResult
    private func addConnection(_ role: WireConnection.Role, to pool: Pool) -> WireConnection {
        let connection = WireConnection(id: nextID, role: role, settings: pool.settings)
        nextID += 1
        pool.connections.append(connection)
        connections[connection.id] = (connection, pool)
        connect(connection, pool)
        return connection
    }

    func connect(_ connection: WireConnection, _ pool: Pool) {
        if connection.startConnecting() { watch(connection, EPOLLOUT.rawValue) } else { lose(connection, pool) }
    }

    private func handle(_ connection: WireConnection, _ pool: Pool) {
        switch connection.state {
        case .connecting:
            switch connection.continueConnecting() {
            case .wantsRead: watch(connection, EPOLLIN.rawValue)
            case .wantsWrite: watch(connection, EPOLLOUT.rawValue)
            case .failed: lose(connection, pool)
            case .connected: if connection.isReady { welcome(connection, pool) } else { look(connection, pool) }
            }
        case .looking:
            guard connection.receive() else { return lose(connection, pool) }
            if let unit = connection.nextFinished() { seen(unit, connection, pool) } else { watch(connection) }
        case .ready:
            guard connection.receive() else { return lose(connection, pool) }
            if connection.copy != nil {
                if !connection.continueCopy() { return lose(connection, pool) }
            } else {
                while let unit = connection.nextFinished() {
                    if connection.cancelTarget === unit { connection.cancelTarget = nil }
                    settle(unit, pool)
                    if unit.failure?.code == .restoring { return shutForRestore(pool) }
                    if unit.isWholeLease { release(LeasedConnection(id: connection.id), pool) }
                }
                // Whoever waited behind it may have been abandoned meanwhile.
                if connection.inFlight.first?.unit.isFinished == true { cancelRunning(connection) }
            }
            while let (channel, payload) = connection.nextNotification() { pool.onNotification(channel, payload) }
            watch(connection)
            if connection.role == .shared { dispatchWaiting(pool) }
        case .waiting, .closed:
            break
        }
    }

    func welcome(_ connection: WireConnection, _ pool: Pool) {
        pool.observe(.databaseConnected(database: pool.settings.name))
        watch(connection)
        switch connection.role {
        case .shared: dispatchWaiting(pool)
        case .exclusive: dispatchLeases(pool)
        case .listener:
            let listening = pool.onListening
            let unit = Unit(
                pool.settings.channels.map { "LISTEN \($0)" }, deadline: .now + pool.settings.statementTimeout, isShared: false
            ) { if case .success = $0 { listening() } }
            transmit(unit, connection, pool)
        }
    }

    private func settle(_ unit: Unit, _ pool: Pool) {
        guard let failure = unit.failure else { return unit.finish(.success(unit.results)) }
        // A cancel meant for another caller's statement may arrive one statement late: an innocent read is sent again.
        if failure.sqlState == "57014", unit.isShared, !unit.isFinished, unit.resends < 3 {
            unit.resends += 1
            unit.failure = nil
            unit.results = []
            pool.waiting.prepend(unit)
            return
        }
        unit.finish(.failure(failure))
    }

    func lose(_ connection: WireConnection, _ pool: Pool) {
        let wasReady = connection.isReady
        failInFlight(connection, LinkError(.connectionLost))
        unwatch(connection)
        connection.retryLater()
        if wasReady {
            pool.observe(.databaseLost(database: pool.settings.name, sqlState: nil))
        } else {
            pool.observe(.databaseUnreachable(database: pool.settings.name, attempt: connection.attempts))
        }
        if connection.role == .exclusive {
            // Opened again when somebody next asks.
            connection.close()
            connections[connection.id] = nil
            pool.connections.removeAll { $0 === connection }
        }
    }

    func failInFlight(_ connection: WireConnection, _ error: LinkError) {
        for sent in connection.inFlight { sent.unit.finish(.failure(error)) }
        connection.inFlight = []
        connection.copy?.fail(error)
    }

    // MARK: Work

    func dispatchWaiting(_ pool: Pool) {
        while let unit = pool.waiting.first {
            if unit.isFinished {
                pool.waiting.removeFirst()
                continue
            }
            guard let connection = pool.freeShared() else { return }
            pool.waiting.removeFirst()
            transmit(unit, connection, pool)
        }
    }

    private func ask(_ request: LeaseRequest, _ pool: Pool) {
        if pool.isClosed { return request.finish(.failure(LinkError(.closed))) }
        if pool.restores == .shut { return request.finish(.failure(LinkError(.restoring))) }
        if pool.waitingForLease.count >= pool.settings.maximumWaiting { pool.waitingForLease.removeAll(where: \.isFinished) }
        if pool.waitingForLease.count >= pool.settings.maximumWaiting { return request.finish(.failure(LinkError(.queueFull))) }
        pool.waitingForLease.append(request)
        dispatchLeases(pool)
    }

    func dispatchLeases(_ pool: Pool) {
        while let request = pool.waitingForLease.first {
            if request.isFinished {
                pool.waitingForLease.removeFirst()
                continue
            }
            guard let connection = pool.freeExclusive else {
                let exclusive = pool.connections.filter { $0.role == .exclusive }
                let opening = exclusive.filter { !$0.isReady }.count
                if exclusive.count < pool.settings.exclusiveConnections, opening < pool.waitingForLease.count {
                    addConnection(.exclusive, to: pool)
                }
                return
            }
            pool.waitingForLease.removeFirst()
            connection.isLeased = true
            if let unit = request.unit {
                transmit(unit, connection, pool)
            } else {
                request.finish(.success(LeasedConnection(id: connection.id)))
            }
        }
    }

    private func release(_ lease: LeasedConnection, _ pool: Pool) {
        guard let connection = connections[lease.id]?.connection else { return dispatchLeases(pool) }
        connection.isLeased = false
        // Somebody left in the middle: what the connection is doing cannot be known. Or a request to stop was sent, which may
        // be on its way still and would hit whoever comes next. Either way it goes.
        if !connection.isIdle || !connection.isOutsideTransaction || connection.wasCancelled { discard(connection, pool) }
        dispatchLeases(pool)
    }

    func discard(_ connection: WireConnection, _ pool: Pool) {
        failInFlight(connection, LinkError(.cancelled))
        unwatch(connection)
        connection.close()
        connections[connection.id] = nil
        pool.connections.removeAll { $0 === connection }
    }

    func transmit(_ unit: Unit, _ connection: WireConnection, _ pool: Pool) {
        guard connection.copy == nil else { return unit.finish(.failure(LinkError(.misuse))) }
        guard connection.send(unit, guarding: guarding(pool)) else {
            unit.finish(.failure(LinkError(.connectionLost)))
            return lose(connection, pool)
        }
        watch(connection)
    }

    func abandon(_ unit: Unit, _ pool: Pool, _ error: LinkError) {
        guard !unit.isFinished else { return }
        unit.finish(.failure(error))
        for connection in pool.connections where connection.inFlight.first?.unit === unit { cancelRunning(connection) }
    }

    /// Asks the server to stop what the connection is running. PQcancel blocks on a connection of its own, so another thread does it.
    func cancelRunning(_ connection: WireConnection) {
        let target = connection.inFlight.first?.unit
        // A request that arrives before the statement has begun is lost, so it is made again now and then.
        let isFresh = target != nil && connection.cancelTarget === target && .now - connection.cancelledAt < .milliseconds(250)
        guard !isFresh, let handle = connection.handle, let ticket = PQgetCancel(handle) else {
            return
        }
        connection.cancelTarget = target
        connection.cancelledAt = .now
        connection.wasCancelled = true
        let box = CancelTicket(ticket)
        DispatchQueue.global().async { box.use() }
    }

    // MARK: epoll

    private func watch(_ connection: WireConnection) {
        switch connection.flush() {
        case .done:
            connection.noteFlushed()
            watch(connection, EPOLLIN.rawValue)
        case .wantsWrite: watch(connection, EPOLLIN.rawValue | EPOLLOUT.rawValue)
        case .broken: if let (_, pool) = connections[connection.id] { lose(connection, pool) }
        }
    }

    private func watch(_ connection: WireConnection, _ events: UInt32) {
        let descriptor = connection.descriptor
        guard descriptor >= 0 else { return }
        if let registered = connection.registered, registered.descriptor == descriptor {
            if registered.events == events { return }
        } else if let registered = connection.registered {
            epoll_ctl(poller, EPOLL_CTL_DEL, registered.descriptor, nil)
            connection.registered = nil
        }
        var event = epoll_event()
        event.events = events
        event.data.u64 = connection.id
        epoll_ctl(poller, connection.registered == nil ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event)
        connection.registered = (descriptor, events)
    }

    func unwatch(_ connection: WireConnection) {
        guard let registered = connection.registered else { return }
        epoll_ctl(poller, EPOLL_CTL_DEL, registered.descriptor, nil)
        connection.registered = nil
    }
}

extension Pool {
    /// Every shared connection has failed to come up at least three times: waiting longer helps nobody.
    func isHopeless(_ now: ContinuousClock.Instant) -> Bool {
        connections.allSatisfy { $0.role != .shared || (!$0.isReady && $0.attempts >= 3) }
    }
}

/// SAFETY: a PGcancel is a copy of addresses and keys that libpq documents as usable from another thread; one owner at a time.
private struct CancelTicket: @unchecked Sendable {
    let ticket: OpaquePointer
    init(_ ticket: OpaquePointer) { self.ticket = ticket }

    func use() {
        var message = [CChar](repeating: 0, count: 256)
        PQcancel(ticket, &message, Int32(message.count))
        PQfreeCancel(ticket)
    }
}
