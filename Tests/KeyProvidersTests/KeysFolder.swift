import Foundation
import Glibc
import KeyProviders
import Sealing
import TestPostgres
import Vocabulary

/// A keys folder of one test, and what is in it.
struct KeysFolder: Sendable {
    /// Cheap, so that a suite is not about Argon2id.
    static let cost = PassphraseKey.Cost(passes: 1, memoryBytes: 64 << 10)

    let outside: String
    let path: String

    init() throws {
        outside = try TemporaryFolder.make()
        path = outside + "/keys"
    }

    private init(outside: String) {
        self.outside = outside
        path = outside + "/keys"
    }

    func open(secret: RootSecret = .ownCredential, next: RootSecret? = nil, isFresh: Bool = false) async throws -> FileKeyProvider {
        try await FileKeyProvider.open(folder: path, secret: secret, nextSecret: next, cost: Self.cost, isFresh: isFresh)
    }

    /// The folder as it would be found if the process died now.
    func copy() throws -> KeysFolder {
        let copy = try KeysFolder()
        try FileManager.default.copyItem(atPath: path, toPath: copy.path)
        return KeysFolder(outside: copy.outside)
    }

    // MARK: Files

    /// A file beside the folder with a secret in it.
    func secretFile(_ text: String, mode: mode_t = 0o600, named name: String = "secret-\(UUIDv7.make())") throws -> SecretFile {
        let file = outside + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        guard chmod(file, mode) == 0 else { throw TestFailure("\(file) keeps its mode") }
        return SecretFile(file)
    }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))) }

    func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o600) throws {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        guard chmod(file, mode) == 0 else { throw TestFailure("\(file) keeps its mode") }
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + name) }

    func mode(_ name: String) throws -> mode_t {
        var status = stat()
        guard lstat(path + "/" + name, &status) == 0 else { throw TestFailure("there is no \(name)") }
        return status.st_mode & 0o7777
    }

    /// Every file with its bytes, links as where they lead.
    func contents() throws -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) where name != "lock" {
            var status = stat()
            guard lstat(path + "/" + name, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFREG: contents[name] = try read(name)
            case S_IFLNK: contents[name] = Array(try FileManager.default.destinationOfSymbolicLink(atPath: path + "/" + name).utf8)
            default: contents[name] = []
            }
        }
        return contents
    }

    static func file(_ name: WrappingKeyName) -> String { "wrapping/\(name).key" }
}
