package import DurableFiles
import Foundation
import Sealing
import Vocabulary

/// A file of a write-ahead log on this host, as PostgreSQL names it to `archive_command`. All calls block.
package struct WALSource: Sendable {
    package let file: WALFile
    package let system: String
    /// Of a segment.
    package let size: WALSegmentSize?
    /// Of a history.
    let line: WALLine?
    let writtenAt: Instant
    private let path: String

    /// What a history or a note of a base backup has at most.
    private static let textLimit = 1 << 20
    private static let piece = 1 << 20

    /// Looks at what the file says of itself.
    ///
    /// Histories do not say which cluster they are of; `pg_control` of the cluster does, which stands beside the folder of the log.
    package init(_ path: String) throws(ArchiveError) {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        guard let file = WALFile(name) else { throw .foreignFile(name, "PostgreSQL gives no file such a name") }
        self.file = file
        self.path = path
        do throws(FileError) {
            let opened = try OpenFile.forReading(path)
            let count = try opened.byteCount()
            let modified = try Self.modification(path)
            writtenAt = min(modified, .now())
            switch file {
            case .segment(let segment), .partial(let segment):
                guard let header = WALHeader(try opened.read(WALHeader.byteCount, at: 0)), header.begins(segment) else {
                    throw FileError(code: EBADMSG)
                }
                guard count == header.size.byteCount else { throw FileError(code: EMSGSIZE) }
                (system, size, line) = (header.system, header.size, nil)
            case .history(let timeline):
                guard let line = WALLine(history: try opened.readAll(limit: Self.textLimit), of: timeline) else { throw FileError(code: EBADMSG) }
                (system, size, self.line) = (try Self.system(beside: path), nil, line)
            case .backup:
                guard count <= Self.textLimit else { throw .tooLong }
                (system, size, line) = (try Self.system(beside: path), nil, nil)
            }
        } catch {
            switch error.code {
            case EBADMSG: throw .foreignFile(name, "it does not begin as PostgreSQL begins one of this name")
            case EMSGSIZE: throw .foreignFile(name, "it is shorter or longer than a segment of its cluster")
            default: throw .file(path, error)
            }
        }
    }

    private static func modification(_ path: String) throws(FileError) -> Instant {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileError(code: errno) }
        return Instant(microseconds: Int64(status.st_mtim.tv_sec) * 1_000_000 + Int64(status.st_mtim.tv_nsec) / 1000)
    }

    /// The system identifier is what `pg_control` begins with, in the byte order of the host.
    private static func system(beside path: String) throws(FileError) -> String {
        let folders = path.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).map(String.init)
        let cluster = folders.isEmpty ? "" : folders.joined(separator: "/") + "/"
        return try self.system(of: cluster)
    }

    /// - Parameter cluster: the folder of a cluster, with `/` behind it; empty for the current one, which is the one of commands that the server runs.
    package static func system(of cluster: String) throws(FileError) -> String {
        let bytes = try OpenFile.forReading(cluster + "global/pg_control").read(8, at: 0)
        guard bytes.count == 8 else { throw FileError(code: EBADMSG) }
        return String(bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
    }

    // MARK: Reading

    /// SHA-256 of the whole file.
    func digest() throws(ArchiveError) -> [UInt8] {
        var digest = SHA256Stream()
        try read { (bytes) throws(ArchiveError) in digest.update(bytes) }
        return digest.finish()
    }

    /// Leaves the file sealed in a draft.
    ///
    /// - Returns: the archive, and SHA-256 of what was sealed.
    func seal(into draft: String, for recipients: [AgeRecipient], key: String) throws(ArchiveError) -> (SealedArchive, [UInt8]) {
        do throws(ArchiveError) {
            let sealed = try SealedDraft.create(draft, for: recipients)
            var digest = SHA256Stream()
            try read { (bytes) throws(ArchiveError) in
                digest.update(bytes)
                try sealed.write(bytes)
            }
            return (try sealed.finish(key: key), digest.finish())
        } catch {
            unlink(draft)
            throw error
        }
    }

    private func read(_ body: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void) throws(ArchiveError) {
        let opened: OpenFile
        do throws(FileError) { opened = try OpenFile.forReading(path) } catch { throw .file(path, error) }
        var position = 0
        while true {
            let bytes: [UInt8]
            do throws(FileError) { bytes = try opened.read(Self.piece, at: position) } catch { throw .file(path, error) }
            if bytes.isEmpty { return }
            try bytes.withUnsafeBufferPointer { (bytes) throws(ArchiveError) in try body(UnsafeRawBufferPointer(bytes)) }
            position += bytes.count
        }
    }
}
