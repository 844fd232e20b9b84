/// Statements that travel together up to one Sync: outside a transaction they are one implicit transaction.
///
/// Made by callers, then touched by the engine's thread alone until `complete` is called, exactly once.
final class Unit: @unchecked Sendable {
    let statements: [SQL]
    let deadline: ContinuousClock.Instant
    /// Asks for nothing but reading: may share a connection and may be sent again when another caller's cancel hit it.
    let isShared: Bool
    /// Has a connection to itself, which is free again when the unit is answered.
    let isWholeLease: Bool
    /// Nothing may travel with it.
    let isAlone: Bool
    private let complete: (Result<[ResultSet], LinkError>) -> Void

    // Owned by the engine's thread.
    var results: [ResultSet] = []
    var failure: LinkError?
    var isFinished = false
    var resends = 0

    init(
        _ statements: [SQL], deadline: ContinuousClock.Instant, isShared: Bool, isWholeLease: Bool = false, isAlone: Bool = false,
        complete: @escaping @Sendable (Result<[ResultSet], LinkError>) -> Void
    ) {
        self.statements = statements
        self.deadline = deadline
        self.isShared = isShared
        self.isWholeLease = isWholeLease
        self.isAlone = isAlone
        self.complete = complete
    }

    func finish(_ outcome: Result<[ResultSet], LinkError>) {
        guard !isFinished else { return }
        isFinished = true
        complete(outcome)
    }
}
