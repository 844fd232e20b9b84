import DurableFiles
import Foundation
package import Sealing
import SubjectRights
import Vocabulary

extension ArchiveRepository {
    // MARK: Clusters

    /// Takes the log of a cluster from now on. The caller has seen that no vault is in it.
    package func accept(_ acceptance: WALAcceptance) async throws(ArchiveError) {
        try await put(acceptance.object, as: .walCluster, at: RepositoryLayout.acceptance(acceptance.system))
    }

    /// - Throws: `unacceptedCluster` when its log is not taken.
    package func acceptance(of system: String) async throws(ArchiveError) -> WALAcceptance {
        let key = RepositoryLayout.acceptance(system)
        do throws(ArchiveError) {
            guard let acceptance = WALAcceptance(try await statement(.walCluster, at: key)), acceptance.system == system else {
                throw .damaged(key, "it is of another cluster")
            }
            return acceptance
        } catch {
            if case .medium(let error) = error, error.code == .missing { throw .unacceptedCluster(system) }
            throw error
        }
    }

    /// What is known of a file of a log; `nil` when there is none.
    package func statement(of file: WALFile, system: String) async throws(ArchiveError) -> WALStatement? {
        let key = RepositoryLayout.wal(file, of: system) + "json"
        do throws(ArchiveError) {
            guard let statement = WALStatement(try await self.statement(.walSegment, at: key)), statement.file == file, statement.system == system,
                statement.archive.key.hasPrefix(RepositoryLayout.wal(file, of: system))
            else { throw .damaged(key, "it is not the statement of this file") }
            return statement
        } catch {
            if case .medium(let error) = error, error.code == .missing { return nil }
            throw error
        }
    }

    // MARK: Pushing

    package enum Push: Sendable, Equatable {
        case sent
        /// It was there already, with the same content.
        case known
    }

    /// Puts a file of a log, sealed, and a statement of it; durable when this returns. Whatever stops it before leaves nothing that counts.
    ///
    /// Of several who put the same file one wins, by its statement, and the others compare: objects have names of their own, so that none is
    /// replaced under a statement that tells of it.
    package func push(_ source: WALSource, for recipients: [AgeRecipient]) async throws(ArchiveError) -> Push {
        let different = Set(recipients).count
        guard different >= 2 else { throw .tooFewRecipients(different) }
        let acceptance = try await acceptance(of: source.system)
        if let size = source.size, size != acceptance.size {
            throw .foreignFile("\(source.file)", "segments of its cluster have another size")
        }
        let prefix = RepositoryLayout.wal(source.file, of: source.system)
        let there: [MediumObject]
        do { there = try await medium.list(prefix) } catch { throw .medium(error) }
        if there.contains(where: { $0.key == prefix + "json" }) { return try await compare(source, there.map(\.key)) }

        let attempt = String((0..<6).map { _ in "abcdefghijklmnopqrstuvwxyz234567".randomElement() ?? "a" })
        let (key, draft) = ("\(prefix)\(attempt).age", "\(medium.drafts)/\(source.file).\(attempt)")
        let (archive, digest) = try await BlockingCalls.run { () throws(ArchiveError) in
            try source.seal(into: draft, for: recipients, key: key)
        }
        do { try await medium.publish(draft, at: key) { _ in } } catch {
            unlink(draft)
            throw .medium(error)
        }
        let statement = WALStatement(
            file: source.file, system: source.system, digest: digest, archive: archive, writtenAt: source.writtenAt, pushedAt: .now(),
            line: source.line)
        do throws(ArchiveError) {
            try await put(statement.object, as: .walSegment, at: prefix + "json", ifAbsent: true)
        } catch {
            guard case .medium(let problem) = error, problem.code == .exists else { throw error }
            return try await compare(source, there.map(\.key) + [key])
        }
        try await sweep(there.map(\.key), keeping: key, prefix)
        return .sent
    }

    /// - Parameter keys: objects of this file; all but the one that counts are removed.
    private func compare(_ source: WALSource, _ keys: [String]) async throws(ArchiveError) -> Push {
        let prefix = RepositoryLayout.wal(source.file, of: source.system)
        guard let statement = try await statement(of: source.file, system: source.system) else { throw .damaged(prefix + "json", "it is gone again") }
        let digest = try await BlockingCalls.run { () throws(ArchiveError) in try source.digest() }
        try await sweep(keys, keeping: statement.archive.key, prefix)
        guard digest == statement.digest else { throw .differs(prefix + "json") }
        // A statement alone restores nothing. PostgreSQL keeps the segment for as long as this fails.
        try await ArchiveReader(medium, statement.archive).check()
        return .known
    }

    private func sweep(_ keys: [String], keeping kept: String, _ prefix: String) async throws(ArchiveError) {
        let leftovers = keys.filter { $0 != kept && $0 != prefix + "json" && $0.hasSuffix(".age") }
        guard !leftovers.isEmpty else { return }
        do { try await medium.remove(leftovers) } catch { throw .medium(error) }
    }

    // MARK: Fetching

    /// Writes a file of a log, verified and opened: as a whole, or not at all.
    ///
    /// - Returns: false when it is not there, and none that comes after it either: the log ends.
    /// - Throws: `gap` when later ones are there.
    package func fetch(
        _ file: WALFile, of system: String, with identities: [AgeIdentity], to destination: String
    ) async throws(ArchiveError) -> Bool {
        guard let statement = try await statement(of: file, system: system) else {
            guard case .segment(let segment) = file, try await hasSegments(after: segment, system) else { return false }
            // What was being sent meanwhile is no gap: it is there before those after it are.
            guard try await self.statement(of: file, system: system) != nil else { throw .gap("\(segment)") }
            return try await fetch(file, of: system, with: identities, to: destination)
        }
        let draft = destination + DurableFolder.draftEnding
        unlink(draft)
        do throws(ArchiveError) {
            try await open(statement, with: identities, into: draft)
            guard rename(draft, destination) == 0 else { throw .file(destination, FileError(code: errno)) }
            return true
        } catch {
            unlink(draft)
            throw error
        }
    }

    private func open(_ statement: WALStatement, with identities: [AgeIdentity], into path: String) async throws(ArchiveError) {
        let draft = try WALDraft.create(path)
        try await ArchiveReader(medium, statement.archive).open(with: identities) { (bytes) throws(ArchiveError) in try draft.write(bytes) }
        guard try draft.finish() == statement.digest else { throw .damaged(statement.archive.key, "it holds another file than was said") }
    }

    private func hasSegments(after segment: WALSegment, _ system: String) async throws(ArchiveError) -> Bool {
        let prefix = RepositoryLayout.timeline(segment.timeline, of: system)
        let objects: [MediumObject]
        do { objects = try await medium.list(prefix) } catch { throw .medium(error) }
        // The order of names is that of the log.
        return objects.contains { object in
            let words = object.key.dropFirst(prefix.utf8.count).uppercased().split(separator: ".")
            return words.count == 2 && words[1] == "JSON" && WALSegment(words[0]).map { "\($0)" > "\(segment)" } == true
        }
    }
}
