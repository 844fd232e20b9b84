import Archives
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import TestPostgres

/// The S3 server of moto, one for all tests of this process. It is killed when the process ends, however it does.
final class Moto: Sendable {
    /// Where `scripts/install-test-tools` puts it; tests of it are left out where it is not.
    static let program: String? = {
        let path = tools + "/moto_server"
        if FileManager.default.isExecutableFile(atPath: path) { return path }
        FileHandle.standardError.write(Data("notice: moto is not installed, its tests are left out; see scripts/install-test-tools\n".utf8))
        return nil
    }()

    static var isInstalled: Bool { program != nil }

    private static let tools =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path + "/.build/test-tools"

    /// A Python with botocore, which comes with it.
    static let python = tools + "/moto/bin/python3"

    private static let server = Task { try await Moto() }
    static func shared() async throws -> Moto { try await server.value }

    let url: String
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
}

/// A bucket of one test, and what opens media in it.
struct Bucket: Sendable {
    let name: String
    let credentials: S3Credentials
    private let folder: String

    static func make() async throws -> Bucket {
        let moto = try await Moto.shared()
        let name = "bucket-" + UUID().uuidString.lowercased()
        var request = HTTPClientRequest(url: "\(moto.url)/\(name)")
        request.method = .PUT
        let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        guard answer.status == .ok else { throw TestFailure("no bucket: \(answer.status)") }
        return try Bucket(name: name)
    }

    /// One that a server other than moto has.
    init(name: String) throws {
        self.name = name
        folder = try TemporaryFolder.make()
        credentials = try CredentialsFile(folder + "/credentials").open()
    }

    /// Large parts are small here: what S3 takes just so.
    static let pieces = {
        var pieces = S3Medium.Pieces()
        (pieces.sent, pieces.copied, pieces.read) = (5 << 20, 6 << 20, 1 << 20)
        return pieces
    }()

    /// - Parameters:
    ///   - endpoint: moto's own when not given.
    ///   - drafts: of another host, when given.
    func open(endpoint: String? = nil, patience: S3Patience = .short, drafts: String? = nil) async throws -> S3Medium {
        let address: String
        if let endpoint { address = endpoint } else { address = try await Moto.shared().url }
        let location = try S3Location("s3://\(name)/crm/backups", endpoint: address, region: nil)
        return try await S3Medium.open(
            location, credentials: credentials, drafts: drafts ?? folder + "/drafts", patience: patience, pieces: Self.pieces)
    }
}

extension S3Patience {
    /// For tests: pauses are short, and what never comes is not waited for long.
    static let short = {
        var patience = S3Patience()
        (patience.request, patience.pause, patience.greatestPause) = (.seconds(60), .milliseconds(5), .milliseconds(50))
        return patience
    }()

    /// The same, giving up soon.
    static let none = {
        var patience = S3Patience.short
        (patience.request, patience.total) = (.seconds(1), .milliseconds(100))
        return patience
    }()
}

struct CredentialsFile {
    let path: String

    init(_ path: String, id: String = "AKIAIOSFODNN7EXAMPLE", secret: String = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", token: String? = nil)
        throws
    {
        self.path = path
        try write("[default]\naws_access_key_id = \(id)\naws_secret_access_key = \(secret)\n" + (token.map { "aws_session_token = \($0)\n" } ?? ""))
    }

    func write(_ text: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        guard chmod(path, mode) == 0 else { throw TestFailure("\(path) keeps its mode") }
    }

    func open() throws -> S3Credentials { try S3Credentials(file: path) }
}
