package import Vocabulary

/// `pg_restore` into one database, all or nothing.
package struct PostgresLoader: Sendable {
    private let programs: PostgresPrograms
    private let variables: Personal<[String: String]>

    /// - Parameter target: the database and the role that will own what is loaded, as libpq's environment variables.
    package init(_ programs: PostgresPrograms, target: Personal<[String: String]>) {
        self.programs = programs
        variables = target
    }

    /// Takes a dump through `body`, which writes it chunk by chunk, and commits it when `body` comes back.
    ///
    /// When `body` throws or is cancelled, or this process dies, nothing is in the database: the program works in one transaction, and the last
    /// bytes, without which it does not come to its end, are held back until `body` has come back.
    package func load(_ body: @Sendable (LoadedStream) async throws(ArchiveError) -> Void) async throws(ArchiveError) {
        let arguments = [
            "--format=custom", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
            // Empty: what PGDATABASE says. Without it, SQL would be printed.
            "--dbname=",
        ]
        try await programs.piped("pg_restore", arguments, variables).giveInput { (pipe: ProgramPipe) async throws(ArchiveError) in
            let stream = LoadedStream(pipe)
            try await body(stream)
            if Task.isCancelled { throw .program("pg_restore", "it was cancelled") }
            try await stream.finish()
        }
    }
}

/// Takes a dump for `pg_restore`, and keeps its last bytes back until it is whole. One task writes.
package actor LoadedStream {
    private let pipe: ProgramPipe
    private var held: [UInt8] = []

    init(_ pipe: ProgramPipe) { self.pipe = pipe }

    /// Comes back when the program has room for what came before.
    package func write(_ chunk: [UInt8]) async throws(ArchiveError) {
        guard !chunk.isEmpty else { return }
        let before = held
        held = chunk
        try await pipe.write(before)
    }

    func finish() async throws(ArchiveError) {
        try await pipe.write(held)
        held = []
    }
}
