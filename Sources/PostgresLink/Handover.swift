import Synchronization

/// Joins what a call has posted with the cancellation that may come before or after it.
final class Handover<Item: Sendable>: Sendable {
    private let state = Mutex<(item: Item?, isCancelled: Bool)>((nil, false))

    /// True when the cancellation came first.
    func put(_ item: Item) -> Bool {
        state.withLock {
            $0.item = item
            return $0.isCancelled
        }
    }

    func cancel() -> Item? {
        state.withLock {
            $0.isCancelled = true
            return $0.item
        }
    }
}
