/// The 16 bytes that a file's header and payload are under; made for one file and wiped with this value.
struct AgeFileKey: ~Copyable {
    static let byteCount = 16

    private let bytes: SecretBytes

    init(_ bytes: consuming SecretBytes) {
        precondition(bytes.count == Self.byteCount, "a file key has 16 bytes")
        self.bytes = bytes
    }

    static func random() -> AgeFileKey { AgeFileKey(.random(count: byteCount)) }

    borrowing func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value { bytes.withBytes(body) }

    /// The code over a header.
    borrowing func authenticate(_ header: [UInt8]) -> [UInt8] {
        derive(salt: [], info: Array("header".utf8)).withBytes { HMACSHA256.authenticate(header, key: $0) }
    }

    /// The key of the payload behind this nonce.
    borrowing func payloadKey(nonce: [UInt8]) -> SymmetricKey { derive(salt: nonce, info: Array("payload".utf8)) }

    private borrowing func derive(salt: [UInt8], info: [UInt8]) -> SymmetricKey {
        SymmetricKey(
            SecretBytes(count: SymmetricKey.byteCount) { output in
                bytes.withBytes { HKDF.expand(input: $0, salt: salt, info: info, into: output) }
            })
    }
}
