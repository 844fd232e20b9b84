import ArgumentParser
import DataFormats
import Foundation
import KeyProviders
import KeyRing
import Logging
import Sealing
import Storage
import Telemetry
import Vocabulary

extension KeyCommand {
    struct Recover: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prove that the vault opens without the key provider, by an offline identity; or put it back in use so.",
            discussion: """
                Opens each epoch's recovery copy with the identity and tries what rests in the vault under it. Changes nothing, needs no key
                provider, and ends with exit code 7 when something could not be opened: run it as a drill.

                With --install, for the day the provider is lost: gives the epoch keys to the provider that the environment names now (for
                files, a new root key is made when there is none). Only when all of them are proved. Stop the gateways before.

                Example: gatehouse key recover --identity offline.txt
                """
        )
        @OptionGroup var place: PlaceOptions
        @Option(help: ArgumentHelp("The file of the age identity (AGE-SECRET-KEY-1…), made by age-keygen.", valueName: "file")) var identity: String
        @Option(help: ArgumentHelp("Where the recovery copies are; recovery/ in the state directory when not given.", valueName: "dir")) var copies:
            String?
        @Flag(help: "Give the recovered keys to the key provider there is now.") var install = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            if try place.remote != nil {
                throw CommandFailure(.invalid, "keys are recovered on the gateway's host", hint: "run this there with --state")
            }
            let state = try StateDirectory(place.runtime.state)
            let identities = try IdentityFile.read(identity)
            let (folder, install, json) = (copies ?? state.recovery, install, json)
            try await Databases.with(state, RuntimeTelemetry(level: .warning), { Console.note($0) }) { databases in
                let vault = try await databases.vaultDatabase { _ in }
                let store = try await databases.storeDatabase { _ in }
                let recovery = KeyRecovery(vault: vault, folder: folder, identities: identities)
                let findings: [KeyRecovery.Finding]
                do {
                    let tenants = [SubjectKeyRing.system] + (try await store.tenants())
                    let checked = try await recovery.check(tenants)
                    // A root key is made only once it is certain to get the keys.
                    if install, !checked.isEmpty, checked.allSatisfy({ $0.state == .proved }) {
                        let provider = try await KeyProviderSettings.open(
                            environment: ProcessInfo.processInfo.environment, keysFolder: state.keys, isFresh: true
                        )
                        findings = try await recovery.install(into: provider, tenants)
                    } else {
                        findings = checked
                    }
                } catch let error as KeyRingError {
                    throw CommandFailure(error)
                } catch let error as KeyProviderError {
                    throw CommandFailure(error)
                } catch let error as StorageError {
                    throw CommandFailure(error)
                }
                Self.tell(findings, json)
                let failed = findings.count { $0.state != .proved }
                if failed > 0 || findings.isEmpty {
                    throw CommandFailure(
                        .unfit, findings.isEmpty ? "the vault holds no keys" : "\(failed) of \(findings.count) epoch keys could not be recovered",
                        hint: "missing copies are written by 'gatehouse key escrow', as long as the key provider is there"
                    )
                }
                if install { Console.note("the key provider has the epoch keys; gateways can be started") }
            }
        }

        private static func tell(_ findings: [KeyRecovery.Finding], _ json: Bool) {
            if json {
                let objects = findings.map { finding -> JSONValue in
                    .object([
                        "tenant": .string(finding.tenant.description), "epoch": .number(JSONNumber(Int(finding.epoch))),
                        "state": .string(finding.state.rawValue),
                    ])
                }
                return Console.say(String(decoding: JSONValue.array(objects).encoded(), as: UTF8.self))
            }
            Table.print(["tenant", "epoch", "state"], findings.map { ["\($0.tenant)", "\($0.epoch)", words[$0.state] ?? ""] })
        }

        private static let words: [KeyRecovery.Finding.State: String] = [
            .proved: "proved", .missing: "no recovery copy", .unopened: "not sealed to this identity", .wrong: "opens, but is not this vault's",
        ]
    }
}
