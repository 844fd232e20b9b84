import Synchronization

/// How many bytes of bodies all connections together may keep in memory, from their arrival until they are answered.
///
/// A connection alone may send an import, before anybody has looked at who sends it; all of them at once may not.
final class BodyBudget: Sendable {
    private let maximum: Int
    private let kept = Mutex(0)

    init(_ maximum: Int) { self.maximum = maximum }

    /// - Returns: false when there is no room, and nothing was taken.
    func take(_ bytes: Int) -> Bool {
        kept.withLock { kept in
            guard kept + bytes <= maximum else { return false }
            kept += bytes
            return true
        }
    }

    func give(back bytes: Int) {
        kept.withLock { $0 -= bytes }
    }
}
