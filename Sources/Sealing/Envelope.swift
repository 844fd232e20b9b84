import Synchronization

/// The sealed form of one value: `format ‖ suite ‖ key version ‖ nonce ‖ ciphertext ‖ tag`.
///
/// Format 1: one byte 0x01, one byte suite, key version as four bytes big-endian, then 24 random bytes of nonce, the ciphertext
/// and 16 bytes of tag, in every suite. The header is bound through the associated data, which repeats the key's id and
/// version: neither AEAD of the standard commits to its key. A changed suite is another algorithm, and its tag does not match.
package enum Envelope {
    package static let format: UInt8 = 1
    package static let headerByteCount = 6
    static let nonceByteCount = 24
    static let tagByteCount = 16
    /// What sealing adds to a plaintext.
    package static let overhead = headerByteCount + nonceByteCount + tagByteCount

    /// How a value is sealed. Every suite opens at any time; a new value gets the one that its key was given.
    package enum Suite: UInt8, CaseIterable, Sendable {
        /// XChaCha20-Poly1305-IETF of libsodium.
        case xchacha20Poly1305 = 1
        /// XAES-256-GCM of OpenSSL, for sites that are bound to AES.
        case xaes256GCM = 2
    }

    /// What a sealed value says of itself, before anything proves it.
    package struct Header: Equatable, Sendable {
        package let suite: Suite
        package let keyVersion: UInt32
    }

    /// The header of a sealed value; `nil` when it is no envelope this build can read.
    package static func header(of sealed: UnsafeRawBufferPointer) -> Header? {
        guard sealed.count >= overhead, sealed[0] == format, let suite = Suite(rawValue: sealed[1]) else { return nil }
        return Header(suite: suite, keyVersion: UInt32(bigEndian: sealed.loadUnaligned(fromByteOffset: 2, as: UInt32.self)))
    }

    /// The key version written in a sealed value's header; `nil` when it is no envelope this build can read.
    package static func keyVersion(of sealed: UnsafeRawBufferPointer) -> UInt32? { header(of: sealed)?.keyVersion }

    /// Seals under a nonce made here; there is no way to bring one's own.
    package static func seal(
        _ plaintext: UnsafeRawBufferPointer, keyVersion: UInt32, associatedData: UnsafeBufferPointer<UInt8>, key: UnsafeRawBufferPointer,
        suite: Suite = .xchacha20Poly1305
    ) -> [UInt8] {
        let count = overhead + plaintext.count
        precondition(key.count == SymmetricKey.byteCount, "a key has 32 bytes")
        guard let key = key.baseAddress?.assumingMemoryBound(to: UInt8.self) else { preconditionFailure("a key is never empty") }
        return [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
            guard let start = output.baseAddress else { preconditionFailure("an envelope is never empty") }
            start[0] = format
            start[1] = suite.rawValue
            withUnsafeBytes(of: keyVersion.bigEndian) { version in
                for index in 0..<4 { start[2 + index] = version[index] }
            }
            let nonce = start + headerByteCount
            NonceSource.fill(nonce)
            let body = nonce + nonceByteCount
            switch suite {
            case .xchacha20Poly1305:
                XChaCha20Poly1305.seal(plaintext, key: key, nonce: nonce, associatedData: associatedData, into: body)
            case .xaes256GCM: XAES256GCM.seal(plaintext, key: key, nonce: nonce, associatedData: associatedData, into: body)
            }
            initialized = count
        }
    }

    package static func seal(
        _ plaintext: UnsafeRawBufferPointer, keyVersion: UInt32, associatedData: [UInt8], key: UnsafeRawBufferPointer,
        suite: Suite = .xchacha20Poly1305
    ) -> [UInt8] {
        associatedData.withUnsafeBufferPointer { seal(plaintext, keyVersion: keyVersion, associatedData: $0, key: key, suite: suite) }
    }

    /// How many bytes opening a sealed value gives; `nil` when it is no envelope.
    package static func openedByteCount(_ sealed: UnsafeRawBufferPointer) -> Int? {
        header(of: sealed) == nil ? nil : sealed.count - overhead
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
        guard let header = header(of: sealed), header.keyVersion == version, key.count == SymmetricKey.byteCount,
            let start = sealed.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let key = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
        else { return false }
        let count = sealed.count - overhead
        guard output.count >= count else { return false }
        let nonce = start + headerByteCount
        let body = nonce + nonceByteCount
        switch header.suite {
        case .xchacha20Poly1305:
            return XChaCha20Poly1305.open(body, count: count, key: key, nonce: nonce, associatedData: associatedData, into: output)
        case .xaes256GCM:
            return XAES256GCM.open(body, count: count, key: key, nonce: nonce, associatedData: associatedData, into: output)
        }
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
