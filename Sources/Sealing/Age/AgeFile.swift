/// A whole file of age version 1 (age-encryption.org/v1) in memory, for X25519 recipients or a passphrase. Whoever has the `age` program
/// and one of the identities, or the passphrase, opens it without Gatehouse. ``AgeWriter`` writes one that comes in pieces, and
/// ``AgeReader`` opens one.
package enum AgeFile {
    /// Seals for all of these recipients, of whom there has to be one.
    package static func seal(_ plaintext: [UInt8], to recipients: [AgeRecipient]) -> [UInt8] {
        precondition(!recipients.isEmpty, "a file for nobody cannot be opened again")
        let fileKey = AgeFileKey.random()
        let nonce = randomBytes(count: AgeChunkCipher.nonceByteCount)
        let front = AgeHeader(for: recipients, fileKey: fileKey).bytes + nonce
        var chunks = AgeChunkCipher(fileKey: fileKey, nonce: nonce)
        // An empty plaintext is one empty chunk.
        let chunkCount = max(1, (plaintext.count + AgeChunkCipher.chunkByteCount - 1) / AgeChunkCipher.chunkByteCount)
        let count = front.count + plaintext.count + chunkCount * AgeChunkCipher.overhead
        return [UInt8](unsafeUninitializedCapacity: count) { file, initialized in
            _ = file.initialize(from: front)
            guard var end = file.baseAddress.map({ $0 + front.count }) else { preconditionFailure("a file is never empty") }
            plaintext.withUnsafeBytes { plaintext in
                for index in 0..<chunkCount {
                    let from = index * AgeChunkCipher.chunkByteCount
                    let to = min(from + AgeChunkCipher.chunkByteCount, plaintext.count)
                    chunks.seal(UnsafeRawBufferPointer(rebasing: plaintext[from..<to]), isLast: index == chunkCount - 1, into: end)
                    end += to - from + AgeChunkCipher.overhead
                }
            }
            initialized = count
        }
    }

    /// Opens with the first identity that the file is for. Nothing is answered before everything has proved genuine.
    package static func open(_ file: [UInt8], with identities: [AgeIdentity]) throws(AgeError) -> [UInt8] {
        var reader = AgeReader(identities: identities)
        return try read(file, &reader)
    }

    /// Opens what was sealed under a passphrase. It takes as much work as sealing did, so it is not for a thread that others wait for.
    package static func open(_ file: [UInt8], passphrase: borrowing SecretBytes) throws(AgeError) -> [UInt8] {
        var reader = AgeReader(passphrase: SecretBytes(count: passphrase.count) { copy in passphrase.withBytes { copy.copyMemory(from: $0) } })
        return try read(file, &reader)
    }

    private static func read(_ file: [UInt8], _ reader: inout AgeReader) throws(AgeError) -> [UInt8] {
        try file.lend { (file) throws(AgeError) in try reader.write(file) }
        try reader.finish()
        return reader.takeOutput()
    }

    // MARK: For other recipients

    /// How long a header can be: whoever reads this many bytes of a file has the whole of it.
    package static let headerByteCountLimit = AgeHeader.byteCountLimit

    /// The header that makes a binary file one for these recipients, and for nobody else. What follows the header stays as it is, so that
    /// whoever kept the file key, which the former recipients could get, can still open it.
    ///
    /// - Parameter front: the beginning of the file, with at least its header.
    /// - Returns: the new header, and how many bytes of the file, from the first, it stands for.
    package static func rewrapped(
        _ front: [UInt8], with identities: [AgeIdentity], to recipients: [AgeRecipient]
    ) throws(AgeError) -> (header: [UInt8], replaced: Int) {
        precondition(!recipients.isEmpty, "a file for nobody cannot be opened again")
        let header = try AgeHeader(from: front)
        let fileKey = try header.fileKey(for: identities)
        return (AgeHeader(for: recipients, fileKey: fileKey).bytes, header.bytes.count)
    }
}
