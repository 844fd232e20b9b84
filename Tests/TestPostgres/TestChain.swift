import Foundation

/// Certificates made by `openssl` in a folder of its own: an authority, and what it signed.
package struct TestChain: Sendable {
    package let folder: String

    package static func make() async throws -> TestChain {
        let chain = TestChain(folder: try TemporaryFolder.make())
        try await chain.openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=authority",
            "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", chain.path("ca.key"), "-out", chain.path("ca.pem"),
        ])
        return chain
    }

    package func path(_ name: String) -> String { folder + "/" + name }

    /// A certificate of this authority, `NAME.pem`, and its key, `NAME.key`.
    ///
    /// - Parameter seconds: how long from now it lasts; a day when not said.
    package func issue(_ name: String, isExpired: Bool = false, lasting seconds: Int? = nil) async throws {
        try await openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=\(name)", "-keyout", path(name + ".key"),
            "-out", path(name + ".csr"),
        ])
        let names = path(name + ".ext")
        try "subjectAltName=DNS:localhost,IP:127.0.0.1,URI:urn:gatehouse:\(name)\n".write(toFile: names, atomically: true, encoding: .utf8)
        try await openssl(
            [
                "x509", "-req", "-in", path(name + ".csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-extfile", names, "-days", "1", "-out",
                path(name + ".pem"),
            ], at: isExpired ? "2020-01-01 00:00:00" : seconds.map { Self.text(Date(timeIntervalSinceNow: Double($0 - 86_400))) })
        chmod(path(name + ".key"), 0o600)
    }

    package func bytes(_ name: String) -> [UInt8] { Array(FileManager.default.contents(atPath: path(name)) ?? Data()) }

    private static func text(_ date: Date) -> String { String(date.ISO8601Format().prefix(19)).replacingOccurrences(of: "T", with: " ") }

    /// SHA-256 of a certificate, in hexadecimal digits.
    package func digest(_ name: String) async throws -> String {
        let outcome = try await Program.run(["/usr/bin/openssl", "x509", "-in", path(name + ".pem"), "-noout", "-fingerprint", "-sha256"])
        guard outcome.status == 0, let text = outcome.output.split(separator: "=").last else { throw TestFailure("openssl: \(outcome.errors)") }
        return text.filter(\.isHexDigit).lowercased()
    }

    /// - Parameter time: what the program takes for now, in UTC.
    private func openssl(_ arguments: [String], at time: String? = nil) async throws {
        let outcome = try await Program.run(
            (time.map { ["/usr/bin/faketime", $0] } ?? []) + ["/usr/bin/openssl"] + arguments, environment: ["TZ": "UTC"])
        guard outcome.status == 0 else { throw TestFailure("openssl \(arguments.first ?? ""): \(outcome.errors)") }
    }
}
