import CSodium
import Synchronization

/// The sealed form of one value: `format ‖ suite ‖ key version ‖ nonce ‖ ciphertext ‖ tag`.
///
/// Format 1: one byte 0x01, one byte suite, key version as four bytes big-endian, then what the suite writes.
/// Suite 1 is XChaCha20-Poly1305-IETF of libsodium: 24 random bytes of nonce, 16 of tag. The header is bound through
/// the associated data, which repeats the key's id and version: neither AEAD of the standard commits to its key.
package enum Envelope {
    package static let format: UInt8 = 1
    package static let headerByteCount = 6
    static let nonceByteCount = 24
    static let tagByteCount = 16
    /// What sealing adds to a plaintext.
    package static let overhead = headerByteCount + nonceByteCount + tagByteCount

    package enum Suite: UInt8, Sendable {
        case xchacha20Poly1305 = 1
    }

    /// The key version written in a sealed value's header; `nil` when it is no envelope this build can read.
    package static func keyVersion(of sealed: UnsafeRawBufferPointer) -> UInt32? {
        guard sealed.count >= overhead, sealed[0] == format, Suite(rawValue: sealed[1]) != nil else { return nil }
        return UInt32(bigEndian: sealed.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
    }

    /// Seals under a nonce made here; there is no way to bring one's own.
    package static func seal(
        _ plaintext: UnsafeRawBufferPointer, keyVersion: UInt32, associatedData: UnsafeBufferPointer<UInt8>, key: UnsafeRawBufferPointer
    ) -> [UInt8] {
        let count = overhead + plaintext.count
        guard let key = key.baseAddress?.assumingMemoryBound(to: UInt8.self) else { preconditionFailure("a key is never empty") }
        return [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
            guard let start = output.baseAddress else { preconditionFailure("an envelope is never empty") }
            start[0] = format
            start[1] = Suite.xchacha20Poly1305.rawValue
            withUnsafeBytes(of: keyVersion.bigEndian) { version in
                for index in 0..<4 { start[2 + index] = version[index] }
            }
            let nonce = start + headerByteCount
            NonceSource.fill(nonce)
            crypto_aead_xchacha20poly1305_ietf_encrypt(
                nonce + nonceByteCount, nil,
                plaintext.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(plaintext.count),
                associatedData.baseAddress, UInt64(associatedData.count), nil, nonce, key
            )
            initialized = count
        }
    }

    package static func seal(
        _ plaintext: UnsafeRawBufferPointer, keyVersion: UInt32, associatedData: [UInt8], key: UnsafeRawBufferPointer
    ) -> [UInt8] {
        associatedData.withUnsafeBufferPointer { seal(plaintext, keyVersion: keyVersion, associatedData: $0, key: key) }
    }

    /// How many bytes opening a sealed value gives; `nil` when it is no envelope.
    package static func openedByteCount(_ sealed: UnsafeRawBufferPointer) -> Int? {
        keyVersion(of: sealed) == nil ? nil : sealed.count - overhead
    }

    /// Opens into `output`, which has room for ``openedByteCount(_:)``; false, and nothing of worth written, when the value
    /// is not what was sealed here.
    ///
    /// - Parameter version: the key version that the header has to name. The cipher covers the associated data and not
    ///   the header, so a changed header is found out here.
    package static func open(
        _ sealed: UnsafeRawBufferPointer, keyVersion version: UInt32, associatedData: UnsafeBufferPointer<UInt8>, key: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard keyVersion(of: sealed) == version, let count = openedByteCount(sealed), output.count >= count,
            let start = sealed.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let key = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
        else { return false }
        let nonce = start + headerByteCount
        return crypto_aead_xchacha20poly1305_ietf_decrypt(
            output.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, nil,
            nonce + nonceByteCount, UInt64(count + tagByteCount),
            associatedData.baseAddress, UInt64(associatedData.count), nonce, key
        ) == 0
    }

    /// Opens into the end of `output`; false, and nothing appended, when the value is not what was sealed here.
    package static func open(
        _ sealed: UnsafeRawBufferPointer, keyVersion version: UInt32, associatedData: [UInt8], key: UnsafeRawBufferPointer,
        into output: inout [UInt8]
    ) -> Bool {
        guard let count = openedByteCount(sealed) else { return false }
        var isGenuine = false
        var opened = [UInt8](unsafeUninitializedCapacity: max(count, 1)) { buffer, initialized in
            isGenuine = associatedData.withUnsafeBufferPointer {
                open(sealed, keyVersion: version, associatedData: $0, key: key, into: UnsafeMutableRawBufferPointer(buffer))
            }
            initialized = isGenuine ? count : 0
        }
        output += opened
        wipe(&opened)
        return isGenuine
    }
}

/// Random nonces, drawn from the operating system by the block: one at a time costs as much as sealing itself.
private enum NonceSource {
    private static let blockCount = 256
    private static let block = Mutex<(bytes: [UInt8], next: Int)>(([], 0))

    static func fill(_ nonce: UnsafeMutablePointer<UInt8>) {
        block.withLock { block in
            if block.next >= block.bytes.count {
                block.bytes = randomBytes(count: blockCount * Envelope.nonceByteCount)
                block.next = 0
            }
            for index in 0..<Envelope.nonceByteCount {
                nonce[index] = block.bytes[block.next + index]
                // A nonce leaves the block when it is used, so that no mistake can hand it out again.
                block.bytes[block.next + index] = 0
            }
            block.next += Envelope.nonceByteCount
        }
    }
}
