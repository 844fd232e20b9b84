import Archives
import PostgresLink
import Sealing
import Storage

extension BackupTarget {
    /// Loads what an archive holds into the empty database, as the role that will own it: all of it, or nothing.
    ///
    /// - Parameter progress: told how many bytes of the archive were read, of how many.
    func load(
        _ manifest: BackupManifest, from repository: ArchiveRepository, with identities: [AgeIdentity], by programs: PostgresPrograms,
        progress: @escaping @Sendable (Int, Int) -> Void
    ) async throws {
        let (reader, total) = (ArchiveReader(repository.medium, manifest.archive), manifest.archive.byteCount)
        try await PostgresLoader(programs, target: owner.environment).load { (stream) throws(ArchiveError) in
            try await reader.open(with: identities, progress: { progress($0, total) }) { (piece) throws(ArchiveError) in
                try await stream.write(piece)
            }
        }
        // What was loaded has no statistics, and everything that follows asks for plans.
        try await closing { database in
            do throws(LinkError) { _ = try await database.write(["ANALYZE"]) } catch { throw StorageError(error) }
        }
    }
}
