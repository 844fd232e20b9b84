package import Sealing

extension ArchiveReader {
    /// Opens the archive with the first identity that it is for, and lends what was dumped, piece by piece. Every piece has proved genuine; that
    /// it was all of them is certain when this returns.
    ///
    /// - Throws: `sealed` when no identity opens it; `damaged` as ``check(progress:)`` does.
    package func open(
        with identities: [AgeIdentity], progress: @Sendable (Int) -> Void = { _ in }, _ body: ([UInt8]) async throws(ArchiveError) -> Void
    ) async throws(ArchiveError) {
        let key = archive.key
        var sealed = AgeReader(identities: identities)
        var compressed = ZstandardReader()
        var count = 0
        func pass(_ opened: [UInt8], _ compressed: inout ZstandardReader) async throws(ArchiveError) {
            compressed.feed(opened)
            while true {
                let piece: [UInt8]?
                do { piece = try compressed.next() } catch { throw .damaged(key, "what it holds is not compressed with zstd") }
                guard let piece else { return }
                count += piece.count
                if !piece.isEmpty { try await body(piece) }
            }
        }
        try await stream(progress) { (bytes) async throws(ArchiveError) in
            do throws(AgeError) { try sealed.write(bytes) } catch { throw .sealed(key, error) }
            try await pass(sealed.takeOutput(), &compressed)
        }
        do throws(AgeError) { try sealed.finish() } catch { throw .sealed(key, error) }
        try await pass(sealed.takeOutput(), &compressed)
        // An empty stream is a frame of its own, too.
        guard compressed.isComplete, count == archive.plainByteCount else {
            throw .damaged(key, "it holds \(count) of \(archive.plainByteCount) bytes")
        }
    }
}

extension AgeReader {
    /// The same for bytes that are an array.
    fileprivate mutating func write(_ bytes: [UInt8]) throws(AgeError) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(AgeError) in try write(UnsafeRawBufferPointer(bytes)) }
    }
}
