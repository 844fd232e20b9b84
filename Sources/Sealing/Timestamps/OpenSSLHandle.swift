/// Something that OpenSSL made, given back when it goes. Its pointer is not to be kept beyond the call that it is lent to.
struct OpenSSLHandle<Pointer>: ~Copyable {
    private let pointer: Pointer
    private let release: (Pointer?) -> Void

    /// `nil` when OpenSSL made nothing.
    init?(owning pointer: Pointer?, _ release: @escaping (Pointer?) -> Void) {
        guard let pointer else { return nil }
        self.pointer = pointer
        self.release = release
    }

    deinit { release(pointer) }

    borrowing func with<Value, Failure: Error>(_ body: (Pointer) throws(Failure) -> Value) throws(Failure) -> Value { try body(pointer) }
}
