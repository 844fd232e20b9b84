import DurableFiles
import Foundation
package import Sealing

/// Seals what a program writes, on a queue where blocking is allowed.
package actor ArchiveWriter {
    private let executor = BlockingExecutor("gatehouse.archive")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package init() {}

    /// Reads a descriptor to its end, and leaves what it brought sealed in a file; no file when it fails.
    ///
    /// - Parameters:
    ///   - descriptor: the reading end of a pipe; it stays open.
    ///   - key: what the archive is to be called in the repository.
    ///   - progress: told how many bytes came.
    package func seal(
        _ descriptor: Int32, into path: String, for recipients: [AgeRecipient], key: String, progress: @Sendable (Int) -> Void
    ) throws(ArchiveError) -> SealedArchive {
        let draft = try SealedDraft.create(path, for: recipients)
        do throws(ArchiveError) {
            try read(descriptor, path) { (bytes, count) throws(ArchiveError) in
                try draft.write(bytes)
                progress(count)
            }
            return try draft.finish(key: key)
        } catch {
            unlink(path)
            throw error
        }
    }

    private func read(
        _ descriptor: Int32, _ path: String, _ body: (UnsafeRawBufferPointer, Int) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { room.deallocate() }
        var total = 0
        while true {
            if Task.isCancelled { throw .medium(MediumError(.unavailable, path, "cancelled")) }
            let count = Foundation.read(descriptor, room.baseAddress, room.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .file(path, FileError(code: errno)) }
            if count == 0 { return }
            total += count
            try body(UnsafeRawBufferPointer(rebasing: room[..<count]), total)
        }
    }
}
