import DequeModule
import Vocabulary

/// Time-outs and retries, looked at every 20 ms while anything is awaited.
extension EngineLoop {
    func sweepIfDue() {
        let now = ContinuousClock.now
        guard now - lastSweep >= .milliseconds(20) else { return }
        lastSweep = now
        for pool in pools {
            for unit in pool.waiting where unit.deadline <= now || pool.isHopeless(now) {
                unit.finish(.failure(LinkError(.unavailable)))
            }
            for request in pool.waitingForLease where request.deadline <= now { request.finish(.failure(LinkError(.unavailable))) }
            if pool.waiting.first?.isFinished == true { dispatchWaiting(pool) }
            // Also opens another connection where the one that was to serve a request could not be opened.
            if !pool.waitingForLease.isEmpty { dispatchLeases(pool) }
            for connection in pool.connections { sweep(connection, pool, now) }
        }
    }

    private func sweep(_ connection: WireConnection, _ pool: Pool, _ now: ContinuousClock.Instant) {
        switch connection.state {
        case .waiting(let until): if until <= now { connect(connection, pool) }
        case .connecting(let deadline), .looking(let deadline): if deadline <= now { lose(connection, pool) }
        case .ready:
            guard let first = connection.inFlight.first?.unit else { return }
            if first.deadline + .seconds(5) <= now { return lose(connection, pool) }
            if first.isFinished { cancelRunning(connection) }
            for sent in connection.inFlight where sent.unit.deadline <= now { abandon(sent.unit, pool, LinkError(.timedOut)) }
        case .closed: break
        }
    }
}
