import Foundation
import Glibc
import KeyProviders
import Sealing
import TestPostgres
import Testing
import Vocabulary

/// What is particular to keys on a token, with SoftHSM 2.
@Suite(.enabled(if: TestTools.softHSM != nil))
struct PKCS11KeyProviderTests {
    private let label = Array("label".utf8)

    @Test func `a wrapped key has its frozen form`() async throws {
        let provider = try await SoftHSM.token().open()
        let name = WrappingKeyName.make()
        try await provider.makeKey(name)
        let wrapped = try await provider.wrap(.random(), under: name, label: label)
        #expect(wrapped.count == 61 && wrapped[0] == 1)
    }

    @Test func `a session that was lost is opened anew`() async throws {
        let token = try await SoftHSM.token()
        let provider = try await token.open()
        let name = WrappingKeyName.make()
        try await provider.makeKey(name)
        let wrapped = try await provider.wrap(.random(), under: name, label: label)
        for _ in 0..<3 {
            try SoftHSM.loseSessions(of: token)
            _ = try await provider.unwrap(wrapped, under: name, label: label)
        }
        try SoftHSM.loseSessions(of: token)
        #expect(try await provider.keyNames() == [name])
        try SoftHSM.loseSessions(of: token)
        try await provider.destroyKey(name)
        #expect(try await provider.keyNames().isEmpty)
    }

    @Test func `a PIN that stopped being right is tried once`() async throws {
        let token = try await SoftHSM.token()
        let file = try TokenFile(token.pin)
        let provider = try await PKCS11KeyProvider.open(module: SoftHSM.path, token: token.label, pin: file.secret)
        try file.write("0000")
        try SoftHSM.loseSessions(of: token)
        await refused(.refused) { _ = try await provider.keyNames() }
        try file.write(token.pin)
        // To try again could lock the token: this provider does not, a new one does.
        await refused(.refused) { _ = try await provider.keyNames() }
        _ = try await token.open().keyNames()
    }

    @Test func `a wrong PIN is told, and not printed`() async throws {
        let token = try await SoftHSM.token()
        for pin in ["99999999", "1"] {
            let error = await refused(.refused) { _ = try await token.open(pin: pin) }
            #expect(error?.message == "the token refuses the PIN")
        }
    }

    @Test func `a PIN file that is missing, empty or exposed`() async throws {
        let token = try await SoftHSM.token()
        let file = try TokenFile("")
        func open() async throws { _ = try await PKCS11KeyProvider.open(module: SoftHSM.path, token: token.label, pin: file.secret) }
        await refused(.refused) { try await open() }
        try file.write(token.pin)
        #expect(chmod(file.path, 0o640) == 0)
        await refused(.exposed) { try await open() }
        #expect(unlink(file.path) == 0)
        await refused(.missing) { try await open() }
    }

    @Test func `an unknown token label`() async throws {
        let token = try await SoftHSM.token()
        for label in ["nowhere", "", token.label + " ", String(token.label.dropLast())] {
            let error = await refused(.missing) { _ = try await SoftHSM.Token(label: label, pin: token.pin).open() }
            #expect(error?.message == "there is no token with the label '\(label)'")
        }
    }

    @Test func `settings open a token`() async throws {
        let token = try await SoftHSM.token()
        let environment = [
            "GATEHOUSE_KEY_PROVIDER": "pkcs11", "GATEHOUSE_PKCS11_MODULE": SoftHSM.path, "GATEHOUSE_PKCS11_TOKEN": token.label,
            "GATEHOUSE_PKCS11_PIN_FILE": try TokenFile(token.pin).path,
        ]
        let provider = try await KeyProviderSettings.open(environment: environment, keysFolder: "/nowhere", isFresh: true)
        #expect(provider.kind == "pkcs11")
        for missing in environment.keys where missing != "GATEHOUSE_KEY_PROVIDER" {
            var environment = environment
            environment[missing] = nil
            await refused(.misconfigured) {
                _ = try await KeyProviderSettings.open(environment: environment, keysFolder: "/nowhere", isFresh: true)
            }
        }
    }
}

/// Libraries that are no module.
struct PKCS11ModuleTests {
    private func open(_ module: String) async throws {
        _ = try await PKCS11KeyProvider.open(module: module, token: "token", pin: TokenFile("1234").secret)
    }

    @Test func `a module that is missing, or is something else`() async throws {
        let folder = try TemporaryFolder.make()
        await refused(.missing) { try await open(folder + "/nowhere.so") }
        await refused(.missing) { try await open(folder) }
        await refused(.misconfigured) { try await open("libsofthsm2.so") }
        let text = folder + "/text.so"
        try Data("text".utf8).write(to: URL(fileURLWithPath: text))
        #expect(chmod(text, 0o644) == 0)
        await refused(.malformed) { try await open(text) }
        #expect(chmod(text, 0o666) == 0)
        await refused(.exposed) { try await open(text) }
        // A library, but no module.
        await refused(.malformed) { try await open("/lib/x86_64-linux-gnu/libc.so.6") }
    }
}
