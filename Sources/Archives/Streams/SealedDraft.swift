import DurableFiles
package import Sealing

/// Compresses a stream, seals it for recipients and writes it to a file. All calls block.
///
/// Memory is what zstd's window and a few chunks need, however long the stream is. The file holds nothing that opens without an identity, at any
/// moment.
package final class SealedDraft {
    private let path: String
    private let file: OpenFile
    private let compressor = ZstandardWriter()
    private var sealer: AgeWriter
    private var payloadDigest: SHA256Stream?
    private let header: SealedArchive.Part
    private var position: Int
    private var plainByteCount = 0

    /// What is collected before it is hashed and written.
    private static let portion = 1 << 20

    /// - Parameter path: of a file that must not be there yet.
    package static func create(_ path: String, for recipients: [AgeRecipient]) throws(ArchiveError) -> SealedDraft {
        do throws(FileError) { return try SealedDraft(path, recipients) } catch { throw .file(path, error) }
    }

    private init(_ path: String, _ recipients: [AgeRecipient]) throws(FileError) {
        self.path = path
        file = try OpenFile.create(path)
        sealer = AgeWriter(to: recipients)
        let front = sealer.takeOutput()
        let headerCount = sealer.headerByteCount
        header = SealedArchive.Part(byteCount: headerCount, digest: SHA256.hash(Array(front[..<headerCount])))
        var digest = SHA256Stream()
        front.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[headerCount...])) }
        payloadDigest = consume digest
        position = front.count
        try file.write(front, at: 0)
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        plainByteCount += bytes.count
        try write(bytes, isLast: false)
    }

    /// Ends the stream. The file is whole and durable then, and its name once the folder was synced.
    ///
    /// - Parameter key: what it is to be called in the repository.
    package func finish(key: String) throws(ArchiveError) -> SealedArchive {
        try write(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
        sealer.finish()
        try drain(beyond: 0)
        do { try file.sync() } catch { throw .file(path, error) }
        guard let digest = payloadDigest.take() else { preconditionFailure("a draft is finished once") }
        return SealedArchive(
            key: key, header: header, payload: SealedArchive.Part(byteCount: position - header.byteCount, digest: digest.finish()),
            plainByteCount: plainByteCount)
    }

    private func write(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws(ArchiveError) {
        try compressor.write(bytes, isLast: isLast) { (compressed) throws(ArchiveError) in
            sealer.write(compressed)
            try drain(beyond: Self.portion)
        }
    }

    private func drain(beyond count: Int) throws(ArchiveError) {
        guard sealer.outputByteCount > count else { return }
        let sealed = sealer.takeOutput()
        sealed.withUnsafeBytes { payloadDigest?.update($0) }
        do { try file.write(sealed, at: position) } catch { throw .file(path, error) }
        position += sealed.count
    }
}
