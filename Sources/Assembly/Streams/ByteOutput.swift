import Foundation

/// Where a command's bytes go: standard output, or a file that is there as a whole or not at all. Writing blocks.
///
/// The file has no name before ``finish()``, so that nothing is left of one that was not finished, even when the power fails. Where the
/// file system has no files without a name, it is `NAME.unfinished` until then: removed when the command fails or is interrupted.
struct ByteOutput: ~Copyable {
    private enum Place {
        /// Standard output, a device, a pipe: what is written is there at once.
        case direct
        case unnamed(path: String)
        case draft(String, path: String)
    }

    /// What messages call it.
    let name: String
    private let descriptor: Int32
    private let place: Place
    private var isFinished = false

    static let draftEnding = ".unfinished"
    /// Linux: a file in a folder, without a name.
    private static let unnamed = 0o20_000_000 | O_DIRECTORY

    /// - Parameters:
    ///   - path: `nil` and `-` are standard output. What is no regular file is written to as it is; of a link, the file that it leads to.
    ///   - mode: who may read the file, as far as the process's mask allows.
    ///   - triesUnnamed: whether a file without a name is tried.
    init(_ path: String?, mode: mode_t, triesUnnamed: Bool = true) throws(CommandFailure) {
        guard let path, path != "-" else {
            name = "standard output"
            descriptor = STDOUT_FILENO
            place = .direct
            return
        }
        name = path
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            guard status.st_mode & S_IFMT != S_IFDIR else { throw CommandFailure(.invalid, "\(path) is a folder", hint: "name a file in it") }
            let opened = open(path, O_WRONLY | O_CLOEXEC)
            guard opened >= 0 else { throw CommandFailure(.failed, "\(path) cannot be written: \(SystemError.last)") }
            descriptor = opened
            place = .direct
            return
        }
        let file = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        var made: Int32 = -1
        if triesUnnamed { made = open(file.deletingLastPathComponent().path, O_WRONLY | O_CLOEXEC | Self.unnamed, mode) }
        if made >= 0 {
            descriptor = made
            place = .unnamed(path: file.path)
            return
        }
        let draft = file.path + Self.draftEnding
        unlink(draft)
        Interruption.remember(draft: draft)
        made = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard made >= 0 else {
            let error = SystemError.last
            Interruption.forgetDraft()
            throw CommandFailure(
                error.code == ENOENT ? .notFound : .failed, "\(path) cannot be written: \(error)",
                hint: "is there such a folder, and may you write there?"
            )
        }
        descriptor = made
        place = .draft(draft, path: file.path)
    }

    deinit {
        if descriptor != STDOUT_FILENO { close(descriptor) }
        if !isFinished, case .draft(let draft, _) = place {
            unlink(draft)
            Interruption.forgetDraft()
        }
    }

    /// Whether what is written cannot be taken back.
    var isDirect: Bool { if case .direct = place { true } else { false } }
    var isTerminal: Bool { isatty(descriptor) == 1 }

    mutating func write(_ bytes: [UInt8]) throws(CommandFailure) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EPIPE { throw CommandFailure(.failed, "whoever read the output has gone before its end") }
            guard count > 0 else { throw CommandFailure(.failed, "\(name) cannot be written: \(SystemError.last)") }
            written += count
        }
    }

    /// Gives the file its name, in the place of what had it. It is durable then.
    consuming func finish() throws(CommandFailure) {
        switch place {
        case .direct: return
        case .unnamed(let path):
            try sync()
            try Self.check(Self.name(descriptor, path), path)
            try Self.syncFolder(of: path)
        case .draft(let draft, let path):
            try sync()
            try Self.check(rename(draft, path) == 0, path)
            isFinished = true
            Interruption.forgetDraft()
            try Self.syncFolder(of: path)
        }
    }

    private func sync() throws(CommandFailure) { try Self.check(fdatasync(descriptor) == 0, name) }

    private static func check(_ isDone: Bool, _ name: String) throws(CommandFailure) {
        guard isDone else { throw CommandFailure(.failed, "\(name) cannot be written: \(SystemError.last)") }
    }

    /// Names a file that has none: directly where the name is free, else by a second name that takes its place.
    private static func name(_ descriptor: Int32, _ path: String) -> Bool {
        let own = "/proc/self/fd/\(descriptor)"
        if linkat(AT_FDCWD, own, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 { return true }
        guard errno == EEXIST else { return false }
        let draft = path + draftEnding
        unlink(draft)
        guard linkat(AT_FDCWD, own, AT_FDCWD, draft, AT_SYMLINK_FOLLOW) == 0 else { return false }
        if rename(draft, path) == 0 { return true }
        let code = errno
        unlink(draft)
        errno = code
        return false
    }

    private static func syncFolder(of path: String) throws(CommandFailure) {
        let folder = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        defer { close(folder) }
        try check(fsync(folder) == 0, path)
    }
}
