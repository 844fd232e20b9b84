import AsyncHTTPClient
import DataFormats
import Foundation
import KeyProviders
import NIOCore
import NIOHTTP1
import Synchronization
import TestPostgres
import Vocabulary

/// An OpenBao server in its development mode, one for all tests of this process. It is killed when the process ends, however it does.
final class OpenBao: Sendable {
    private static let server = Task { try await OpenBao() }

    static func shared() async throws -> OpenBao { try await server.value }

    let url: String
    let rootToken = "root-\(UUIDv7.make())"
    private let child: Child
    private let mounts = Mutex(0)

    private init() async throws {
        guard let binary = TestTools.openBao else { throw TestFailure("OpenBao is not installed") }
        let folder = try TemporaryFolder.make()
        let address = "127.0.0.1:\(try TestTools.freePort())"
        url = "http://\(address)"
        child = try Child(
            [binary, "server", "-dev", "-dev-listen-address=\(address)", "-dev-root-token-id=\(rootToken)", "-dev-no-store-token"],
            environment: ["HOME": folder, "PATH": "/usr/bin:/bin"], folder: folder, input: "/dev/null", output: folder + "/log",
            errors: folder + "/log"
        )
        Watchdog.shared.killAtEnd(process: child.pid)
        for _ in 0..<300 {
            if let status = try? await call("GET", "sys/health").status, status == 200 { return }
            guard child.isAlive else { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw TestFailure("OpenBao does not start: \((try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "")")
    }

    /// A request with the root token.
    @discardableResult
    func call(_ method: String, _ path: String, _ body: JSONObject? = nil) async throws -> (status: UInt, object: JSONObject) {
        var request = HTTPClientRequest(url: "\(url)/v1/\(path)")
        request.method = HTTPMethod(rawValue: method)
        request.headers.add(name: "X-Vault-Token", value: rootToken)
        if let body { request.body = .bytes(ByteBuffer(bytes: JSONValue.object(body).encoded())) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let bytes = Array(try await response.body.collect(upTo: 1 << 20).readableBytesView)
        return (response.status.code, (try? JSONReader.read(bytes))?.objectValue ?? [:])
    }

    /// A transit engine of one test, and a token that may do there what the provider's documentation says.
    struct Engine: Sendable {
        let mount: String
        let token: String
    }

    func engine() async throws -> Engine {
        let number = mounts.withLock { number in
            number += 1
            return number
        }
        let mount = "transit-\(number)"
        guard try await call("POST", "sys/mounts/\(mount)", ["type": .string("transit")]).status == 204 else { throw TestFailure("no mount") }
        let policy = """
            path "\(mount)/keys" { capabilities = ["list"] }
            path "\(mount)/keys/gatehouse-*" { capabilities = ["create", "read", "update", "delete"] }
            path "\(mount)/encrypt/gatehouse-*" { capabilities = ["update"] }
            path "\(mount)/decrypt/gatehouse-*" { capabilities = ["update"] }
            """
        try await call("PUT", "sys/policies/acl/\(mount)", ["policy": .string(policy)])
        return Engine(mount: mount, token: try await makeToken(for: mount))
    }

    func makeToken(for mount: String) async throws -> String {
        let wish: JSONObject = ["policies": .array([.string(mount)]), "no_default_policy": .bool(true)]
        let made = try await call("POST", "auth/token/create", wish).object
        guard let token = made["auth"]?.objectValue?["client_token"]?.stringValue else { throw TestFailure("no token") }
        return token
    }

    func revoke(_ token: String) async throws { try await call("POST", "auth/token/revoke", ["token": .string(token)]) }
}

/// A file with a token in it.
struct TokenFile: Sendable {
    let path: String

    init(_ token: String) throws {
        path = try TemporaryFolder.make() + "/token"
        try write(token)
    }

    func write(_ token: String) throws {
        try Data("\(token)\n".utf8).write(to: URL(fileURLWithPath: path))
        guard chmod(path, 0o600) == 0 else { throw TestFailure("\(path) keeps its mode") }
    }

    var secret: SecretFile { SecretFile(path) }
}
