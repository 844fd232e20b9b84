import DequeModule
import Vocabulary

/// The connections to one database and who waits for them. Lives on the engine's thread, but for its settings.
final class Pool: @unchecked Sendable {
    // SAFETY: `settings`, `observe` and the handlers are constant and Sendable; everything else is touched by the engine's thread alone.
    let settings: LinkSettings
    let observe: Observer
    let onNotification: @Sendable (_ channel: String, _ payload: String) -> Void
    let onListening: @Sendable () -> Void
    let onRestoring: @Sendable () -> Void

    var connections: [WireConnection] = []
    var waiting: Deque<Unit> = []
    var waitingForLease: Deque<LeaseRequest> = []
    var isClosed = false
    var restores = RestoreWatch.unknown

    init(
        settings: LinkSettings, observe: @escaping Observer,
        onNotification: @escaping @Sendable (String, String) -> Void, onListening: @escaping @Sendable () -> Void,
        onRestoring: @escaping @Sendable () -> Void
    ) {
        self.settings = settings
        self.observe = observe
        self.onNotification = onNotification
        self.onListening = onListening
        self.onRestoring = onRestoring
    }

    /// Behind a pooler a unit may go to any session, so that each is sent with a look at the mark of its own.
    var guardsUnits: Bool { !settings.usesNamedStatements && !settings.passesRestores }

    /// The ready shared connection with least in flight that may take more.
    func freeShared() -> WireConnection? {
        var best: WireConnection?
        for connection in connections
        where connection.role == .shared && connection.isReady
            && connection.inFlight.count < min(settings.maximumInFlight, best?.inFlight.count ?? settings.maximumInFlight)
        {
            best = connection
        }
        return best
    }

    var freeExclusive: WireConnection? { connections.first { $0.role == .exclusive && $0.isReady && !$0.isLeased } }
}

/// Someone who waits for a connection of their own, or a unit that needs one for itself alone.
final class LeaseRequest: @unchecked Sendable {
    // SAFETY: `hasFinished` is touched by the engine's thread alone; the rest is constant.
    let deadline: ContinuousClock.Instant
    let unit: Unit?
    private let complete: @Sendable (Result<LeasedConnection, LinkError>) -> Void
    private var hasFinished = false

    init(deadline: ContinuousClock.Instant, complete: @escaping @Sendable (Result<LeasedConnection, LinkError>) -> Void) {
        self.deadline = deadline
        self.unit = nil
        self.complete = complete
    }

    /// The connection goes back by itself when the unit has been answered.
    init(for unit: Unit) {
        deadline = min(unit.deadline, .now + .seconds(5))
        self.unit = unit
        complete = { if case .failure(let error) = $0 { unit.finish(.failure(error)) } }
    }

    /// A unit may have been given up meanwhile.
    var isFinished: Bool { hasFinished || unit?.isFinished == true }

    func finish(_ outcome: Result<LeasedConnection, LinkError>) {
        guard !hasFinished else { return }
        hasFinished = true
        complete(outcome)
    }
}

/// Names a connection to those who may only ask the engine to use it.
struct LeasedConnection: Sendable, Hashable {
    let id: UInt64
}
