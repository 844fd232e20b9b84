import DataFormats
import Glibc
import Sealing

/// A folder of key files for its owner's eyes only, with a folder `wrapping` in it.
///
/// A file is written under another name, made durable, and then linked to its own: it is there whole or not at all, and one that is there
/// is never written over, except to destroy it. Names are relative to the folder.
struct KeyFolder: Sendable {
    let path: String

    static let wrapping = "wrapping"
    private static let unfinished = ".unfinished-"
    private static let lockName = "lock"

    /// Makes the folders that are missing, and looks at those that are there.
    init(_ path: String) throws(KeyProviderError) {
        var path = path
        // lstat(2) follows a link whose name ends with a slash.
        while path.hasSuffix("/") && path.utf8.count > 1 { path.removeLast() }
        self.path = path
        for folder in [path, path + "/" + Self.wrapping] {
            if mkdir(folder, 0o700) == 0 {
                try Self.makeDurable(folder: folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ".")
            } else if errno != EEXIST {
                throw .unavailable("the folder \(folder) cannot be made", errno)
            }
            try Self.check(folder)
        }
    }

    /// Whoever may write to the folder can put other files in the place of ours.
    private static func check(_ folder: String) throws(KeyProviderError) {
        var status = stat()
        guard lstat(folder, &status) == 0 else { throw .unavailable("the folder \(folder) cannot be looked at", errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw KeyProviderError(.malformed, "\(folder) is not a folder", hint: "key files stand in a folder of their own, not behind a link")
        }
        guard status.st_uid == geteuid() else {
            throw KeyProviderError(.exposed, "the folder \(folder) belongs to another user", hint: "give it to the gateway's user (chown)")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw KeyProviderError(
                .exposed, "others may write to the folder \(folder) (mode \(String(status.st_mode & 0o7777, radix: 8)))",
                hint: "run chmod 700 on it, and check that the files in it are yours"
            )
        }
    }

    func path(of name: String) -> String { path + "/" + name }

    // MARK: One at a time

    /// Held by whoever changes files or reads several that belong together; other processes wait. Ends with its scope, and with the process.
    struct Lock: ~Copyable {
        private let descriptor: Int32
        fileprivate init(owning descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }

    /// Waits for the lock. A second one in the same thread would wait for the first for ever: hand the first on.
    func lock() throws(KeyProviderError) -> Lock {
        let file = path(of: Self.lockName)
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw .unavailable("the lock \(file) cannot be opened", errno) }
        let lock = Lock(owning: descriptor)
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw .unavailable("the lock \(file) cannot be taken", errno) }
        }
        return lock
    }

    // MARK: Reading

    /// `nil` when there is no such file. What key files hold is sealed, so the copy is in ordinary memory.
    func read(_ name: String) throws(KeyProviderError) -> [UInt8]? {
        guard let bytes = try GuardedFile.read(path(of: name), "the key file") else { return nil }
        return bytes.withBytes { Array($0) }
    }

    /// Whether a file is one whose destruction was interrupted.
    static func isDestroyed(_ bytes: [UInt8]) -> Bool { !bytes.isEmpty && bytes.allSatisfy { $0 == 0 } }

    func names(in folder: String) throws(KeyProviderError) -> [String] {
        guard let handle = opendir(path(of: folder)) else { throw .unavailable("the folder \(path(of: folder)) cannot be listed", errno) }
        defer { closedir(handle) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(handle) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { name in
                    name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
            errno = 0
        }
        guard errno == 0 else { throw .unavailable("the folder \(path(of: folder)) cannot be listed", errno) }
        return names
    }

    // MARK: Writing

    /// Writes a file that is not there yet; durable when this returns.
    ///
    /// - Returns: false, with nothing changed, when there is one of that name.
    func create(_ name: String, _ bytes: [UInt8], _ lock: borrowing Lock) throws(KeyProviderError) -> Bool {
        let draft = path(of: Self.unfinished + Hex.encode(randomBytes(count: 8)))
        try write(bytes, to: draft)
        defer { unlink(draft) }
        // Unlike rename(2), link(2) does not replace.
        if link(draft, path(of: name)) != 0 {
            guard errno == EEXIST else { throw .unavailable("\(path(of: name)) cannot be written", errno) }
            return false
        }
        try Self.makeDurable(folder: folder(of: name))
        return true
    }

    private func write(_ bytes: [UInt8], to file: String) throws(KeyProviderError) {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .unavailable("\(file) cannot be written", errno) }
        defer { close(descriptor) }
        guard Self.write(bytes, to: descriptor), fsync(descriptor) == 0 else {
            let code = errno
            unlink(file)
            throw .unavailable("\(file) cannot be written", code)
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    // MARK: Destroying

    /// Overwrites a file with zeros and removes it; durable when this returns. One that is not there is no error.
    ///
    /// Overwriting reaches the blocks that the file rests on in a file system that writes in place, and no further: a copy-on-write or
    /// log-structured file system, a flash drive that levels wear, a snapshot and a backup keep what was there. What they keep is sealed;
    /// it opens as long as the root key and its passphrase or credential are to be had.
    func destroy(_ name: String, _ lock: borrowing Lock) throws(KeyProviderError) {
        let file = path(of: name)
        let descriptor = open(file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return }
            throw errno == ELOOP ? .link(file, "the key file") : .unavailable("\(file) cannot be destroyed", errno)
        }
        defer { close(descriptor) }
        try overwrite(descriptor, file)
        guard unlink(file) == 0 || errno == ENOENT else { throw .unavailable("\(file) cannot be removed", errno) }
        try Self.makeDurable(folder: folder(of: name))
    }

    /// Puts one file in the place of another in one step, and then overwrites what stood there, with the reservations of
    /// ``destroy(_:_:)``. When the process dies between the two, the old file's blocks are free and not overwritten.
    func replace(_ name: String, with successor: String, _ lock: borrowing Lock) throws(KeyProviderError) {
        let file = path(of: name)
        let descriptor = open(file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unavailable("\(file) cannot be replaced", errno) }
        defer { close(descriptor) }
        guard rename(path(of: successor), file) == 0 else { throw .unavailable("\(file) cannot be replaced", errno) }
        try Self.makeDurable(folder: folder(of: name))
        try overwrite(descriptor, file)
    }

    private func overwrite(_ descriptor: Int32, _ file: String) throws(KeyProviderError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            Self.write([UInt8](repeating: 0, count: Int(status.st_size)), to: descriptor), fsync(descriptor) == 0
        else { throw .unavailable("\(file) cannot be overwritten", errno) }
    }

    /// Removes what writers left that did not come to their end. None writes now: they would hold the lock.
    func removeUnfinished(_ lock: borrowing Lock) throws(KeyProviderError) {
        for name in try names(in: ".") where name.hasPrefix(Self.unfinished) {
            var status = stat()
            // With a second link, the file did get its name, and is not to be overwritten.
            if lstat(path(of: name), &status) == 0, status.st_nlink > 1 {
                unlink(path(of: name))
            } else {
                try destroy(name, lock)
            }
        }
    }

    private func folder(of name: String) -> String {
        name.lastIndex(of: "/").map { path(of: String(name[..<$0])) } ?? path
    }

    /// Makes the names in a folder durable, as `fsync` of a file does its content.
    private static func makeDurable(folder: String) throws(KeyProviderError) {
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unavailable("the folder \(folder) cannot be written", errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .unavailable("the folder \(folder) cannot be written", errno) }
    }
}
