import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import TestPostgres

/// The S3 server of moto, one for all tests of this process. It is killed when the process ends, however it does.
package final class Moto: Sendable {
    /// Where `scripts/install-test-tools` puts it; tests of it are left out where it is not.
    package static let program: String? = {
        let path = tools + "/moto_server"
        if FileManager.default.isExecutableFile(atPath: path) { return path }
        FileHandle.standardError.write(Data("notice: moto is not installed, its tests are left out; see scripts/install-test-tools\n".utf8))
        return nil
    }()

    package static var isInstalled: Bool { program != nil }

    private static let tools =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
        + "/.build/test-tools"

    /// A Python with botocore, which comes with it.
    package static let python = tools + "/moto/bin/python3"

    private static let server = Task { try await Moto() }
    package static func shared() async throws -> Moto { try await server.value }

    package let url: String
    private let child: Child

    private init() async throws {
        guard let program = Self.program else { throw TestFailure("moto is not installed") }
        let folder = try TemporaryFolder.make()
        let port = try LoopbackSocket().port
        url = "http://127.0.0.1:\(port)"
        child = try Child(
            [program, "-H", "127.0.0.1", "-p", "\(port)"], environment: ["HOME": folder, "PATH": "/usr/bin:/bin"], folder: folder, input: "/dev/null",
            output: folder + "/log", errors: folder + "/log"
        )
        Watchdog.shared.killAtEnd(process: child.pid)
        for _ in 0..<300 {
            if let answer = try? await HTTPClient.shared.execute(HTTPClientRequest(url: url + "/moto-api/"), timeout: .seconds(5)),
                answer.status == .ok
            {
                return
            }
            guard child.isAlive else { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw TestFailure("moto does not start: \(Program.text(folder + "/log"))")
    }

    /// The name of a new bucket.
    package func makeBucket() async throws -> String {
        let name = "bucket-" + UUID().uuidString.lowercased()
        var request = HTTPClientRequest(url: "\(url)/\(name)")
        request.method = .PUT
        let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        guard answer.status == .ok else { throw TestFailure("no bucket: \(answer.status)") }
        return name
    }
}
