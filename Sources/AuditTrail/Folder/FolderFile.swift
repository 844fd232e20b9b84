import Glibc

/// Files of an exported log: read whole, written beside and renamed, so that none is ever seen half-written. Calls block.
enum FolderFile {
    enum Content: Equatable {
        case bytes([UInt8])
        case missing
        /// A link, no regular file, longer than it may be, or the system does not give it.
        case unreadable
    }

    /// Reads a whole regular file without following a link.
    static func read(_ path: String, limit: Int) -> Content {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return errno == ENOENT || errno == ENOTDIR ? .missing : .unreadable }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else { return .unreadable }
        var isWhole = true
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { memory, filled in
            while filled < memory.count {
                let count = Glibc.read(descriptor, memory.baseAddress?.advanced(by: filled), memory.count - filled)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else {
                    isWhole = false
                    return
                }
                filled += count
            }
        }
        return isWhole ? .bytes(bytes) : .unreadable
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Puts a file in place, with the folders above it, all at once: another name first, then a rename.
    ///
    /// - Parameter isLasting: whether it is on the disk when this returns; many files cost less when the last one sees to that.
    static func write(_ bytes: [UInt8], to path: String, isLasting: Bool = false) throws(LogFolderError) {
        let temporary = path + ".new"
        func failure() -> LogFolderError { LogFolderError(code: .unwritable, path: path, errno: errno) }
        var descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        if descriptor < 0, errno == ENOENT {
            try makeFolder(above: path)
            descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        }
        guard descriptor >= 0 else { throw failure() }
        let isWritten = bytes.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return false }
                written += count
            }
            // Everything written before reaches the disk first.
            if isLasting { sync() }
            return !isLasting || fsync(descriptor) == 0
        }
        let reason = errno
        close(descriptor)
        guard isWritten, rename(temporary, path) == 0 else {
            if !isWritten { errno = reason }
            let failure = failure()
            unlink(temporary)
            throw failure
        }
        if isLasting { syncFolder(above: path) }
    }

    /// Takes a file away, and the folder it stood in when that is empty now.
    static func remove(_ path: String) {
        unlink(path)
        if let end = path.lastIndex(of: "/") { rmdir(String(path[..<end])) }
    }

    static func makeFolder(above path: String) throws(LogFolderError) {
        guard let end = path.lastIndex(of: "/"), end != path.startIndex else { return }
        let folder = String(path[..<end])
        if mkdir(folder, 0o750) == 0 || errno == EEXIST { return }
        guard errno == ENOENT else { throw LogFolderError(code: .unwritable, path: folder, errno: errno) }
        try makeFolder(above: folder)
        guard mkdir(folder, 0o750) == 0 || errno == EEXIST else { throw LogFolderError(code: .unwritable, path: folder, errno: errno) }
    }

    /// The names in a folder, sorted; `nil` when it cannot be read.
    static func names(in folder: String) -> [String]? {
        guard let stream = opendir(folder) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Calls `visit` with the path below `folder` of everything in it that is no folder, and of folders too deep to belong here.
    static func walk(_ folder: String, below prefix: String = "", depth: Int = 0, _ visit: (_ path: String) -> Void) {
        guard let names = names(in: prefix.isEmpty ? folder : "\(folder)/\(prefix)") else {
            if !prefix.isEmpty { visit(prefix) }
            return
        }
        for name in names {
            let path = prefix.isEmpty ? name : "\(prefix)/\(name)"
            var status = stat()
            let isFolder = lstat("\(folder)/\(path)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            if isFolder, depth < 12 { walk(folder, below: path, depth: depth + 1, visit) } else { visit(path) }
        }
    }

    private static func syncFolder(above path: String) {
        guard let end = path.lastIndex(of: "/") else { return }
        let descriptor = open(String(path[..<end]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
