import CSodium
import Synchronization

/// Room for a fixed number of 32-byte keys in one stretch of guarded, locked memory.
///
/// One allocation instead of one per key: guarded pages cost 16 KiB and four system calls each.
package final class DataKeySlab: Sendable {
    package let capacity: Int
    // SAFETY: a slot is written by its single owner before it is shared and after nobody else can reach it.
    private nonisolated(unsafe) let start: UnsafeMutableRawPointer
    private let free: Mutex<[Int]>

    package init(capacity: Int) {
        _ = Sodium.isReady
        guard let start = sodium_malloc(capacity * SymmetricKey.byteCount) else { preconditionFailure("out of guarded memory") }
        self.start = start
        self.capacity = capacity
        self.free = Mutex(Array((0..<capacity).reversed()))
    }

    deinit { sodium_free(start) }

    func take() -> Int? { free.withLock { $0.popLast() } }

    func address(of slot: Int) -> UnsafeMutableRawPointer { start + slot * SymmetricKey.byteCount }

    func giveBack(_ slot: Int) {
        sodium_memzero(address(of: slot), SymmetricKey.byteCount)
        free.withLock { $0.append(slot) }
    }
}
