import Foundation
import TestPostgres
import Testing

@testable import Assembly

/// What the program makes of its configuration before it serves.
@Suite(.timeLimit(.minutes(15)))
struct ListenTests {
    @Test(arguments: ["0.0.0.0:0", "[::]:0", "10.1.2.3:8443", "gateway.example:8443"])
    func `V12.2.1 [API8]: an address that is not loopback is refused without TLS, before anything is begun`(address: String) async throws {
        let state = try TemporaryFolder.make() + "/state"
        let outcome = try await GatehouseProgram.run(["serve", "--state", state, "--listen", address])
        #expect(outcome.status == 7 && outcome.errors.contains("without TLS nothing else is served"), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: state))
    }

    @Test func `a key that others can read, a key of another certificate and half a pair are refused`() async throws {
        let folder = try TemporaryFolder.make()
        for name in ["one", "two"] { try await Self.certificate(name, folder) }
        func refusal(_ environment: [String: String]) async throws -> String {
            let outcome = try await GatehouseProgram.run(["serve", "--state", folder + "/state", "--port", "0"], environment: environment)
            #expect(outcome.status == 7)
            return outcome.errors
        }
        let certificate = ["GATEHOUSE_TLS_CERTIFICATE_FILE": folder + "/one.pem"]
        #expect(try await refusal(certificate).contains("go together"))
        let other = certificate.merging(["GATEHOUSE_TLS_KEY_FILE": folder + "/two.key"]) { $1 }
        #expect(try await refusal(other).contains("is not that of the certificate"))
        let open = certificate.merging(["GATEHOUSE_TLS_KEY_FILE": folder + "/one.key"]) { $1 }
        chmod(folder + "/one.key", 0o644)
        #expect(try await refusal(open).contains("mode 644"))
    }

    @Test func `a gateway serves over TLS, and takes a renewed certificate without a restart`() async throws {
        let folder = try TemporaryFolder.make()
        for name in ["one", "two"] { try await Self.certificate(name, folder) }
        let paths = (certificate: folder + "/server.pem", key: folder + "/server.key")
        try Self.put("one", folder, paths)
        let server = try await ServerProcess.start(
            ["--state", folder + "/state", "--policies", Repository.root + "/policies"],
            environment: ["GATEHOUSE_TLS_CERTIFICATE_FILE": paths.certificate, "GATEHOUSE_TLS_KEY_FILE": paths.key], log: folder + "/server")
        #expect(server.url.hasPrefix("https://127.0.0.1:"))
        #expect(try await Self.subject(server.url) == "one")
        try Self.put("two", folder, paths)
        while try await Self.subject(server.url) != "two" { try await Task.sleep(for: .milliseconds(50)) }
        // One that is not fit changes nothing.
        try "nothing".write(toFile: paths.certificate, atomically: true, encoding: .utf8)
        server.signal(SIGHUP)
        while !Program.text(server.errors).contains("the running one stays") { try await Task.sleep(for: .milliseconds(50)) }
        #expect(try await Self.subject(server.url) == "two")
        #expect(await server.end() == 0)
    }

    private static func certificate(_ name: String, _ folder: String) async throws {
        let outcome = try await Program.run([
            "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
            "/CN=\(name)",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "\(folder)/\(name).key", "-out", "\(folder)/\(name).pem",
        ])
        try #require(outcome.status == 0)
        chmod("\(folder)/\(name).key", 0o600)
    }

    /// As a renewal does it: written beside, then named.
    private static func put(_ name: String, _ folder: String, _ paths: (certificate: String, key: String)) throws {
        for (ending, path) in [(".pem", paths.certificate), (".key", paths.key)] {
            try FileManager.default.copyItem(atPath: folder + "/" + name + ending, toPath: path + ".draft")
            try #require(rename(path + ".draft", path) == 0)
        }
    }

    /// The name in the certificate that the server shows.
    private static func subject(_ url: String) async throws -> String? {
        let outcome = try await Program.run(
            ["/usr/bin/timeout", "60", "/usr/bin/openssl", "s_client", "-connect", String(url.dropFirst(8)), "-ign_eof"],
            input: "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(outcome.output.contains("HTTP/1.1 200"))
        return outcome.output.firstMatch(of: /subject=CN = ([a-z]+)/).map { String($0.1) }
    }
}
