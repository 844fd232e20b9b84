import Subprocess
import SystemPackage
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
    /// What was read is a dump only when this comes back: a program that fails in the middle ends what it writes, too. When `body` throws, or is
    /// cancelled, the program is ended.
    ///
    /// - Parameter snapshot: that of a transaction which stays open until `body` has read something, so that the dump is of its moment.
    package func dump<Value: Sendable>(
        snapshot: String?, _ body: @Sendable (ProgramPipe) async throws(ArchiveError) -> Value
    ) async throws(ArchiveError) -> Value {
        var arguments = ["-Fc", "-Z0"]
        if let snapshot { arguments.append("--snapshot=\(snapshot)") }
        let (reading, writing) = try ProgramPipe.pair("pg_dump")
        let said = try ProgramWords("pg_dump")
        let ended: (Result<Value, ArchiveError>, TerminationStatus)
        do {
            let result = try await Subprocess.run(
                .path(FilePath(programs.path("pg_dump"))), arguments: Arguments(arguments), environment: ProgramEnvironment.of(variables.value),
                workingDirectory: "/", input: .none, output: .fileDescriptor(writing.lend(), closeAfterSpawningProcess: false),
                error: .fileDescriptor(said.descriptor, closeAfterSpawningProcess: false)
            ) { execution in
                // Were it open here, too, the end of the program would not be the end of the pipe.
                writing.close()
                let outcome: Result<Value, ArchiveError>
                do throws(ArchiveError) { outcome = .success(try await body(reading)) } catch { outcome = .failure(error) }
                if case .failure = outcome { try? execution.send(signal: .kill) }
                reading.close()
                return outcome
            }
            ended = (result.closureResult, result.terminationStatus)
        } catch {
            writing.close()
            reading.close()
            throw .program("pg_dump", Task.isCancelled ? "it was cancelled" : "it could not be started")
        }
        let value = try ended.0.get()
        guard ended.1.isSuccess else { throw .program("pg_dump", said.last ?? "it ended without a word") }
        return value
    }
}
