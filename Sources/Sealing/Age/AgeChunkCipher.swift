/// The chunks of an age payload, one after the other (STREAM over ChaCha20-Poly1305): each is bound to its number, and the last
/// one to being the last.
struct AgeChunkCipher: ~Copyable {
    static let nonceByteCount = 16
    /// What a chunk holds, unless it is the last.
    static let chunkByteCount = 65_536
    /// What sealing adds to a chunk.
    static let overhead = AEADCipher.tagByteCount
    /// Room for a sealed chunk, to append.
    static let room = [UInt8](repeating: 0, count: chunkByteCount + overhead)

    private let key: SymmetricKey
    /// Eleven bytes of the format; eight of them last for 2^80 bytes.
    private var counter: UInt64 = 0
    private var isFinished = false

    /// - Parameter nonce: the 16 bytes in front of the chunks.
    init(fileKey: borrowing AgeFileKey, nonce: [UInt8]) { key = fileKey.payloadKey(nonce: nonce) }

    /// Writes a chunk and its tag to `output`.
    mutating func seal(_ chunk: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutablePointer<UInt8>) {
        let nonce = nonce(isLast: isLast)
        advance(isLast: isLast)
        key.withBytes { key in
            AEADCipher.chacha20Poly1305.seal(chunk, key: Self.start(key), nonce: nonce, associatedData: Self.none, into: output)
        }
    }

    /// Opens a chunk with its tag into `output`; false, and what was written wiped, when it is not the one that comes next. Then that one
    /// is still to come.
    mutating func open(_ sealed: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer) -> Bool {
        guard sealed.count >= Self.overhead else { return false }
        let nonce = nonce(isLast: isLast)
        let isGenuine = key.withBytes { key in
            AEADCipher.chacha20Poly1305.open(
                Self.start(sealed), count: sealed.count - Self.overhead, key: Self.start(key), nonce: nonce, associatedData: Self.none,
                into: output
            )
        }
        if isGenuine { advance(isLast: isLast) }
        return isGenuine
    }

    private func nonce(isLast: Bool) -> [UInt8] {
        precondition(!isFinished, "nothing follows the last chunk")
        var nonce: [UInt8] = [0, 0, 0]
        withUnsafeBytes(of: counter.bigEndian) { nonce += $0 }
        nonce.append(isLast ? 1 : 0)
        return nonce
    }

    private mutating func advance(isLast: Bool) {
        counter += 1
        isFinished = isLast
    }

    private static var none: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: nil, count: 0) }

    private static func start(_ bytes: UnsafeRawBufferPointer) -> UnsafePointer<UInt8> {
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { preconditionFailure("neither is ever empty") }
        return start
    }
}
