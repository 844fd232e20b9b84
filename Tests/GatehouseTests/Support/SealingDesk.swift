import Foundation
import TestPostgres
import Testing

/// A folder with a key in it, where files are sealed and opened.
struct SealingDesk {
    let folder: String
    /// Whose identity is in `identity.txt`.
    let recipient: String

    static let hasAge = ["age", "age-keygen"].allSatisfy { name in
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
        }
    }

    init() async throws {
        folder = try TemporaryFolder.make()
        let made = try await Program.run(["age-keygen", "-o", "identity.txt"], folder: folder)
        try #require(made.status == 0)
        recipient = try await Program.run(["age-keygen", "-y", "identity.txt"], folder: folder).output.trimmingCharacters(in: .newlines)
    }

    static func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    func path(_ name: String) -> String { folder + "/" + name }
    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } }

    func write(_ name: String, _ bytes: [UInt8], mode: Int = 0o600) throws {
        guard FileManager.default.createFile(atPath: path(name), contents: Data(bytes), attributes: [.posixPermissions: mode]) else {
            throw TestFailure("\(name) cannot be written")
        }
    }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path(name)))) }

    /// Further keys.
    func keys(_ count: Int) async throws -> [(identity: String, recipient: String)] {
        var keys: [(identity: String, recipient: String)] = []
        for _ in 0..<count {
            let lines = try await Program.run(["age-keygen"]).output.split(separator: "\n").map(String.init)
            let recipient = try #require(lines.first { $0.hasPrefix("# public key: ") }).dropFirst("# public key: ".count)
            keys.append((try #require(lines.last), String(recipient)))
        }
        return keys
    }

    /// Runs `gatehouse` in the folder, without a terminal.
    func run(_ arguments: [String], before: () throws -> Void = {}) async throws -> Program.Outcome {
        try before()
        return try await Program.run(["setsid", "-w", GatehouseProgram.path] + arguments, folder: folder)
    }

    func succeed(_ arguments: [String]) async throws {
        let outcome = try await run(arguments)
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    }

    func age(_ arguments: [String]) async throws {
        let outcome = try await Program.run(["age"] + arguments, folder: folder)
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    }

    /// Runs `gatehouse` in the folder, on a terminal.
    func type(_ arguments: [String], _ answers: [String]) async throws -> Terminal.Outcome {
        try await Terminal.run([GatehouseProgram.path] + arguments, answers: answers, folder: folder)
    }
}
