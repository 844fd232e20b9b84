import CLinuxFiles
import Glibc

/// A folder whose names are made durable. All calls block; names are relative to it.
package struct DurableFolder: Sendable, Equatable {
    /// What the names of files end with that ``replace(_:with:mode:)`` writes.
    package static let draftEnding = ".unfinished"

    package let path: String

    package init(_ path: String) { self.path = path }

    package func path(of name: String) -> String { path + "/" + name }

    /// Makes the folder for its owner's eyes only, when it is missing; the folder above it has to be there.
    package func ensure() throws(FileError) {
        if mkdir(path, 0o700) == 0 {
            let above = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
            try DurableFolder(above.isEmpty ? "/" : above).sync()
        } else if errno != EEXIST {
            throw .last
        }
    }

    /// Makes the names in the folder durable, as ``OpenFile/sync()`` does the content of a file.
    package func sync() throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .last }
    }

    /// Makes everything durable that was written to the folder's file system, whoever wrote it.
    package func syncFileSystem() throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last }
        defer { close(descriptor) }
        guard syncfs(descriptor) == 0 else { throw .last }
    }

    /// In no order, without `.` and `..`.
    package func names() throws(FileError) -> [String] {
        guard let handle = opendir(path) else { throw .last }
        return try Self.names(closing: handle)
    }

    /// In no order, without `.` and `..`.
    static func names(closing handle: OpaquePointer) throws(FileError) -> [String] {
        defer { closedir(handle) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != "." && name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw .last }
        return names
    }

    /// One that is not there is no error. Durable after ``sync()``.
    package func remove(_ name: String) throws(FileError) {
        guard unlink(path(of: name)) == 0 || errno == ENOENT else { throw .last }
    }

    /// Gives a file a second name that nobody has; durable after ``sync()``.
    ///
    /// - Returns: false, with nothing done, when another file has the name. When it is this very file's already, true.
    package func link(_ name: String, as other: String) throws(FileError) -> Bool {
        if Glibc.link(path(of: name), path(of: other)) == 0 { return true }
        guard errno == EEXIST else { throw .last }
        var (first, second) = (stat(), stat())
        guard lstat(path(of: name), &first) == 0, lstat(path(of: other), &second) == 0 else { throw .last }
        return first.st_ino == second.st_ino && first.st_dev == second.st_dev
    }

    /// Puts these bytes in the place of what a name stood for, if anything, in one step; durable when this returns.
    ///
    /// Whoever reads the name at any moment, also after a crash, finds the old bytes or the new ones. One writer of a name at a time:
    /// the bytes first go to a file with ``draftEnding``, which a crash may leave behind and the next writing replaces.
    ///
    /// - Parameter mode: who may read the file.
    package func replace(_ name: String, with bytes: [UInt8], mode: UInt32 = 0o600) throws(FileError) {
        let draft = name + Self.draftEnding
        try remove(draft)
        do throws(FileError) {
            let file = try OpenFile.create(path(of: draft), mode: mode)
            try file.write(bytes, at: 0)
            try file.sync()
            guard rename(path(of: draft), path(of: name)) == 0 else { throw .last }
        } catch {
            unlink(path(of: draft))
            throw error
        }
        try sync()
    }
}
