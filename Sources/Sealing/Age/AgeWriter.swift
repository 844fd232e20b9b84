/// Writes a file of age version 1 while its plaintext comes: whoever takes the output often needs memory for a chunk, however long it gets.
package struct AgeWriter: ~Copyable {
    private var chunks: AgeChunkCipher
    /// Plaintext that may be the last chunk: up to a whole one, since a chunk is sealed once something follows it.
    private let waiting = Waiting()
    private var output: [UInt8]
    /// How many bytes the header has. What follows does not depend on whom the file is for (``AgeFile/rewrapped(_:with:to:)``).
    package let headerByteCount: Int

    /// A file for all of these recipients, of whom there has to be one.
    package init(to recipients: [AgeRecipient]) {
        precondition(!recipients.isEmpty, "a file for nobody cannot be opened again")
        let fileKey = AgeFileKey.random()
        self.init(AgeHeader(for: recipients, fileKey: fileKey), fileKey)
    }

    /// A file for whoever knows the passphrase. The key serves this one file.
    package init(to key: AgePassphraseKey) {
        let fileKey = AgeFileKey.random()
        self.init(AgeHeader([key.wrap(fileKey)], fileKey: fileKey), fileKey)
    }

    private init(_ header: AgeHeader, _ fileKey: borrowing AgeFileKey) {
        let nonce = randomBytes(count: AgeChunkCipher.nonceByteCount)
        let text = header.bytes
        headerByteCount = text.count
        output = text + nonce
        chunks = AgeChunkCipher(fileKey: fileKey, nonce: nonce)
    }

    /// Wiped when it goes, since nobody may have come to sealing it.
    private final class Waiting {
        var bytes: [UInt8] = []
        init() { bytes.reserveCapacity(AgeChunkCipher.chunkByteCount) }
        deinit { wipe(&bytes) }
    }

    package mutating func write(_ plaintext: UnsafeRawBufferPointer) {
        var from = 0
        while from < plaintext.count {
            if waiting.bytes.count == AgeChunkCipher.chunkByteCount { sealWaiting(isLast: false) }
            let to = min(from + AgeChunkCipher.chunkByteCount - waiting.bytes.count, plaintext.count)
            waiting.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: plaintext[from..<to]))
            from = to
        }
    }

    /// Seals the last chunk; the rest of the file can be taken then. An empty plaintext is one empty chunk.
    package mutating func finish() { sealWaiting(isLast: true) }

    /// What has come out since it was last taken.
    package mutating func takeOutput() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &output)
        return taken
    }

    package var outputByteCount: Int { output.count }

    private mutating func sealWaiting(isLast: Bool) {
        let from = output.count
        output += AgeChunkCipher.room[..<(waiting.bytes.count + AgeChunkCipher.overhead)]
        waiting.bytes.withUnsafeBytes { chunk in
            output.withUnsafeMutableBufferPointer { output in
                guard let start = output.baseAddress else { preconditionFailure("a chunk is never empty") }
                chunks.seal(chunk, isLast: isLast, into: start + from)
            }
        }
        wipe(&waiting.bytes)
        waiting.bytes.removeAll(keepingCapacity: true)
    }
}
