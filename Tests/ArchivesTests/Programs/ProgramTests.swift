@testable import Archives
import Foundation
import TestPostgres
import Testing

struct ProgramTests {
    /// Folders with a `pg_dump` and a `pg_restore` that say they are of a version.
    private func folders(_ versions: Int...) throws -> [String] {
        try versions.map { version in
            let folder = try TemporaryFolder.make()
            for program in ["pg_dump", "pg_restore"] {
                let made = FileManager.default.createFile(
                    atPath: folder + "/" + program, contents: Data("#!/bin/sh\necho '\(program) (PostgreSQL) \(version).3 (Debian)'\n".utf8),
                    attributes: [.posixPermissions: 0o755])
                #expect(made)
            }
            return folder
        }
    }

    @Test func `the programs of the server's own version are taken, else the next newer ones`() async throws {
        let folders = try folders(17, 14, 15, 18)
        for (server, expected) in [(15, 15), (16, 17), (13, 14), (18, 18)] {
            let found = try await PostgresPrograms.find(forServer: server, in: folders)
            #expect(found.version == expected, "for \(server)")
        }
        #expect(try await PostgresPrograms.find(forServer: 14, in: folders).path("pg_dump") == folders[1] + "/pg_dump")
    }

    @Test func `programs that are older than the server are refused, and so are none`() async throws {
        let folders = try folders(13, 14)
        await #expect(throws: ArchiveError.program("pg_dump", "it is of version 14, and the server of version 15")) {
            try await PostgresPrograms.find(forServer: 15, in: folders)
        }
        try FileManager.default.removeItem(atPath: folders[1] + "/pg_restore")
        await #expect(throws: ArchiveError.program("pg_dump", "it is of version 13, and the server of version 15")) {
            try await PostgresPrograms.find(forServer: 15, in: folders)
        }
        await #expect(throws: ArchiveError.program("pg_dump", "it is not installed, or pg_restore is not beside it")) {
            try await PostgresPrograms.find(forServer: 15, in: [])
        }
    }

    @Test(arguments: [
        (
            "pg_restore: error: COPY failed for table \"contact\": ERROR:  duplicate key value violates unique constraint \"contact_email\"\n"
                + "DETAIL:  Key (email)=(ann@example.com) already exists.\nCONTEXT:  COPY contact, line 1: \"ann@example.com\"",
            "COPY failed for table \"contact\": ERROR:  duplicate key value violates unique constraint \"contact_email\""
        ),
        (
            "pg_restore: error: COPY failed for table \"t\": ERROR:  invalid input syntax for type date: \"ann \"and\" bob\"",
            "COPY failed for table \"t\": ERROR:  invalid input syntax for type date: …"
        ),
        ("pg_dump: error: connection failed: FATAL:  role \"x\" does not exist", "connection failed: FATAL:  role \"x\" does not exist"),
        (
            "pg_dump: warning: of no matter\npg_dump: error: aborting because of server version mismatch\npg_dump: detail: server version: 19",
            "aborting because of server version mismatch"
        ),
    ])
    func `of what a program says, the error is kept without values`(said: String, kept: String) {
        let program = String(said.prefix { $0 != ":" })
        #expect(ProgramWords.last(of: said, program) == kept)
    }

    @Test func `lines that are not the program's own count for nothing`() {
        #expect(ProgramWords.last(of: "DETAIL:  Key (email)=(ann@example.com) already exists.\n", "pg_restore") == nil)
        #expect(ProgramWords.last(of: "", "pg_restore") == nil)
    }
}
