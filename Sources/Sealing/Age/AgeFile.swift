/// A whole file of age version 1 (age-encryption.org/v1) in memory: binary, for X25519 recipients. Whoever has the `age` program and
/// one of the identities opens it without Gatehouse.
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
        let header = try AgeHeader(from: file)
        let fileKey = try self.fileKey(header, identities)
        guard header.isGenuine(fileKey) else { throw .headerForged }
        let payload = file[header.bytes.count...]
        let nonce = Array(payload.prefix(AgeChunkCipher.nonceByteCount))
        let sealed = payload.dropFirst(AgeChunkCipher.nonceByteCount)
        let sealedChunk = AgeChunkCipher.chunkByteCount + AgeChunkCipher.overhead
        let chunkCount = (sealed.count + sealedChunk - 1) / sealedChunk
        guard nonce.count == AgeChunkCipher.nonceByteCount, chunkCount > 0 else { throw .payloadMalformed }
        let lastCount = sealed.count - (chunkCount - 1) * sealedChunk
        // Only the chunk of an empty plaintext is empty.
        guard lastCount > AgeChunkCipher.overhead || chunkCount == 1 && lastCount == AgeChunkCipher.overhead else { throw .payloadMalformed }

        var chunks = AgeChunkCipher(fileKey: fileKey, nonce: nonce)
        var isGenuine = true
        var plaintext = [UInt8](repeating: 0, count: sealed.count - chunkCount * AgeChunkCipher.overhead)
        sealed.withUnsafeBytes { sealed in
            plaintext.withUnsafeMutableBytes { plaintext in
                for index in 0..<chunkCount where isGenuine {
                    let from = index * sealedChunk
                    let chunk = UnsafeRawBufferPointer(rebasing: sealed[from..<min(from + sealedChunk, sealed.count)])
                    let room = UnsafeMutableRawBufferPointer(rebasing: plaintext[(index * AgeChunkCipher.chunkByteCount)...])
                    isGenuine = chunks.open(chunk, isLast: index == chunkCount - 1, into: room)
                }
            }
        }
        guard isGenuine else {
            wipe(&plaintext)
            throw .payloadForged
        }
        return plaintext
    }

    /// From the first stanza that is one of theirs.
    private static func fileKey(_ header: AgeHeader, _ identities: [AgeIdentity]) throws(AgeError) -> AgeFileKey {
        for stanza in header.stanzas {
            for identity in identities {
                if let fileKey = try identity.unwrap(stanza) { return fileKey }
            }
        }
        throw .identityMissing
    }
}
