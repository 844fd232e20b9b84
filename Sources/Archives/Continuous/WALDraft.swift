import DurableFiles
import Sealing

/// A file of a log while it is being written.
final class WALDraft {
    private let path: String
    private let file: OpenFile
    private var digest: SHA256Stream? = SHA256Stream()
    private var position = 0

    /// - Parameter path: of a file that must not be there yet.
    static func create(_ path: String) throws(ArchiveError) -> WALDraft {
        do throws(FileError) { return try WALDraft(path) } catch { throw .file(path, error) }
    }

    private init(_ path: String) throws(FileError) {
        self.path = path
        file = try OpenFile.create(path)
    }

    func write(_ bytes: [UInt8]) throws(ArchiveError) {
        bytes.withUnsafeBytes { digest?.update($0) }
        do throws(FileError) { try file.write(bytes, at: position) } catch { throw .file(path, error) }
        position += bytes.count
    }

    /// Makes what was written durable. Called once.
    ///
    /// - Returns: SHA-256 of it.
    func finish() throws(ArchiveError) -> [UInt8] {
        do throws(FileError) { try file.sync() } catch { throw .file(path, error) }
        guard let digest = digest.take() else { preconditionFailure("a draft is finished once") }
        return digest.finish()
    }
}
