import Glibc

/// An open regular file, closed when it goes. All calls block: they belong on a ``BlockingExecutor``.
///
/// Positions are given with each call, so that nothing depends on what was read or written before. An interrupted call goes on.
package struct OpenFile: ~Copyable {
    let descriptor: Int32

    private init(owning descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    // MARK: Opening

    /// A file that must not be there yet. Its name is durable after ``DurableFolder/sync()`` of its folder.
    ///
    /// - Parameter mode: who may read it, as far as the process's mask allows; its owner alone when not said otherwise.
    package static func create(_ path: String, mode: UInt32 = 0o600) throws(FileError) -> OpenFile {
        try open(path, O_RDWR | O_CREAT | O_EXCL, mode)
    }

    /// A file that may be there, for its owner's eyes only.
    package static func ensure(_ path: String) throws(FileError) -> OpenFile {
        try open(path, O_RDWR | O_CREAT)
    }

    package static func forUpdating(_ path: String) throws(FileError) -> OpenFile { try open(path, O_RDWR) }

    /// - Parameter followingLinks: for files that an operator names, which often are links; never for those of our own making.
    package static func forReading(_ path: String, followingLinks: Bool = false) throws(FileError) -> OpenFile {
        try open(path, O_RDONLY, links: followingLinks ? 0 : O_NOFOLLOW)
    }

    /// A symbolic link is not followed unless `links` lets it be, a named pipe is not waited for, and what is no regular file is `EINVAL`.
    private static func open(_ path: String, _ flags: Int32, _ mode: UInt32 = 0o600, links: Int32 = O_NOFOLLOW) throws(FileError) -> OpenFile {
        try open(AT_FDCWD, path, flags, mode, links: links)
    }

    /// The same, with a name in an open folder.
    static func open(
        _ folder: Int32, _ path: String, _ flags: Int32, _ mode: UInt32 = 0o600, links: Int32 = O_NOFOLLOW
    ) throws(FileError) -> OpenFile {
        let descriptor = openat(folder, path, flags | links | O_CLOEXEC | O_NONBLOCK, mode)
        guard descriptor >= 0 else { throw .last }
        let file = OpenFile(owning: descriptor)
        guard try file.status().st_mode & S_IFMT == S_IFREG else { throw FileError(code: EINVAL) }
        return file
    }

    // MARK: Reading

    fileprivate func status() throws(FileError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .last }
        return status
    }

    package func byteCount() throws(FileError) -> Int { Int(try status().st_size) }

    /// The whole file, or ``FileError/tooLong`` when it has more than `limit` bytes.
    package func readAll(limit: Int = .max) throws(FileError) -> [UInt8] {
        let count = try byteCount()
        guard count <= limit else { throw .tooLong }
        return try read(count, at: 0)
    }

    /// So many bytes from a position on; fewer only where the file ends.
    package func read(_ count: Int, at position: Int) throws(FileError) -> [UInt8] {
        let count = min(count, max(0, try byteCount() - position))
        var failure: FileError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { memory, filled in
            while filled < count {
                let read = pread(descriptor, memory.baseAddress?.advanced(by: filled), count - filled, off_t(position + filled))
                if read < 0 && errno == EINTR { continue }
                if read < 0 { failure = .last }
                guard read > 0 else { return }
                filled += read
            }
        }
        if let failure { throw failure }
        return bytes
    }

    // MARK: Writing

    /// Writes all the bytes, or throws; then any part of them may stand there. Durable after ``sync()``.
    package func write(_ bytes: [UInt8], at position: Int) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(position + written)) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .last }
            guard count > 0 else { throw FileError(code: EIO) }
            written += count
        }
    }

    /// Drops what stands behind a length. Durable after ``sync()``.
    package func cut(to byteCount: Int) throws(FileError) {
        while ftruncate(descriptor, off_t(byteCount)) != 0 {
            guard errno == EINTR else { throw .last }
        }
    }

    /// Makes content and length durable. When it fails, nothing is known of what was written since the last time, and trying again
    /// would tell nothing: the kernel reports a lost page once.
    package func sync() throws(FileError) {
        guard fdatasync(descriptor) == 0 else { throw .last }
    }

    // MARK: One at a time

    /// Takes the lock that this file is, until the file goes or the process ends.
    ///
    /// - Returns: false when somebody else has it. A second opening in the same process is somebody else.
    package func tryLock() throws(FileError) -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            guard errno == EINTR else { throw .last }
        }
        return true
    }

    /// The same, waiting for whoever has it.
    package func lock() throws(FileError) {
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw .last }
        }
    }
}

// MARK: Whose

extension OpenFile {
    /// Whether nobody but this process's user and root can read the file, or could have written it.
    package func isPrivate() throws(FileError) -> Bool {
        let status = try status()
        return (status.st_uid == geteuid() || status.st_uid == 0) && status.st_mode & 0o177 == 0
    }
}
