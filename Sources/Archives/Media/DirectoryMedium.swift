import DurableFiles
import Vocabulary

/// A repository in a folder: of this host, or of a file server that is mounted.
///
/// What is being written is in `.drafts` and gets its name when it is whole and on the disk. Everything is for its owner's eyes only, and no symbolic
/// link below the folder is followed. Calls block threads of their own, so that a long read waits for no write; one that has begun
/// goes on when its task is cancelled, except between the pieces of a copy.
package struct DirectoryMedium: ArchiveMedium {
    package let name: String
    package var drafts: String { name + "/" + Self.drafts }

    static let drafts = ".drafts"
    /// After so long nobody goes on with a draft.
    private static let draftLife = Duration.seconds(7 * 86_400)
    private static let piece = 64 << 20

    private init(name: String) { self.name = name }

    /// - Parameters:
    ///   - path: absolute.
    ///   - making: whether the folder is made when it is missing; the one above it has to be there.
    package static func open(_ path: String, making: Bool) async throws(MediumError) -> DirectoryMedium {
        var name = path
        while name.count > 1, name.hasSuffix("/") { name.removeLast() }
        guard name.hasPrefix("/") else { throw MediumError(.misconfigured, name, "the path of a repository is absolute") }
        let medium = DirectoryMedium(name: name)
        try await BlockingCalls.run { () throws(MediumError) in
            do throws(FileError) {
                if making { try DurableFolder(medium.name).ensure() }
                try medium.tidy(OpenFolder.open(medium.name))
            } catch {
                throw MediumError(file: error, medium.name)
            }
        }
        return medium
    }

    /// Makes the folder of drafts and removes what nobody goes on with. A repository that can only be read has neither.
    private func tidy(_ folder: consuming OpenFolder) throws(FileError) {
        do throws(FileError) {
            try Self.sweep(folder.folder(Self.drafts, making: true))
        } catch {
            guard error.isRefusal else { throw error }
        }
    }

    /// Removes what nobody goes on with from a folder of drafts.
    static func sweep(_ drafts: borrowing OpenFolder) throws(FileError) {
        let limit = Instant.now().advanced(by: .zero - draftLife).microseconds
        for name in try drafts.names() {
            if let entry = try drafts.entry(name), entry.kind == .file, entry.modifiedAt < limit { try drafts.remove(name) }
        }
    }

    private func blocking<Value: Sendable>(
        _ place: String, _ body: @escaping @Sendable (borrowing OpenFolder) throws(MediumError) -> Value
    ) async throws(MediumError) -> Value {
        guard !Task.isCancelled else { throw MediumError(.unavailable, place, "cancelled") }
        let path = name
        return try await BlockingCalls.run { () throws(MediumError) in
            let root: OpenFolder
            do throws(FileError) { root = try OpenFolder.open(path) } catch {
                // The whole medium is gone, not one object of it.
                throw MediumError(error == .missing ? .unavailable : MediumError(file: error, "").code, path, "errno \(error.code)")
            }
            return try body(root)
        }
    }

    // MARK: Looking

    package func list(_ prefix: String) async throws(MediumError) -> [MediumObject] {
        let (words, beginning) = try MediumKey.prefix(prefix)
        return try await blocking(prefix) { root throws(MediumError) in
            var found: [MediumObject] = []
            do throws(FileError) {
                let above = words.map { $0 + "/" }.joined()
                try Self.within(root, words[...]) { folder throws(FileError) in try Self.collect(folder, above, beginning, into: &found) }
            } catch {
                guard error == .missing || error.isOther else { throw MediumError(file: error, prefix) }
            }
            return found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        }
    }

    /// What disappears meanwhile is not there; what has no name of a key, or is neither file nor folder, is not ours.
    private static func collect(
        _ folder: borrowing OpenFolder, _ above: String, _ beginning: String, into found: inout [MediumObject]
    ) throws(FileError) {
        for name in try folder.names() where name.hasPrefix(beginning) && MediumKey.isWord(name) {
            guard let entry = try folder.entry(name) else { continue }
            switch entry.kind {
            case .file:
                let moment = Instant(microseconds: entry.modifiedAt)
                found.append(MediumObject(key: above + name, byteCount: entry.byteCount, modifiedAt: moment))
            case .folder:
                do throws(FileError) { try collect(folder.folder(name), above + name + "/", "", into: &found) } catch {
                    guard error == .missing || error.isOther else { throw error }
                }
            case .other: break
            }
        }
    }

    package func read(_ key: String, from offset: Int, count: Int) async throws(MediumError) -> [UInt8] {
        let words = try MediumKey.words(key)
        return try await blocking(key) { root throws(MediumError) in
            do throws(FileError) {
                return try Self.within(root, words.dropLast()) { folder throws(FileError) in
                    try folder.file(words[words.count - 1]).read(count, at: offset)
                }
            } catch {
                // A link or a folder has the name, or a file that of a folder: there is no such object.
                throw error.isOther ? MediumError(.missing, key) : MediumError(file: error, key)
            }
        }
    }

    // MARK: Changing

    package func put(_ bytes: [UInt8], at key: String, ifAbsent: Bool) async throws(MediumError) {
        let words = try MediumKey.words(key)
        try await blocking(key) { root throws(MediumError) in
            try Self.drafted(root, key) { (drafts, draft) throws(FileError) in
                let file = try drafts.create(draft)
                try file.write(bytes, at: 0)
                try file.sync()
                return try Self.place(root, drafts, draft, words, ifAbsent: ifAbsent)
            }
        }
    }

    package func publish(_ file: String, at key: String, progress: @Sendable (Int) -> Void) async throws(MediumError) {
        let words = try MediumKey.words(key)
        guard file.hasPrefix(drafts + "/"), case let draft = String(file.dropFirst(drafts.utf8.count + 1)), !draft.contains("/") else {
            throw MediumError(.misconfigured, key, "what is published is a file of the medium's drafts")
        }
        let byteCount = try await blocking(key) { root throws(MediumError) in
            do throws(FileError) {
                let drafts = try root.folder(Self.drafts)
                let file = try drafts.file(draft)
                try file.restrict()
                // Its time is that of its appearance: it may have been written for hours.
                try file.touch()
                try file.sync()
                _ = try Self.place(root, drafts, draft, words, ifAbsent: false)
                return try file.byteCount()
            } catch {
                throw MediumError(file: error, key)
            }
        }
        progress(byteCount)
    }

    package func copy(
        _ source: String, replacing replaced: Int, by front: [UInt8], to key: String, progress: @Sendable (Int) -> Void
    ) async throws(MediumError) {
        let (from, words) = (try MediumKey.words(source), try MediumKey.words(key))
        let draft = Self.freshName()
        do throws(MediumError) {
            let whole = try await blocking(source) { root throws(MediumError) in
                do throws(FileError) {
                    try root.folder(Self.drafts, making: true).create(draft).write(front, at: 0)
                    return try Self.within(root, from.dropLast()) { folder throws(FileError) in
                        try folder.file(from[from.count - 1]).byteCount()
                    }
                } catch {
                    throw MediumError(file: error, source)
                }
            }
            guard whole >= replaced else { throw MediumError(.garbled, source, "it has fewer than \(replaced) bytes") }
            var done = replaced
            while done < whole {
                let (start, count) = (done, min(Self.piece, whole - done))
                try await blocking(source) { root throws(MediumError) in
                    do throws(FileError) {
                        let target = try root.folder(Self.drafts).forUpdating(draft)
                        try Self.within(root, from.dropLast()) { folder throws(FileError) in
                            try target.copy(count, of: folder.file(from[from.count - 1]), from: start, to: start - replaced + front.count)
                        }
                    } catch {
                        throw MediumError(file: error, source)
                    }
                }
                done += count
                progress(front.count + done - replaced)
            }
            try await blocking(key) { root throws(MediumError) in
                do throws(FileError) {
                    let drafts = try root.folder(Self.drafts)
                    try drafts.file(draft).sync()
                    _ = try Self.place(root, drafts, draft, words, ifAbsent: false)
                } catch {
                    throw MediumError(file: error, key)
                }
            }
        } catch {
            let path = name
            await BlockingCalls.run { try? OpenFolder.open(path).folder(Self.drafts).remove(draft) }
            throw error
        }
    }

    package func remove(_ keys: [String]) async throws(MediumError) {
        for key in keys {
            let words = try MediumKey.words(key)
            try await blocking(key) { root throws(MediumError) in
                do throws(FileError) { try Self.remove(root, words[...]) } catch {
                    guard error == .missing || error.isOther else { throw MediumError(file: error, key) }
                }
            }
        }
    }
}
