import CLinuxFiles
import Glibc

/// An open folder, closed when it goes. What is in it is named through it, one word at a time: neither a symbolic link below it nor a folder
/// that is moved meanwhile leads anywhere else. All calls block.
package struct OpenFolder: ~Copyable {
    private let descriptor: Int32

    private init(owning descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    // MARK: Opening

    /// The folder that an operator names, be it by a link.
    package static func open(_ path: String) throws(FileError) -> OpenFolder { try open(AT_FDCWD, path, 0) }

    /// A folder in this one; `ENOTDIR` when a link or a file has the name.
    ///
    /// - Parameter making: whether it is made, for its owner's eyes only, when it is missing; its name is durable then.
    package func folder(_ name: String, making: Bool = false) throws(FileError) -> OpenFolder {
        if making {
            if mkdirat(descriptor, name, 0o700) == 0 { try sync() } else if errno != EEXIST { throw .last }
        }
        return try Self.open(descriptor, name, O_NOFOLLOW)
    }

    private static func open(_ folder: Int32, _ path: String, _ flags: Int32) throws(FileError) -> OpenFolder {
        let descriptor = openat(folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags)
        guard descriptor >= 0 else { throw .last }
        return OpenFolder(owning: descriptor)
    }

    /// A file in it, to be read.
    package func file(_ name: String) throws(FileError) -> OpenFile { try OpenFile.open(descriptor, name, O_RDONLY) }

    package func forUpdating(_ name: String) throws(FileError) -> OpenFile { try OpenFile.open(descriptor, name, O_RDWR) }

    /// A file in it that must not be there yet.
    package func create(_ name: String) throws(FileError) -> OpenFile { try OpenFile.open(descriptor, name, O_RDWR | O_CREAT | O_EXCL) }

    // MARK: Looking

    package enum Kind: Sendable { case file, folder, other }

    package struct Entry: Sendable {
        package let kind: Kind
        package let byteCount: Int
        /// Microseconds since 1970, by the clock of the file system.
        package let modifiedAt: Int64
    }

    /// `nil` when nothing has the name.
    package func entry(_ name: String) throws(FileError) -> Entry? {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return nil }
            throw .last
        }
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
        let modified = Int64(status.st_mtim.tv_sec) * 1_000_000 + Int64(status.st_mtim.tv_nsec) / 1000
        return Entry(kind: kind, byteCount: Int(status.st_size), modifiedAt: modified)
    }

    /// In no order, without `.` and `..`.
    package func names() throws(FileError) -> [String] {
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { throw .last }
        guard let handle = fdopendir(copy) else {
            close(copy)
            throw .last
        }
        return try DurableFolder.names(closing: handle)
    }

    // MARK: Changing

    /// Makes the names in the folder durable.
    package func sync() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw .last }
    }

    /// Puts a file of this folder in the place of what has a name in another, in one step; durable after ``sync()`` of both.
    package func move(_ name: String, to folder: borrowing OpenFolder, as other: String) throws(FileError) {
        guard renameat(descriptor, name, folder.descriptor, other) == 0 else { throw .last }
    }

    /// Gives a file of this folder a name in another that nothing has there, in one step; durable after ``sync()`` of both. The file may keep
    /// its first name, too.
    ///
    /// - Returns: false, with nothing done, when something has the name.
    package func claim(_ name: String, in folder: borrowing OpenFolder, as other: String) throws(FileError) -> Bool {
        if linkat(descriptor, name, folder.descriptor, other, 0) == 0 { return true }
        switch errno {
        case EEXIST:
            // Over a network, the answer to a call that was done may be lost, and the call repeated.
            var (first, second) = (stat(), stat())
            guard fstatat(descriptor, name, &first, AT_SYMLINK_NOFOLLOW) == 0,
                fstatat(folder.descriptor, other, &second, AT_SYMLINK_NOFOLLOW) == 0
            else { return false }
            return first.st_ino == second.st_ino && first.st_dev == second.st_dev
        case EPERM, EOPNOTSUPP, ENOSYS, EMLINK:
            // A file system without second names.
            if renameat2(descriptor, name, folder.descriptor, other, rename_noreplace) == 0 { return true }
            if errno == EEXIST { return false }
            throw .last
        default: throw .last
        }
    }

    /// A file that is not there is no error. Durable after ``sync()``.
    package func remove(_ name: String) throws(FileError) {
        guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else { throw .last }
    }

    /// - Returns: whether the folder was empty, and is gone.
    package func removeIfEmpty(_ name: String) -> Bool { unlinkat(descriptor, name, AT_REMOVEDIR) == 0 }
}
