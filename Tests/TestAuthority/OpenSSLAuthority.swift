import Foundation
import Glibc
package import NIOSSL
import Synchronization

/// A time-stamping authority of the `openssl` program, with a root of its own, in a folder of its own.
package final class OpenSSLAuthority: Sendable {
    package struct Failure: Error {
        package let arguments: [String]
        package let errors: String
    }

    private static let program: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/openssl" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    package static var isInstalled: Bool { program != nil }

    package let folder: String
    /// One question at a time: the files of the program have fixed names.
    private let turn = Mutex(())
    package var root: [UInt8] { get throws { try read("root.pem") } }
    package var rootPath: String { folder + "/root.pem" }

    /// - Parameter digests: those that it takes.
    package init(digests: String = "sha256") throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-tsa-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try write("config", Array(Self.configuration(folder, digests).utf8))
        try write("serial", Array("01\n".utf8))
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "config"]
        try run(["req", "-x509"] + key + ["-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Root", "-days", "2", "-extensions", "root"])
        try issue("signer", extensions: "signer")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A certificate below the root: `NAME.pem` with `NAME.key`.
    ///
    /// - Parameter extensions: `signer` of time-stamps, `uncritical` or `web` for signers that are none, `server` for one at 127.0.0.1,
    ///   `elsewhere` for one that is not.
    package func issue(_ name: String, extensions: String) throws {
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "config"]
        try run(["req"] + key + ["-keyout", "\(name).key", "-out", "\(name).csr", "-subj", "/CN=\(name)"])
        try run([
            "x509", "-req", "-in", "\(name).csr", "-CA", "root.pem", "-CAkey", "root.key", "-set_serial", "\(Int.random(in: 2...1 << 40))", "-days",
            "2",
            "-extfile", "config", "-extensions", extensions, "-out", "\(name).pem",
        ])
    }

    package func reply(to request: [UInt8]) throws -> [UInt8] {
        try turn.withLock { _ in
            try write("request.tsq", request)
            try run(["ts", "-reply", "-config", "config", "-queryfile", "request.tsq", "-out", "reply.tsr"])
            return try read("reply.tsr")
        }
    }

    /// The same content as in a reply, signed again by another certificate below the root.
    package func reply(_ reply: [UInt8], signedBy name: String) throws -> [UInt8] {
        try write("signed.tsr", reply)
        try run(["ts", "-reply", "-config", "config", "-in", "signed.tsr", "-token_out", "-out", "token.der"])
        try run(["cms", "-verify", "-noverify", "-inform", "DER", "-in", "token.der", "-binary", "-out", "content.der"])
        try run([
            "cms", "-sign", "-cades", "-md", "sha256", "-binary", "-nodetach", "-econtent_type", "id-smime-ct-TSTInfo", "-in", "content.der",
            "-signer",
            "\(name).pem", "-inkey", "\(name).key", "-outform", "DER", "-out", "again.der",
        ])
        return Self.granted(try read("again.der"))
    }

    /// A reply with the status granted around a token (RFC 3161 section 2.4.2).
    private static func granted(_ token: [UInt8]) -> [UInt8] {
        let content: [UInt8] = [0x30, 0x03, 0x02, 0x01, 0x00] + token
        return [0x30, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
    }

    /// What a server speaks TLS with: a certificate of this authority.
    package func serverContext(_ name: String = "server") throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile("\(folder)/\(name).pem").map { NIOSSLCertificateSource.certificate($0) }
        let key = try NIOSSLPrivateKey(file: "\(folder)/\(name).key", format: .pem)
        return try NIOSSLContext(configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
    }

    /// Whether `openssl ts -verify` takes a reply for these bytes.
    package func accepts(_ reply: [UInt8], for bytes: [UInt8]) throws -> Bool {
        try turn.withLock { _ in
            try write("kept.tsr", reply)
            try write("kept", bytes)
            do {
                try run(["ts", "-verify", "-in", "kept.tsr", "-data", "kept", "-CAfile", "root.pem"])
                return true
            } catch is Failure {
                return false
            }
        }
    }

    // MARK: Program and files

    private func run(_ arguments: [String]) throws {
        // Foundation's Process waits in a run loop, which the threads that servers answer on do not have.
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, folder + "/errors", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let command = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder, Self.program ?? "openssl"] + arguments
        var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        var status: Int32 = 0
        let isStarted = posix_spawn(&child, "/bin/sh", &actions, nil, &words, environ) == 0
        while isStarted, waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard isStarted, status == 0 else {
            throw Failure(arguments: arguments, errors: String(decoding: (try? read("errors")) ?? [], as: UTF8.self))
        }
    }

    private func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: folder + "/" + name))) }
    private func write(_ name: String, _ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: folder + "/" + name)) }

    private static func configuration(_ folder: String, _ digests: String) -> String {
        """
        [req]
        distinguished_name = name
        prompt = no
        [name]
        CN = unnamed
        [root]
        basicConstraints = critical, CA:true
        keyUsage = critical, keyCertSign
        subjectKeyIdentifier = hash
        [signer]
        basicConstraints = critical, CA:false
        keyUsage = critical, digitalSignature
        extendedKeyUsage = critical, timeStamping
        [uncritical]
        basicConstraints = critical, CA:false
        keyUsage = critical, digitalSignature
        extendedKeyUsage = timeStamping
        [web]
        basicConstraints = critical, CA:false
        keyUsage = critical, digitalSignature
        extendedKeyUsage = critical, serverAuth
        [server]
        basicConstraints = critical, CA:false
        extendedKeyUsage = serverAuth
        subjectAltName = IP:127.0.0.1
        [elsewhere]
        basicConstraints = critical, CA:false
        extendedKeyUsage = serverAuth
        subjectAltName = IP:127.0.0.2, DNS:localhost
        [tsa]
        default_tsa = authority
        [authority]
        dir = \(folder)
        serial = $dir/serial
        crypto_device = builtin
        signer_cert = $dir/signer.pem
        certs = $dir/root.pem
        signer_key = $dir/signer.key
        signer_digest = sha256
        default_policy = 1.2.3.4.1
        digests = \(digests)
        accuracy = secs:1
        ordering = no
        tsa_name = no
        ess_cert_id_chain = no
        ess_cert_id_alg = sha256
        """
    }
}
