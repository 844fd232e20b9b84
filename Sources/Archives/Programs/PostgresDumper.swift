package import Vocabulary

/// `pg_dump` of one database, in its own format, uncompressed: what is sealed is compressed before by us.
package struct PostgresDumper: Sendable {
    private let programs: PostgresPrograms
    private let variables: Personal<[String: String]>

    /// - Parameter target: the database and the role, as libpq's environment variables.
    package init(_ programs: PostgresPrograms, target: Personal<[String: String]>) {
        self.programs = programs
        variables = target
    }

    /// Lends what `pg_dump` writes, and waits for its end.
    ///
    /// What was read is a dump only when this comes back; see ``PipedProgram/lendOutput(_:)``.
    ///
    /// - Parameter snapshot: that of a transaction which stays open until `body` has read something, so that the dump is of its moment.
    package func dump<Value: Sendable>(
        snapshot: String?, _ body: @Sendable (ProgramPipe) async throws(ArchiveError) -> Value
    ) async throws(ArchiveError) -> Value {
        var arguments = ["-Fc", "-Z0"]
        if let snapshot { arguments.append("--snapshot=\(snapshot)") }
        return try await programs.piped("pg_dump", arguments, variables).lendOutput(body)
    }
}
