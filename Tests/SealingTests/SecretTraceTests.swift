import Foundation
import Testing

@testable import Sealing

/// What is left of secrets in the memory of a process that has used them and let them go.
///
/// Best effort: it looks at two moments of one run of one build on one machine, for the secrets as they were (any 16 bytes of a
/// half), not for something computed from them that nobody thought of, and not at what the kernel or the disk keeps. A copy that
/// something overwrote by chance before the second look is not found. That the first look finds what is held shows that the
/// method would see what it looks for.
@Suite(.enabled(if: CoreImage.isPossible, "gdb is not there or may not look into another process: what secrets leave in memory is not looked at"))
struct SecretTraceTests {
    private struct Secret {
        let name: String
        let bytes: [UInt8]
        /// Whether the probe has it in memory between use and release.
        var isHeld = false
    }

    @Test(.timeLimit(.minutes(15))) func `nothing of a released secret is in the memory of the process`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-secrets-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ name: String, _ bytes: [UInt8]) throws { try Data(bytes).write(to: folder.appending(path: name)) }

        var secrets: [Secret] = []
        for (name, count, isHeld) in [
            ("key", 32, true), ("wrapped", 32, true), ("master", 32, false), ("value", 48, false), ("passphrase", 32, false),
        ] {
            let bytes = randomBytes(count: count)
            try write(name, bytes)
            secrets.append(Secret(name: name, bytes: bytes, isHeld: isHeld))
        }
        let identity = AgeIdentity.make()
        let text = identity.text().withBytes { Array($0) }
        try write("identity", text)
        secrets.append(Secret(name: "identity as text", bytes: Array(text.dropFirst(AgeIdentity.prefix.utf8CodeUnitCount + 1))))
        let plaintext = randomBytes(count: 100)
        let file = AgeFile.seal(plaintext, to: [identity.recipient])
        try write("file.age", file)
        secrets.append(Secret(name: "plaintext of a file", bytes: plaintext))

        let probe = try Probe(folder)
        defer { probe.end() }
        try probe.expect("held")
        // What was computed from the secrets, computed again here.
        secrets += try derived(from: secrets, folder)
        secrets += try derived(from: identity, file)
        let held = try CoreImage.of(probe.pid, in: folder)
        for secret in secrets where secret.isHeld { #expect(held.contains(secret.bytes), "\(secret.name) is held, and not found") }
        for secret in secrets where !secret.isHeld { #expect(!held.contains(secret.bytes), "\(secret.name) is found after its use") }

        probe.proceed()
        try probe.expect("released")
        let released = try CoreImage.of(probe.pid, in: folder)
        for secret in secrets { #expect(!released.contains(secret.bytes), "\(secret.name) is found after its release") }
        // The image is one of the process, whole enough to hold what is no secret.
        #expect(released.contains(Array(folder.lastPathComponent.utf8)))
    }

    /// Field key, key of a message in suite 2, and the passphrase's key.
    private func derived(from secrets: [Secret], _ folder: URL) throws -> [Secret] {
        func bytes(_ name: String) throws -> [UInt8] { try #require(secrets.first { $0.name == name }).bytes }
        let master = SymmetricKey(SecretBytes(copying: try bytes("master")))
        let fieldKey = master.derive("gatehouse/v1/field").withBytes { Array($0) }
        let extracted = try bytes("master").withUnsafeBytes { HKDF.withExtracted(input: $0, salt: []) { Array($0) } }
        let sealed = Array(try Data(contentsOf: folder.appending(path: "sealed-2")))
        let nonce = Array(sealed[Envelope.headerByteCount..<Envelope.headerByteCount + Envelope.nonceByteCount])
        let messageKey = XAES256GCM.withSubkey(of: fieldKey, nonce: nonce) { Array(UnsafeBufferPointer(start: $0, count: 32)) }
        let cost = PassphraseKey.Cost(passes: 1, memoryBytes: 1 << 20)
        let salt = [UInt8](repeating: 1, count: 16)
        let passphraseKey = try #require(PassphraseKey.derive(SecretBytes(copying: try bytes("passphrase")), salt: salt, cost: cost))
        return [
            Secret(name: "field key", bytes: fieldKey, isHeld: true), Secret(name: "pseudorandom key of HKDF", bytes: extracted),
            Secret(name: "key of a message", bytes: messageKey),
            Secret(name: "key of the passphrase", bytes: passphraseKey.withBytes { Array($0) }, isHeld: true),
        ]
    }

    /// The secret behind an identity's text, and the keys of the file that it opened.
    private func derived(from identity: AgeIdentity, _ file: [UInt8]) throws -> [Secret] {
        var secret = [UInt8](repeating: 0, count: 32)
        let isRead = identity.text().withBytes { text in
            secret.withUnsafeMutableBytes { Bech32.decode(text, prefix: AgeIdentity.prefix, into: $0) }
        }
        #expect(isRead)
        let header = try AgeHeader(from: file)
        let share = try #require(try AgeX25519.share(of: header.stanzas[0]))
        let shared = try #require(secret.withUnsafeBytes { AgeX25519.withSharedSecret($0, share) { Array($0) } })
        let wrapKey = try #require(
            secret.withUnsafeBytes {
                AgeX25519.withWrapKey($0, share, share: share, recipient: identity.recipient.point) {
                    Array(UnsafeBufferPointer(start: $0, count: 32))
                }
            }
        )
        let nonce = Array(file[header.bytes.count..<header.bytes.count + AgeChunkCipher.nonceByteCount])
        var keys: [Secret] = []
        if let fileKey = try identity.unwrap(header.stanzas[0]) {
            keys.append(Secret(name: "file key", bytes: fileKey.withBytes { Array($0) }))
            keys.append(Secret(name: "payload key", bytes: fileKey.payloadKey(nonce: nonce).withBytes { Array($0) }))
        }
        #expect(keys.count == 2)
        return keys + [
            Secret(name: "identity", bytes: secret, isHeld: true), Secret(name: "shared secret", bytes: shared),
            Secret(name: "wrap key", bytes: wrapKey),
        ]
    }
}

/// The program `SecretsProbe`, which this target's build has made beside the tests.
private final class Probe {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    var pid: Int32 { process.processIdentifier }

    init(_ folder: URL) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        process.executableURL = root.appending(path: ".build/debug/SecretsProbe")
        process.arguments = [folder.path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    func expect(_ word: String) throws {
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n"), let byte = try output.fileHandleForReading.read(upToCount: 1)?.first { line.append(byte) }
        try #require(String(decoding: line, as: UTF8.self) == word + "\n")
    }

    func proceed() { input.fileHandleForWriting.write(Data("\n".utf8)) }

    func end() {
        // Its input has ended, and so does it; nothing here waits for that.
        try? input.fileHandleForWriting.close()
    }
}

/// The core image of a running process, made by gdb with what the process asks to keep out of the kernel's own dumps.
struct CoreImage {
    private let image: Data

    /// Whether gdb is there and may look into a process.
    static let isPossible: Bool = {
        let sleeper = Process()
        sleeper.executableURL = URL(filePath: "/bin/sleep")
        sleeper.arguments = ["60"]
        guard (try? sleeper.run()) != nil else { return false }
        defer { sleeper.terminate() }
        let folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-core-\(UUID().uuidString)")
        guard (try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)) != nil else { return false }
        defer { try? FileManager.default.removeItem(at: folder) }
        return (try? of(sleeper.processIdentifier, in: folder)) != nil
    }()

    static func of(_ pid: Int32, in folder: URL) throws -> CoreImage {
        let file = folder.appending(path: "core-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        // Waited for by its pid: Foundation's waiting runs a loop of events, which may never end on a thread that tests share.
        try run(
            ["/usr/bin/gdb", "-nx", "-q", "-batch", "-p", "\(pid)"]
                + ["set use-coredump-filter off", "set dump-excluded-mappings on", "gcore \(file.path)"].flatMap { ["-ex", $0] })
        return CoreImage(image: try Data(contentsOf: file))
    }

    private static func run(_ command: [String]) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] { posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0) }
        var words = command.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var (child, status): (pid_t, Int32) = (0, 0)
        guard posix_spawn(&child, command[0], &actions, nil, &words, environ) == 0 else { throw CocoaError(.executableNotLoadable) }
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
    }

    /// Whether either half of the bytes stands in the image; of long ones the first 16 and the last 16.
    func contains(_ bytes: [UInt8]) -> Bool {
        image.withUnsafeBytes { image in Self.contains(bytes.prefix(16), image) || Self.contains(bytes.suffix(16), image) }
    }

    private static func contains(_ part: ArraySlice<UInt8>, _ image: UnsafeRawBufferPointer) -> Bool {
        part.withUnsafeBytes { part in
            guard var position = image.baseAddress, let wanted = part.baseAddress else { return false }
            let end = position + image.count
            while end - position >= part.count, let hit = memchr(position, Int32(part[0]), end - position) {
                if end - UnsafeRawPointer(hit) >= part.count, memcmp(hit, wanted, part.count) == 0 { return true }
                position = UnsafeRawPointer(hit) + 1
            }
            return false
        }
    }
}
