import DurableFiles
import Glibc
import Vocabulary

/// How names come to be and go in the folder of a repository. All of it blocks.
extension DirectoryMedium {
    /// Lends the folder that the words lead to.
    static func within<Value>(
        _ folder: borrowing OpenFolder, _ words: ArraySlice<String>, making: Bool = false,
        _ body: (borrowing OpenFolder) throws(FileError) -> Value
    ) throws(FileError) -> Value {
        guard let word = words.first else { return try body(folder) }
        return try within(folder.folder(word, making: making), words.dropFirst(), making: making, body)
    }

    /// No two drafts of this host or another have the same.
    static func freshName() -> String { "\(UUIDv7.make())\(DurableFolder.draftEnding)" }

    /// Lends a name for a draft, and removes the file when it is still there afterwards.
    ///
    /// - Parameter body: false when the name that the draft was to get is taken.
    static func drafted(
        _ root: borrowing OpenFolder, _ key: String, _ body: (borrowing OpenFolder, String) throws(FileError) -> Bool
    ) throws(MediumError) {
        var isPlaced = false
        do throws(FileError) {
            let drafts = try root.folder(Self.drafts, making: true)
            let draft = freshName()
            defer { try? drafts.remove(draft) }
            isPlaced = try body(drafts, draft)
        } catch {
            throw MediumError(file: error, key)
        }
        guard isPlaced else { throw MediumError(.exists, key) }
    }

    /// Gives a draft that is on the disk its name; durable when this returns.
    ///
    /// - Returns: false when it was to be the first of the name, and is not.
    static func place(
        _ root: borrowing OpenFolder, _ drafts: borrowing OpenFolder, _ draft: String, _ words: [String], ifAbsent: Bool
    ) throws(FileError) -> Bool {
        // Whoever removes the last object of a folder removes the folder, too, possibly right now.
        for _ in 0..<100 {
            do throws(FileError) {
                return try within(root, words.dropLast(), making: true) { folder throws(FileError) in
                    let name = words[words.count - 1]
                    if ifAbsent {
                        guard try drafts.claim(draft, in: folder, as: name) else { return false }
                    } else {
                        try drafts.move(draft, to: folder, as: name)
                    }
                    try folder.sync()
                    return true
                }
            } catch {
                guard error == .missing, try drafts.entry(draft) != nil else { throw error }
            }
        }
        throw .missing
    }

    /// Removes an object, and the folders above it that are empty then.
    static func remove(_ folder: borrowing OpenFolder, _ words: ArraySlice<String>) throws(FileError) {
        guard let word = words.first else { return }
        if words.count == 1 {
            // A folder of this name is no object.
            guard try folder.entry(word)?.kind == .file else { return }
            try folder.remove(word)
        } else {
            try remove(folder.folder(word), words.dropFirst())
            guard folder.removeIfEmpty(word) else { return }
        }
        try folder.sync()
    }
}

extension FileError {
    /// The file system does not let this process write.
    var isRefusal: Bool { [EACCES, EPERM, EROFS].contains(code) }

    /// Something else has the name: a link, a folder, a file where a folder should be.
    var isOther: Bool { [ELOOP, ENOTDIR, EISDIR, EINVAL].contains(code) }
}

extension MediumError {
    init(file error: FileError, _ place: String) {
        switch error.code {
        case ENOENT: self.init(.missing, place)
        case EEXIST: self.init(.exists, place)
        case EACCES, EPERM, EROFS: self.init(.denied, place, "errno \(error.code)")
        case ENOSPC, EDQUOT, EFBIG: self.init(.full, place, "errno \(error.code)")
        case ELOOP, ENOTDIR, EISDIR, EINVAL:
            self.init(.misconfigured, place, "a link, or something else than a file or folder, is in the way")
        case EXDEV: self.init(.misconfigured, place, "the folder reaches over several file systems")
        default: self.init(.unavailable, place, "errno \(error.code)")
        }
    }
}
