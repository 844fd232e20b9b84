import Dispatch

/// Runs an actor on a queue of its own: file locks, `fsync`, Argon2id and tokens block, and the cooperative pool must not.
///
/// Jobs run one after the other, in the order in which they came.
package final class BlockingExecutor: SerialExecutor {
    private let queue: DispatchQueue

    package init(_ label: String) {
        queue = DispatchQueue(label: label)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
