import Foundation
import Glibc
import KeyProviders
import Sealing
import TestPostgres
import Testing
import Vocabulary

struct SettingsTests {
    private func open(_ environment: [String: String], _ keys: KeysFolder, isFresh: Bool = true) async throws -> any KeyProvider {
        try await KeyProviderSettings.open(environment: environment, keysFolder: keys.path, isFresh: isFresh)
    }

    @Test func `without settings, keys are files under the host's own credential`() async throws {
        let keys = try KeysFolder()
        #expect(try await open([:], keys).kind == "file")
        #expect(keys.has("host.credential"))
        #expect(try await open(["GATEHOUSE_KEY_PROVIDER": "", "GATEHOUSE_PASSPHRASE_FILE": ""], keys, isFresh: false).kind == "file")
    }

    @Test func `settings that contradict each other are refused`() async throws {
        let keys = try KeysFolder()
        let some = try keys.secretFile("some").path
        let wrong: [[String: String]] = [
            ["GATEHOUSE_KEY_PROVIDER": "cloud"],
            ["GATEHOUSE_PASSPHRASE_FILE": some, "GATEHOUSE_CREDENTIAL_FILE": some],
            ["GATEHOUSE_NEXT_PASSPHRASE_FILE": some, "GATEHOUSE_NEXT_CREDENTIAL_FILE": some],
        ]
        for environment in wrong { await refused(.misconfigured) { _ = try await open(environment, keys) } }
        #expect(!keys.has("root.key"))
    }

    @Test func `a credential that systemd lends may be root's and readable by the group that its access list shows as`() async throws {
        let keys = try KeysFolder()
        _ = try await keys.open(isFresh: true)
        let line = String(decoding: try keys.read("host.credential"), as: UTF8.self)
        let lent = try keys.secretFile(line, mode: 0o440).path
        let environment = ["GATEHOUSE_CREDENTIAL_FILE": lent]
        await refused(.exposed) { _ = try await open(environment, keys) }
        #expect(try await open(environment.merging(["CREDENTIALS_DIRECTORY": keys.outside]) { $1 }, keys).kind == "file")
        await refused(.exposed) { _ = try await open(environment.merging(["CREDENTIALS_DIRECTORY": "/run/credentials"]) { $1 }, keys) }
    }

    @Test func `the next passphrase comes from the environment`() async throws {
        let keys = try KeysFolder()
        let environment = ["GATEHOUSE_NEXT_PASSPHRASE_FILE": try keys.secretFile("new").path]
        let provider = try await open(environment, keys)
        try await provider.beginRootReplacement()
        try await provider.finishRootReplacement()
        _ = try await keys.open(secret: .passphrase(keys.secretFile("new")))
    }
}
