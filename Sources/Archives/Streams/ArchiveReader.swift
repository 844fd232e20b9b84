import Sealing

/// Reads a sealed file of a repository from its beginning to its end and compares every byte with the manifest.
package struct ArchiveReader: Sendable {
    private let medium: any ArchiveMedium
    let archive: SealedArchive

    /// What is asked of the medium at once; the next portion is fetched while one is being worked on.
    static let portion = 4 << 20

    package init(_ medium: any ArchiveMedium, _ archive: SealedArchive) {
        self.medium = medium
        self.archive = archive
    }

    /// Reads everything, and proves that it is what was written. Needs no identity.
    package func check(progress: @Sendable (Int) -> Void = { _ in }) async throws(ArchiveError) {
        try await stream(progress) { _ throws(ArchiveError) in }
    }

    /// Lends the file's bytes, portion by portion; the caller may use them before all of them have proved genuine, which age does by itself.
    func stream(
        _ progress: @Sendable (Int) -> Void, _ body: ([UInt8]) async throws(ArchiveError) -> Void
    ) async throws(ArchiveError) {
        let (medium, key, count) = (medium, archive.key, archive.byteCount)
        @Sendable func fetch(_ position: Int) async -> Result<[UInt8], MediumError> {
            let wanted = min(Self.portion, count - position)
            do {
                let bytes = try await medium.read(key, from: position, count: wanted)
                guard bytes.count == wanted else {
                    return .failure(MediumError(.garbled, key, "it ends after \(position + bytes.count) of \(count) bytes"))
                }
                return .success(bytes)
            } catch {
                return .failure(error)
            }
        }
        var header: SHA256Stream? = SHA256Stream()
        var payload = SHA256Stream()
        let headerCount = archive.header.byteCount
        var position = 0
        var next = Task { await fetch(0) }
        defer { next.cancel() }
        while position < count {
            let bytes: [UInt8]
            switch await next.value {
            case .success(let read): bytes = read
            case .failure(let error) where error.code == .missing: throw .damaged(key, "it is missing")
            case .failure(let error) where error.code == .garbled: throw .damaged(key, error.detail)
            case .failure(let error): throw .medium(error)
            }
            let start = position
            position += bytes.count
            if position < count { next = Task { [position] in await fetch(position) } }
            bytes.withUnsafeBytes { bytes in
                let ofHeader = max(0, min(bytes.count, headerCount - start))
                header?.update(UnsafeRawBufferPointer(rebasing: bytes[..<ofHeader]))
                payload.update(UnsafeRawBufferPointer(rebasing: bytes[ofHeader...]))
            }
            // Before anything is done with them: a header of somebody else's making goes nowhere.
            if start < headerCount, position >= headerCount {
                guard header.take()?.finish() == archive.header.digest else { throw .damaged(key, "its header is not the one that was written") }
            }
            try await body(bytes)
            progress(position)
            if Task.isCancelled { throw .medium(MediumError(.unavailable, key, "cancelled")) }
        }
        guard payload.finish() == archive.payload.digest else { throw .damaged(key, "its bytes are not those that were written") }
        let length: Int
        do { length = try await medium.read(key, from: count, count: 1).count } catch { throw .medium(error) }
        guard length == 0 else { throw .damaged(key, "it goes on behind the end that was written") }
    }
}
