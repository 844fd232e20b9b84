import Foundation

/// A program run to its end, its output in files: a pipe that a grandchild keeps open would never end.
package struct Program {
    package struct Outcome: Sendable {
        package let status: Int32
        package let output: String
        package let errors: String
    }

    package static func run(
        _ command: [String], environment: [String: String] = [:], input: String = "", folder: String = "/"
    ) async throws -> Outcome {
        let place = FileManager.default.temporaryDirectory.path + "/gh-run-" + UUID().uuidString
        defer { for suffix in [".in", ".out", ".err"] { unlink(place + suffix) } }
        guard FileManager.default.createFile(atPath: place + ".in", contents: Data(input.utf8), attributes: [.posixPermissions: 0o600]) else {
            throw TestFailure("\(place) cannot be written")
        }
        let child = try Child(
            command, environment: clean.merging(environment) { _, new in new }, folder: folder, input: place + ".in", output: place + ".out",
            errors: place + ".err"
        )
        let status = await child.wait()
        return Outcome(status: status, output: text(place + ".out"), errors: text(place + ".err"))
    }

    /// This process's environment without what would lead a program to somebody's real databases.
    package static var clean: [String: String] {
        ProcessInfo.processInfo.environment.filter { name, _ in
            !name.hasPrefix("PG") && !name.hasPrefix("GATEHOUSE_") && name != "DATABASE_URL" && name != "VAULT_URL"
        }
    }

    package static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}
