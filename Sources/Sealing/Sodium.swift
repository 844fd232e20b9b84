import CSodium

/// libsodium made ready, once a process. Every type of this module that needs it asks first.
enum Sodium {
    static let isReady: Bool = {
        precondition(sodium_init() >= 0, "libsodium does not start: no source of randomness")
        return true
    }()
}

/// Whether secrets can be kept out of swap on this machine. `sodium_malloc` ignores a failed lock, so it is probed.
package enum MemoryLock {
    package static func isAvailable() -> Bool {
        _ = Sodium.isReady
        guard let page = sodium_malloc(4096) else { return false }
        defer { sodium_free(page) }
        guard sodium_mlock(page, 4096) == 0 else { return false }
        sodium_munlock(page, 4096)
        return true
    }
}
