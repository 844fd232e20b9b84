import Foundation
import Subprocess
import SystemPackage
import Vocabulary

/// The programs of one version of PostgreSQL on this host.
package struct PostgresPrograms: Sendable, Equatable {
    package let folder: String
    /// The major version.
    package let version: Int

    package func path(_ program: String) -> String { folder + "/" + program }

    /// - Parameter variables: which database, and as whom, as libpq's environment variables.
    func piped(_ program: String, _ arguments: [String], _ variables: Personal<[String: String]>) -> PipedProgram {
        PipedProgram(
            name: program, executable: .path(FilePath(path(program))), arguments: Arguments(arguments),
            environment: ProgramEnvironment.of(variables.value))
    }

    /// Folders that have a program, those beside a server's binaries first, the newest version before the others.
    package static func folders(with program: String) -> [String] {
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? [])
            .sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return (versions + path).filter { FileManager.default.isExecutableFile(atPath: $0 + "/" + program) }
    }

    /// Those that fit a server best: of its own version, or else of the next newer one. What a newer `pg_dump` writes may say what an older
    /// server does not understand, and an older one refuses to read a newer server.
    ///
    /// - Parameter folders: where to look; all that ``folders(with:)`` finds when not said.
    package static func find(forServer version: Int, in folders: [String]? = nil) async throws(ArchiveError) -> PostgresPrograms {
        var newest: Int?
        var best: PostgresPrograms?
        for folder in folders ?? Self.folders(with: "pg_dump") {
            guard FileManager.default.isExecutableFile(atPath: folder + "/pg_restore"), let found = await major(folder + "/pg_dump") else { continue }
            newest = max(newest ?? found, found)
            if found >= version, found < best?.version ?? .max { best = PostgresPrograms(folder: folder, version: found) }
        }
        if let best { return best }
        guard let newest else { throw .program("pg_dump", "it is not installed, or pg_restore is not beside it") }
        throw .program("pg_dump", "it is of version \(newest), and the server of version \(version)")
    }

    /// `pg_dump (PostgreSQL) 15.18 (Debian 15.18-0)`
    private static func major(_ path: String) async -> Int? {
        let result = try? await Subprocess.run(
            .path(.init(path)), arguments: ["--version"], workingDirectory: "/", input: .none, output: .string(limit: 4096), error: .discarded
        )
        guard let said = result?.standardOutput.split(separator: " ").dropFirst(2).first else { return nil }
        return Int(said.prefix { $0.isNumber })
    }
}
