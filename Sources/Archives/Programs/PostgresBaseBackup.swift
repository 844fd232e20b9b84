import Subprocess
import SystemPackage
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
    /// What was read is a copy only when this comes back. When `body` throws, or is cancelled, the program is ended, and the server with it.
    package func copy<Value: Sendable>(
        label: String, _ body: @Sendable (ProgramPipe) async throws(ArchiveError) -> Value
    ) async throws(ArchiveError) -> Value {
        let program = "pg_basebackup"
        let arguments = [
            "--pgdata=-", "--format=tar", "--wal-method=none", "--checkpoint=fast", "--no-password", "--label=\(label)",
        ]
        let (reading, writing) = try ProgramPipe.pair(program)
        let said = try ProgramWords(program)
        let ended: (Result<Value, ArchiveError>, TerminationStatus)
        do {
            let result = try await Subprocess.run(
                .path(FilePath(programs.path(program))), arguments: Arguments(arguments), environment: ProgramEnvironment.of(variables.value),
                workingDirectory: "/", input: .none, output: .fileDescriptor(writing.lend(), closeAfterSpawningProcess: false),
                error: .fileDescriptor(said.descriptor, closeAfterSpawningProcess: false)
            ) { execution in
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
            throw .program(program, Task.isCancelled ? "it was cancelled" : "it could not be started")
        }
        let value = try ended.0.get()
        guard ended.1.isSuccess else { throw .program(program, said.last ?? "it ended without a word") }
        return value
    }
}
