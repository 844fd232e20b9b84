import DataFormats
import Foundation
import TestPostgres
import Testing

/// Keys that do not open, and the way back.
@Suite(.timeLimit(.minutes(15)))
struct KeyRecoveryTests {
    @Test func `keys that do not open are told at the start and by every command, with the reason`() async throws {
        try await Site.with { site in
            site.keepKeysBriefly()
            let server = try await site.serve()
            let person = try await site.administrator.post("/v1/contacts", ["family_name": "Larkspur"])
            let tenant = try await site.administerVault("SELECT tenant_id FROM data_key WHERE holder = '\(person.id)'")
            // The wrapping key of the epoch is gone, as it is for a vault that is older than the end of its epoch.
            let file = site.state + "/keys/wrapping/\(tenant)-1-1.key"
            try FileManager.default.moveItem(atPath: file, toPath: site.folder + "/away.key")
            let sentence = "there is no wrapping key \(tenant)-1-1"
            for command in [["status"], ["key", "rotate", "epoch"], ["key", "destroy", person.id, "--reason", "request 17", "--yes"]] {
                let outcome = try await site.run(command)
                #expect(outcome.status == 7 && outcome.errors.contains("error: \(sentence)"), "\(command): \(outcome.errors)")
                #expect(outcome.errors.contains("an older vault opens no more"))
            }
            #expect(try await site.run("key", "jobs").status == 0)
            // Who has them open goes on until it has to ask again.
            #expect(try await site.administrator.get("/v1/contacts/\(person.id)").status == 200)
            let other = try await site.serve()
            let twin = Caller(url: other.url, token: try site.administrator.token)
            let refused = try await twin.get("/v1/contacts/\(person.id)")
            #expect(refused.status == 500 && !refused.text.contains("wrapping key"), "\(refused.text)")
            try await eventually("it says why") { Program.text(other.errors).contains(sentence) }
            #expect(!Program.text(server.errors).contains(sentence))
            try FileManager.default.moveItem(atPath: site.folder + "/away.key", toPath: file)
            #expect(try await twin.get("/v1/contacts/\(person.id)")["family_name"] == "Larkspur")
        }
    }

    @Test func `recovery opens the vault without the key provider, and puts it back in use`() async throws {
        try await Site.with { site in
            let identity = site.folder + "/offline.txt"
            guard (try? await Program.run(["age-keygen", "-o", identity]))?.status == 0 else {
                return withKnownIssue("age is not installed: left out") { Issue.record("left out") }
            }
            let server = try await site.serve()
            let person = try await site.administrator.post("/v1/contacts", ["family_name": "Larkspur"])
            #expect(Program.text(server.errors).contains("no recovery copy"))
            let unarmed = try await site.run("key", "escrow")
            #expect(unarmed.status == 7 && unarmed.errors.contains("there are no recovery recipients"))
            let recipients = site.state + "/keys/recovery-recipients"
            try Data("# made on paper\n".utf8 + Data(try await Program.run(["age-keygen", "-y", identity]).output.utf8)).write(
                to: URL(fileURLWithPath: recipients))
            #expect(try await site.run("key", "escrow").output == "2 epoch keys copied to recovery\n")
            #expect(try await site.run("key", "recover", "--identity", identity).status == 0)
            // A rotation keeps the copies up to date.
            #expect(try await site.run("key", "rotate", "epoch").status == 0)
            await site.stop()

            // The provider is lost.
            let lost = site.folder + "/lost"
            try FileManager.default.moveItem(atPath: site.state + "/keys", toPath: lost)
            let without = try await site.run("status")
            #expect(without.status == 7 && without.errors.contains("there is no root key at"))
            let other = site.folder + "/other.txt"
            _ = try await Program.run(["age-keygen", "-o", other])
            let wrong = try await site.run("key", "recover", "--identity", other, "--install")
            #expect(wrong.status == 7 && wrong.errors.contains("could not be recovered"))
            #expect(!FileManager.default.fileExists(atPath: site.state + "/keys/root.key"))
            #expect(try await site.run("key", "recover", "--identity", identity, "--install").status == 0)
            try FileManager.default.copyItem(atPath: lost + "/administrator.token", toPath: site.state + "/keys/administrator.token")
            try await site.serve()
            #expect(try await site.administrator.get("/v1/contacts/\(person.id)")["family_name"] == "Larkspur")
        }
    }

    @Test func `key files that are wrong stop the start with one sentence, and nothing is written over`() async throws {
        try await Site.with { site in
            let passphrase = site.folder + "/passphrase"
            func write(_ text: String, _ path: String, mode: Int = 0o600) throws {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            }
            try write("correct horse\n", passphrase)
            let sealed = ["GATEHOUSE_PASSPHRASE_FILE": passphrase]
            let made = try await site.run("status", environment: sealed)
            #expect(made.status == 0, "\(made.errors)")
            let root = site.state + "/keys/root.key"
            let whole = try Data(contentsOf: URL(fileURLWithPath: root))
            func refusal(_ environment: [String: String] = sealed) async throws -> String {
                let outcome = try await site.run("status", environment: environment)
                #expect(outcome.status == 7, "\(outcome.output)\(outcome.errors)")
                #expect(outcome.errors.contains("error: ") && outcome.errors.contains("hint: "))
                return outcome.errors
            }
            try write("wrong horse\n", passphrase)
            #expect(try await refusal().contains("passphrase"))
            try write("correct horse\n", passphrase, mode: 0o644)
            #expect(try await refusal().contains("644"))
            try write("correct horse\n", passphrase)
            #expect(try await refusal(["GATEHOUSE_PASSPHRASE_FILE": passphrase, "GATEHOUSE_CREDENTIAL_FILE": passphrase]).contains("both set"))
            #expect(try await refusal(["GATEHOUSE_KEY_PROVIDER": "abacus"]).contains("abacus"))
            #expect(try await refusal(["GATEHOUSE_KEY_PROVIDER": "transit"]).contains("GATEHOUSE_TRANSIT_URL"))
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: root)
            #expect(try await refusal().contains("640"))
            for bytes in [whole.prefix(whole.count / 2), Data(whole.map { $0 == UInt8(ascii: "a") ? UInt8(ascii: "b") : $0 }), Data()] {
                try bytes.write(to: URL(fileURLWithPath: root))
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: root)
                _ = try await refusal()
                #expect(try Data(contentsOf: URL(fileURLWithPath: root)) == bytes)
            }
            try FileManager.default.removeItem(atPath: root)
            #expect(try await refusal().contains("there is no root key"))
            #expect(!FileManager.default.fileExists(atPath: root))
            try whole.write(to: URL(fileURLWithPath: root))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: root)
            #expect(try await site.run("status", environment: sealed).status == 0)
        }
    }
}
