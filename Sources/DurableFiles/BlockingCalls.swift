import Dispatch

/// Runs calls that block on threads of their own, several at the same time: what needs no order among its calls waits here for no other.
///
/// What needs one is an actor on a ``BlockingExecutor``.
package enum BlockingCalls {
    private static let queue = DispatchQueue(label: "gatehouse.blocking", attributes: .concurrent)

    /// A call that has begun runs to its end, cancelled or not.
    package static func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let outcome = await withCheckedContinuation { (continuation: CheckedContinuation<Result<Value, Failure>, Never>) in
            queue.async {
                let outcome: Result<Value, Failure>
                do throws(Failure) { outcome = .success(try body()) } catch { outcome = .failure(error) }
                continuation.resume(returning: outcome)
            }
        }
        return try outcome.get()
    }
}
