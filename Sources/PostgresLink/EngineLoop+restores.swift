import DequeModule

/// Keeping out of a database that is being restored.
///
/// Each new session looks before it is used, and the restore ends the sessions that were there before its mark. Between the two no session is
/// missed: one that looked too early can be seen by the restore already.
extension EngineLoop {
    func look(_ connection: WireConnection, _ pool: Pool) {
        let unit = Unit([RestoreMark.look], deadline: .now + pool.settings.connectTimeout, isShared: false) { _ in }
        transmit(unit, connection, pool)
    }

    func seen(_ unit: Unit, _ connection: WireConnection, _ pool: Pool) {
        guard unit.failure == nil, let result = unit.results.first, result.rowCount == 1 else { return lose(connection, pool) }
        let standing = pool.restores.seeing(RestoreMark(result))
        if standing == .shut { return shutForRestore(pool) }
        pool.restores = standing
        connection.becomeReady()
        welcome(connection, pool)
    }

    /// The statement that each unit of a pool is sent with; none where every session has looked by itself.
    func guarding(_ pool: Pool) -> SQL? {
        guard pool.guardsUnits, case .open(let restored) = pool.restores else { return nil }
        return RestoreMark.guarding(restored)
    }

    /// Refuses what waits and ends every session, for good.
    func shutForRestore(_ pool: Pool) {
        guard pool.restores != .shut else { return }
        pool.restores = .shut
        // First of all: nothing is to be answered from memory any more.
        pool.onRestoring()
        for unit in pool.waiting { unit.finish(.failure(LinkError(.restoring))) }
        for request in pool.waitingForLease { request.finish(.failure(LinkError(.restoring))) }
        pool.waiting = []
        pool.waitingForLease = []
        for connection in pool.connections {
            failInFlight(connection, LinkError(.connectionLost))
            discard(connection, pool)
        }
    }
}
