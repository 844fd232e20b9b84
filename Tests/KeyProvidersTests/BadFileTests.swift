import Foundation
import Glibc
import KeyProviders
import Sealing
import TestPostgres
import Testing
import Vocabulary

/// Key files, and files of passphrases and credentials, that are not as they should be: a refusal says what to do, and no file changes.
struct BadFileTests {
    private let label = Array("label".utf8)

    /// Expects that opening is refused, for a used vault and for a fresh one, and changes nothing.
    private func isRefused(
        _ keys: KeysFolder, _ secret: RootSecret, _ code: KeyProviderError.Code, _ words: String,
        freshness: [Bool] = [false, true], _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try keys.contents()
        for isFresh in freshness {
            let error = await refused(code, location) { _ = try await keys.open(secret: secret, isFresh: isFresh) }
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")", sourceLocation: location)
        }
        #expect(try keys.contents() == before, sourceLocation: location)
    }

    /// A folder with a root key sealed by a passphrase, and one wrapping key.
    private func used() async throws -> (keys: KeysFolder, secret: RootSecret, name: WrappingKeyName) {
        let keys = try KeysFolder()
        let secret = RootSecret.passphrase(try keys.secretFile("right", named: "passphrase"))
        let name = WrappingKeyName.make()
        try await keys.open(secret: secret, isFresh: true).makeKey(name)
        return (keys, secret, name)
    }

    @Test func `a wrong passphrase or credential`() async throws {
        let (keys, _, _) = try await used()
        try await isRefused(keys, .passphrase(keys.secretFile("wrong")), .refused, "the passphrase is not the one that")
        let other = try KeysFolder()
        _ = try await other.open(isFresh: true)
        let line = "gatehouse-credential-1 \(String(repeating: "A", count: 43))\n"
        try await isRefused(other, .credential(keys.secretFile(line)), .refused, "the credential is not the one that")
    }

    @Test func `a secret of another kind than the root key was sealed by`() async throws {
        let (keys, _, _) = try await used()
        try await isRefused(keys, .ownCredential, .misconfigured, "is sealed by a passphrase, and none is configured")
        #expect(!keys.has("host.credential"))
        let other = try KeysFolder()
        _ = try await other.open(isFresh: true)
        try await isRefused(other, .passphrase(keys.secretFile("some")), .misconfigured, "is sealed by a credential")
    }

    @Test func `a root key that is missing while the vault is used`() async throws {
        let (keys, secret, _) = try await used()
        try keys.remove("root.key")
        // The wrapping keys in the folder show that it is not fresh, whatever the vault says.
        try await isRefused(keys, secret, .missing, "there is no root key at")
        let empty = try KeysFolder()
        await refused(.missing) { _ = try await empty.open(secret: secret) }
        #expect(!empty.has("root.key") && !empty.has("host.credential"))
    }

    @Test func `a missing, empty or overlong passphrase file`() async throws {
        let keys = try KeysFolder()
        let nowhere = SecretFile(keys.outside + "/nowhere")
        for text in ["", "\n", "\r\n"] {
            let secret = RootSecret.passphrase(try keys.secretFile(text))
            let error = await refused(.refused) { _ = try await keys.open(secret: secret, isFresh: true) }
            #expect(error?.message.hasSuffix("is empty") == true)
        }
        await refused(.missing) { _ = try await keys.open(secret: .passphrase(nowhere), isFresh: true) }
        await refused(.missing) { _ = try await keys.open(secret: .credential(nowhere), isFresh: true) }
        let long = RootSecret.passphrase(try keys.secretFile(String(repeating: "x", count: 70_000)))
        await refused(.malformed) { _ = try await keys.open(secret: long, isFresh: true) }
        #expect(!keys.has("root.key"))
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o700] as [mode_t])
    func `a file that others may read or write`(_ mode: mode_t) async throws {
        let (keys, secret, name) = try await used()
        #expect(chmod(keys.outside + "/passphrase", mode) == 0)
        try await isRefused(keys, secret, .exposed, "(mode \(String(mode, radix: 8)))")
        #expect(chmod(keys.outside + "/passphrase", 0o600) == 0)
        #expect(chmod(keys.path + "/root.key", mode) == 0)
        try await isRefused(keys, secret, .exposed, "root.key is open to others")
        #expect(chmod(keys.path + "/root.key", 0o600) == 0)
        let provider = try await keys.open(secret: secret)
        #expect(chmod(keys.path + "/" + KeysFolder.file(name), mode) == 0)
        await refused(.exposed) { _ = try await provider.wrap(.random(), under: name, label: label) }

        let other = try KeysFolder()
        _ = try await other.open(isFresh: true)
        #expect(chmod(other.path + "/host.credential", mode) == 0)
        try await isRefused(other, .ownCredential, .exposed, "host.credential is open to others")
    }

    @Test func `a folder that others may write to`() async throws {
        let (keys, secret, _) = try await used()
        for folder in ["", "/wrapping"] {
            #expect(chmod(keys.path + folder, 0o770) == 0)
            try await isRefused(keys, secret, .exposed, "others may write to the folder")
            #expect(chmod(keys.path + folder, 0o700) == 0)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives a file to somebody else")) func `a file of another user`() async throws {
        let (keys, secret, _) = try await used()
        #expect(chown(keys.path + "/root.key", 1, 1) == 0)
        try await isRefused(keys, secret, .exposed, "belongs to another user")
    }

    @Test func `a link in place of a file or a folder`() async throws {
        let (keys, secret, name) = try await used()
        func moveAway(_ file: String) throws {
            try FileManager.default.moveItem(atPath: file, toPath: file + ".moved")
            #expect(symlink(file + ".moved", file) == 0)
        }
        let provider = try await keys.open(secret: secret)
        try moveAway(keys.path + "/" + KeysFolder.file(name))
        let target = try keys.read(KeysFolder.file(name) + ".moved")
        await refused(.malformed) { _ = try await provider.wrap(.random(), under: name, label: label) }
        await refused(.malformed) { try await provider.destroyKey(name) }
        #expect(try keys.read(KeysFolder.file(name) + ".moved") == target)
        try moveAway(keys.path + "/root.key")
        try await isRefused(keys, secret, .malformed, "is a symbolic link")

        let (other, otherSecret, _) = try await used()
        try moveAway(other.outside + "/passphrase")
        try await isRefused(other, otherSecret, .malformed, "is a symbolic link")
        let (third, thirdSecret, _) = try await used()
        try moveAway(third.path + "/wrapping")
        try await isRefused(third, thirdSecret, .malformed, "is not a folder")
    }

    @Test func `a pipe or a folder in place of a file`() async throws {
        let (keys, secret, _) = try await used()
        try keys.remove("root.key")
        #expect(mkfifo(keys.path + "/root.key", 0o600) == 0)
        try await isRefused(keys, secret, .malformed, "is not a regular file")
        try keys.remove("root.key")
        #expect(mkdir(keys.path + "/root.key", 0o700) == 0)
        try await isRefused(keys, secret, .malformed, "is not a regular file")
    }

    @Test func `a root key that was cut short or changed anywhere`() async throws {
        let (keys, secret, _) = try await used()
        let whole = try keys.read("root.key")
        for count in whole.indices {
            try keys.write("root.key", Array(whole[..<count]))
            await refused(.malformed) { _ = try await keys.open(secret: secret, isFresh: true) }
        }
        for position in whole.indices {
            var changed = whole
            changed[position] ^= 1
            try keys.write("root.key", changed)
            await refused(.malformed) { _ = try await keys.open(secret: secret) }
        }
        for changed in [whole + [UInt8(ascii: "\n")], whole + whole, [UInt8](repeating: 0, count: whole.count)] {
            try keys.write("root.key", changed)
            try await isRefused(keys, secret, .malformed, "root.key")
        }
        try keys.write("root.key", whole)
        _ = try await keys.open(secret: secret)
    }

    @Test func `a wrapping key that was cut short or changed anywhere`() async throws {
        let (keys, secret, name) = try await used()
        let provider = try await keys.open(secret: secret)
        let file = KeysFolder.file(name)
        let whole = try keys.read(file)
        for count in whole.indices {
            try keys.write(file, Array(whole[..<count]))
            await refused(.malformed) { _ = try await provider.wrap(.random(), under: name, label: label) }
        }
        for position in whole.indices {
            var changed = whole
            changed[position] ^= 1
            try keys.write(file, changed)
            await refused(.malformed) { try await provider.makeKey(name) }
            #expect(try keys.read(file) == changed)
        }
    }

    @Test func `a file that was changed by somebody who made its digest anew`() async throws {
        let (keys, secret, name) = try await used()
        let provider = try await keys.open(secret: secret)
        func rewrite(_ file: String, _ old: String, _ new: String) throws {
            let text = String(decoding: try keys.read(file), as: UTF8.self).replacing(old, with: new)
            let body = Array(text.split(separator: "\n").dropLast().joined(separator: "\n").utf8) + [UInt8(ascii: "\n")]
            let digest = Blake2b.hash(body, byteCount: 16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            try keys.write(file, body + Array("check \(digest)\n".utf8))
        }
        let other = WrappingKeyName.make()
        try rewrite(KeysFolder.file(name), "\(name)", "\(other)")
        await refused(.malformed) { _ = try await provider.wrap(.random(), under: name, label: label) }
        try keys.write(KeysFolder.file(other), keys.read(KeysFolder.file(name)))
        await refused(.malformed) { _ = try await provider.wrap(.random(), under: other, label: label) }
        let root = try keys.read("root.key")
        try rewrite("root.key", "passes 1", "passes 2")
        try await isRefused(keys, secret, .refused, "the passphrase is not the one")
        try keys.write("root.key", root)
        // A cost that would take the machine's memory is not even tried.
        try rewrite("root.key", "memory 65536", "memory 999999999999")
        try await isRefused(keys, secret, .malformed, "root.key was cut short or changed")
    }

    @Test func `the file of another key under this key's name`() async throws {
        let (keys, secret, name) = try await used()
        let provider = try await keys.open(secret: secret)
        let other = WrappingKeyName.make()
        try await provider.makeKey(other)
        try keys.write(KeysFolder.file(name), keys.read(KeysFolder.file(other)))
        let error = await refused(.malformed) { _ = try await provider.wrap(.random(), under: name, label: label) }
        #expect(error?.message.hasSuffix("is the file of another key") == true)
    }

    @Test func `a wrapping key whose root is another`() async throws {
        let (keys, secret, name) = try await used()
        let (other, otherSecret, _) = try await used()
        try other.write(KeysFolder.file(name), keys.read(KeysFolder.file(name)))
        _ = secret
        let provider = try await other.open(secret: otherSecret)
        await refused(.missing) { _ = try await provider.wrap(.random(), under: name, label: label) }
        try await provider.beginRootReplacement()
        await refused(.inUse) { try await provider.finishRootReplacement() }
    }

    @Test func `a credential that was cut short, changed or is something else`() async throws {
        let keys = try KeysFolder()
        _ = try await keys.open(isFresh: true)
        let whole = try keys.read("host.credential")
        for changed in [Array(whole.dropLast(2)), Array("something".utf8), Array(whole.dropLast()) + Array("=\n".utf8), whole + whole] {
            try keys.write("host.credential", changed)
            try await isRefused(keys, .ownCredential, .malformed, "host.credential is no credential")
        }
        try keys.remove("host.credential")
        try await isRefused(keys, .ownCredential, .missing, "there is no credential file at")
        #expect(!keys.has("host.credential"))
    }

    @Test func `no message tells a secret`() async throws {
        let (keys, _, _) = try await used()
        let error = await refused(.refused) { _ = try await keys.open(secret: .passphrase(keys.secretFile("hunter2"))) }
        #expect("\(error as Any)".contains("hunter2") == false)
    }
}
