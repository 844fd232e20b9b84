import DataFormats
import Foundation
import TestPostgres
import Testing

/// The built program, as somebody would run it.
enum GatehouseProgram {
    /// Beside the test bundle, in the build products directory.
    static let path: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().path + "/gatehouse"
    }()

    static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String = "", folder: String = "/tmp"
    ) async throws -> Program.Outcome {
        try await Program.run([path] + arguments, environment: environment, input: input, folder: folder)
    }
}

/// A running `gatehouse serve`.
final class ServerProcess: Sendable {
    let url: String
    let output: String
    let errors: String
    private let child: Child

    private init(url: String, output: String, errors: String, child: Child) {
        self.url = url
        self.output = output
        self.errors = errors
        self.child = child
    }

    /// Waits until requests are answered; a server that ends before is a failure that tells what it said.
    static func start(_ arguments: [String], environment: [String: String], log: String) async throws -> ServerProcess {
        let child = try Child(
            [GatehouseProgram.path, "serve", "--port", "0"] + arguments, environment: Program.clean.merging(environment) { _, new in new },
            folder: "/tmp", input: "/dev/null", output: log + ".out", errors: log + ".err"
        )
        Watchdog.shared.killAtEnd(process: child.pid)
        while true {
            let lines = Program.text(log + ".out").split(separator: "\n")
            if let ready = lines.first(where: { $0.hasPrefix("ready http") }) {
                return ServerProcess(url: String(ready.dropFirst(6)), output: log + ".out", errors: log + ".err", child: child)
            }
            if !child.isAlive {
                let status = await child.wait()
                throw TestFailure("gatehouse serve ended with \(status): \(Program.text(log + ".err"))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func signal(_ signal: Int32) { kill(child.pid, signal) }

    func end(_ signal: Int32 = SIGTERM) async -> Int32 {
        kill(child.pid, signal)
        return await child.wait()
    }
}

/// What a command that came to its end has printed as JSON.
func object(_ outcome: Program.Outcome) throws -> JSONObject {
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try #require(try? JSONReader.read(Array(outcome.output.utf8)).objectValue)
}
