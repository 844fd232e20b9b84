import CSodium

/// Bytes that must not leak: guarded, locked memory that is wiped when it goes. Not copyable, not printable.
package struct SecretBytes: ~Copyable {
    private let start: UnsafeMutableRawPointer
    package let count: Int

    /// Lends fresh zeroed memory to `fill`; afterwards it can only be read.
    package init<Failure: Error>(
        count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        _ = Sodium.isReady
        guard let start = sodium_malloc(max(count, 1)) else { preconditionFailure("out of guarded memory") }
        sodium_memzero(start, max(count, 1))
        self.start = start
        self.count = count
        try fill(UnsafeMutableRawBufferPointer(start: start, count: count))
        sodium_mprotect_readonly(start)
    }

    package static func random(count: Int) -> SecretBytes {
        SecretBytes(count: count) { memory in
            guard let start = memory.baseAddress else { return }
            randombytes_buf(start, memory.count)
        }
    }

    /// Copies bytes in; wiping the source is the caller's duty.
    package init(copying bytes: [UInt8]) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    deinit { sodium_free(start) }

    package func withBytes<Value, Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Value) throws(Failure) -> Value {
        try body(UnsafeRawBufferPointer(start: start, count: count))
    }
}

/// Overwrites a buffer that held a secret, in a way the compiler does not remove.
package func wipe(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { bytes in
        guard let start = bytes.baseAddress else { return }
        sodium_memzero(start, bytes.count)
    }
}

/// The same for memory that is lent.
func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    sodium_memzero(start, bytes.count)
}
