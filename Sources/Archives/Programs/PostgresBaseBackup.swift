package import Vocabulary

/// `pg_basebackup` of a cluster: all of its files as one tar, without the write-ahead log, which is archived by itself.
package struct PostgresBaseBackup: Sendable {
    private let programs: PostgresPrograms
    private let variables: Personal<[String: String]>

    /// - Parameter target: any database of the cluster with a role that may replicate, as libpq's environment variables.
    package init(_ programs: PostgresPrograms, target: Personal<[String: String]>) {
        self.programs = programs
        variables = target
    }

    /// Lends what `pg_basebackup` writes, and waits for its end, which is when the server's archiver has taken the last segment that the copy
    /// needs.
    ///
    /// What was read is a copy only when this comes back; see ``PipedProgram/lendOutput(_:)``.
    package func copy<Value: Sendable>(
        label: String, _ body: @Sendable (ProgramPipe) async throws(ArchiveError) -> Value
    ) async throws(ArchiveError) -> Value {
        let arguments = [
            "--pgdata=-", "--format=tar", "--wal-method=none", "--checkpoint=fast", "--no-password", "--label=\(label)",
        ]
        return try await programs.piped("pg_basebackup", arguments, variables).lendOutput(body)
    }
}
