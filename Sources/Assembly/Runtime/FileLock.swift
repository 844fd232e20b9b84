import Foundation

/// A lock that dies with the process that holds it (flock(2)).
struct FileLock: ~Copyable {
    private let descriptor: Int32

    init(_ path: String) throws(CommandFailure) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CommandFailure(.unfit, "the lock file \(path) cannot be opened") }
    }

    deinit { close(descriptor) }

    borrowing func share() { while flock(descriptor, LOCK_SH) != 0 && errno == EINTR {} }
    borrowing func own() { while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {} }
    /// True when nobody else holds or shares the lock. A share held before is lost either way.
    borrowing func tryOwn() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }
}
