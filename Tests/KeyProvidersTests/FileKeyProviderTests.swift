import Foundation
import Glibc
import KeyProviders
import Sealing
import TestPostgres
import Testing
import Vocabulary

/// How keys rest as files, and what an interrupted change leaves.
struct FileKeyProviderTests {
    private let label = Array("label".utf8)

    @Test func `files and folders are their owner's alone`() async throws {
        let keys = try KeysFolder()
        let provider = try await keys.open(isFresh: true)
        let name = WrappingKeyName.make()
        try await provider.makeKey(name)
        try await provider.beginRootReplacement()
        for file in ["root.key", "root.next", "host.credential", KeysFolder.file(name)] { #expect(try keys.mode(file) == 0o600) }
        #expect(try keys.mode("wrapping") == 0o700)
        #expect(try keys.contents().keys.filter { $0.hasPrefix(".") }.isEmpty)
    }

    @Test func `a passphrase seals the root key, with or without a line break`() async throws {
        let keys = try KeysFolder()
        let provider = try await keys.open(secret: .passphrase(keys.secretFile("correct horse\n")), isFresh: true)
        let name = WrappingKeyName.make()
        try await provider.makeKey(name)
        let wrapped = try await provider.wrap(.random(), under: name, label: label)
        #expect(!keys.has("host.credential"))
        for text in ["correct horse", "correct horse\r\n"] {
            let again = try await keys.open(secret: .passphrase(keys.secretFile(text, mode: 0o400)))
            _ = try await again.unwrap(wrapped, under: name, label: label)
        }
    }

    @Test func `the standard cost of a passphrase is in the file, and opens`() async throws {
        let keys = try KeysFolder()
        let secret = RootSecret.passphrase(try keys.secretFile("correct horse"))
        _ = try await FileKeyProvider.open(folder: keys.path, secret: secret, isFresh: true)
        let text = String(decoding: try keys.read("root.key"), as: UTF8.self)
        #expect(text.contains("passes 3\nmemory 268435456\n"))
        _ = try await FileKeyProvider.open(folder: keys.path, secret: secret, isFresh: false)
    }

    @Test func `a credential of the host seals the root key`() async throws {
        let keys = try KeysFolder()
        _ = try await keys.open(isFresh: true)
        let credential = String(decoding: try keys.read("host.credential"), as: UTF8.self)
        #expect(credential.hasPrefix("gatehouse-credential-1 "))
        let moved = try keys.secretFile(credential)
        try keys.remove("host.credential")
        _ = try await keys.open(secret: .credential(moved))
    }

    @Test func `nothing of a key stands in its file`() async throws {
        let keys = try KeysFolder()
        let secret = try keys.secretFile("correct horse battery")
        let provider = try await keys.open(secret: .passphrase(secret), isFresh: true)
        let name = WrappingKeyName.make()
        let key = SymmetricKey.random()
        try await provider.makeKey(name)
        _ = try await provider.wrap(key, under: name, label: label)
        for (_, bytes) in try keys.contents() {
            #expect(!String(decoding: bytes, as: UTF8.self).contains("correct"))
            #expect(bytes.firstRange(of: key.copiedBytes) == nil)
        }
    }

    @Test func `processes that start a fresh folder together agree on its root`() async throws {
        let keys = try KeysFolder()
        let providers = try await withThrowingTaskGroup(of: FileKeyProvider.self) { group in
            for _ in 0..<6 { group.addTask { try await keys.open(isFresh: true) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let name = WrappingKeyName.make()
        try await providers[0].makeKey(name)
        let wrapped = try await providers[0].wrap(.random(), under: name, label: label)
        for provider in providers { _ = try await provider.unwrap(wrapped, under: name, label: label) }
    }

    // MARK: Destroying

    @Test func `a destroyed file is overwritten before its name goes`() async throws {
        let keys = try KeysFolder()
        let provider = try await keys.open(isFresh: true)
        let name = WrappingKeyName.make()
        try await provider.makeKey(name)
        let kept = keys.outside + "/kept"
        #expect(link(keys.path + "/" + KeysFolder.file(name), kept) == 0)
        try await provider.destroyKey(name)
        #expect(try Data(contentsOf: URL(fileURLWithPath: kept)).allSatisfy { $0 == 0 })
        #expect(!keys.has(KeysFolder.file(name)))
    }

    @Test func `a destruction that was interrupted is gone through again`() async throws {
        let keys = try KeysFolder()
        let provider = try await keys.open(isFresh: true)
        let name = WrappingKeyName.make()
        try await provider.makeKey(name)
        let wrapped = try await provider.wrap(.random(), under: name, label: label)
        try keys.write(KeysFolder.file(name), [UInt8](repeating: 0, count: 200))
        await refused(.unknown) { _ = try await provider.unwrap(wrapped, under: name, label: label) }
        #expect(try await provider.keyNames() == [name])
        let copy = try keys.copy()
        try await provider.destroyKey(name)
        #expect(try await provider.keyNames().isEmpty)
        // Making it instead gives another key.
        let other = try await copy.open()
        try await other.makeKey(name)
        await refused(.unopened) { _ = try await other.unwrap(wrapped, under: name, label: label) }
    }

    @Test func `damaged key files can be destroyed`() async throws {
        let keys = try KeysFolder()
        let provider = try await keys.open(isFresh: true)
        let name = WrappingKeyName.make()
        try await provider.makeKey(name)
        try keys.write(KeysFolder.file(name), Array("gate".utf8))
        await refused(.malformed) { try await provider.makeKey(name) }
        try await provider.destroyKey(name)
        #expect(!keys.has(KeysFolder.file(name)))
    }

    // MARK: Replacing the root

    @Test func `an old root stays while a key hangs on it, and is overwritten when it goes`() async throws {
        let keys = try KeysFolder()
        let provider = try await keys.open(isFresh: true)
        let name = WrappingKeyName.make()
        try await provider.makeKey(name)
        let old = try keys.read("root.key")
        let kept = keys.outside + "/kept"
        #expect(link(keys.path + "/root.key", kept) == 0)
        try await provider.beginRootReplacement()
        await refused(.inUse) { try await provider.finishRootReplacement() }
        #expect(try keys.read("root.key") == old)
        let next = try keys.read("root.next")
        try await provider.destroyKey(name)
        try await provider.finishRootReplacement()
        #expect(try keys.read("root.key") == next)
        #expect(!keys.has("root.next"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: kept)).allSatisfy { $0 == 0 })
    }

    @Test func `a replacement goes on from wherever the process died`() async throws {
        let keys = try KeysFolder()
        let provider = try await keys.open(isFresh: true)
        let old = WrappingKeyName.make(generation: 0)
        let new = WrappingKeyName(tenant: old.tenant, epoch: old.epoch, generation: 1)
        try await provider.makeKey(old)
        let key = SymmetricKey.random()
        let wrapped = try await provider.wrap(key, under: old, label: label)
        var found = [try keys.copy()]

        // A draft that never got its name, and one that did.
        let draft = try keys.copy()
        try draft.write(".unfinished-0011223344556677", Array("gatehouse-sealed-root-1\nid".utf8))
        found.append(draft)
        try await provider.beginRootReplacement()
        found.append(try keys.copy())
        let linked = try keys.copy()
        #expect(link(linked.path + "/root.next", linked.path + "/.unfinished-8899aabbccddeeff") == 0)
        found.append(linked)

        try await provider.makeKey(new)
        found.append(try keys.copy())
        let rewrapped = try await provider.wrap(key, under: new, label: label)
        try await provider.destroyKey(old)
        found.append(try keys.copy())
        try await provider.finishRootReplacement()
        found.append(try keys.copy())

        for keys in found {
            let provider = try await keys.open()
            #expect(try keys.contents().keys.filter { $0.hasPrefix(".") }.isEmpty)
            let hadNew = try await provider.keyNames().contains(new)
            let hadOld = try await provider.keyNames().contains(old)
            if hadOld { #expect(try await provider.unwrap(wrapped, under: old, label: label).copiedBytes == key.copiedBytes) }
            if hadNew { #expect(try await provider.unwrap(rewrapped, under: new, label: label).copiedBytes == key.copiedBytes) }
            // What a job does that is carried on: every step once more.
            if hadOld {
                try await provider.beginRootReplacement()
                try await provider.makeKey(new)
            }
            let again = try await provider.wrap(key, under: new, label: label)
            try await provider.destroyKey(old)
            try await provider.finishRootReplacement()
            let reopened = try await keys.open()
            #expect(try await reopened.unwrap(again, under: new, label: label).copiedBytes == key.copiedBytes)
            #expect(!keys.has("root.next"))
        }
    }

    @Test func `a running process takes up the new root by itself`() async throws {
        let keys = try KeysFolder()
        let running = try await keys.open(isFresh: true)
        let provider = try await keys.open()
        try await provider.beginRootReplacement()
        try await provider.finishRootReplacement()
        let name = WrappingKeyName.make()
        try await provider.makeKey(name)
        let wrapped = try await provider.wrap(.random(), under: name, label: label)
        _ = try await running.unwrap(wrapped, under: name, label: label)
        let other = WrappingKeyName.make()
        try await running.makeKey(other)
        let back = try await running.wrap(.random(), under: other, label: label)
        _ = try await provider.unwrap(back, under: other, label: label)
    }

    @Test func `the passphrase changes with the root, and who has only the old one is told`() async throws {
        let keys = try KeysFolder()
        let old = RootSecret.passphrase(try keys.secretFile("old"))
        let new = RootSecret.passphrase(try keys.secretFile("new"))
        let running = try await keys.open(secret: old, isFresh: true)
        let first = WrappingKeyName.make()
        try await running.makeKey(first)

        let provider = try await keys.open(secret: old, next: new)
        try await provider.beginRootReplacement()
        let second = WrappingKeyName.make()
        try await provider.makeKey(second)
        let wrapped = try await provider.wrap(.random(), under: second, label: label)
        await refused(.refused) { _ = try await running.unwrap(wrapped, under: second, label: label) }
        await refused(.refused) { _ = try await keys.open(secret: old) }
        await refused(.refused) { _ = try await keys.open(secret: new) }
        _ = try await keys.open(secret: old, next: new).unwrap(wrapped, under: second, label: label)

        try await provider.destroyKey(first)
        try await provider.finishRootReplacement()
        _ = try await keys.open(secret: new).unwrap(wrapped, under: second, label: label)
        _ = try await keys.open(secret: old, next: new).unwrap(wrapped, under: second, label: label)
        await refused(.refused) { _ = try await keys.open(secret: old) }
    }

    @Test func `a root goes from the host's credential to a passphrase`() async throws {
        let keys = try KeysFolder()
        _ = try await keys.open(isFresh: true)
        let passphrase = RootSecret.passphrase(try keys.secretFile("new"))
        let provider = try await keys.open(next: passphrase)
        try await provider.beginRootReplacement()
        try await provider.finishRootReplacement()
        _ = try await keys.open(secret: passphrase)
        await refused(.misconfigured) { _ = try await keys.open() }
    }
}
