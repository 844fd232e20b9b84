import ArgumentParser
import DataFormats
import Foundation
import SubjectRights
import TransparencyLog

struct CertificateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate",
        abstract: "Verify certificates of erasure and reports of backups offline, and print the key that signs them.",
        discussion: """
            A certificate says what was erased, what was kept and why, and proves that the audit log tells of it. Whoever has it verifies it
            with two public keys, and needs neither the gateway nor a network.

            Examples:
              gatehouse certificate key > documents.pub
              gatehouse certificate verify certificate.json --key documents.pub --log-key audit.pub
            """,
        subcommands: [Key.self, Verify.self, Manifest.self]
    )

    struct Key: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the public key that verifies receipts, manifests, certificates and reports of this gateway.",
            discussion: """
                As C2SP names keys: name+id+key. The log has another: gatehouse audit key.

                Example: gatehouse certificate key > documents.pub
                """
        )
        @OptionGroup var place: PlaceOptions

        func run() throws {
            let state = try StateDirectory(place.runtime.state)
            let settings = try AuditSettings(environment: ProcessInfo.processInfo.environment)
            do { Console.say(try DocumentKeyFile.signer(state, name: settings.name).noteKey.description) } catch is DocumentError {
                throw CommandFailure(.unfit, "the key of documents has no name that a key can have", hint: "see GATEHOUSE_AUDIT_NAME")
            }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify a certificate of erasure, or a report of a backup, a drill or a restore, offline.",
            discussion: """
                Exits with 0 when it is whole, signed with the key, and the log tells of the erasure; else with 1. Without --log-key the proof is
                left out, and the exit code says nothing of it. Of a report, 0 says that it is genuine, and not that all was well.

                Examples:
                  gatehouse certificate verify certificate.json --key documents.pub --log-key audit.pub
                  gatehouse certificate verify .state/reports/drill-20261122t174112z-k3fq.json --key documents.pub
                """
        )
        @Argument(help: "A certificate or a report.", completion: .file()) var file: String
        @Option(help: ArgumentHelp("A file with the key of documents; see 'gatehouse certificate key'.", valueName: "file"), completion: .file())
        var key: String
        @Option(help: ArgumentHelp("A file with the log's key; see 'gatehouse audit key'.", valueName: "file"), completion: .file())
        var logKey: String?
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let documentKeys = try Self.keys(key)
            let log = try logKey.map { try Self.keys($0) }?.first
            guard let data = FileManager.default.contents(atPath: file) else { throw CommandFailure(.notFound, "\(file) cannot be read") }
            if let report = try? SignedDocument.verified(Array(data), by: documentKeys), let lines = BackupEvidence.lines(report) {
                if json { return Console.say(String(decoding: JSONValue.object(report.document).encoded(), as: UTF8.self)) }
                return lines.forEach { Console.say($0) }
            }
            let document: SignedDocument
            do throws(CertificateError) {
                document =
                    if let log { try ErasureCertificate.verified(Array(data), by: documentKeys, logKey: log).document } else {
                        try ErasureCertificate.verified(Array(data), by: documentKeys)
                    }
            } catch {
                throw Self.failure(error, file)
            }
            let content = document.document
            if json { return Console.say(String(decoding: JSONValue.object(content).encoded(), as: UTF8.self)) }
            let reach = content["reach"]?.objectValue ?? JSONObject()
            Console.say(
                "genuine: erasure \(Table.text(content["erasure"])), issue \(Table.text(content["issue"])) of \(Table.time(content["issued_at"]))")
            for (title, name) in [("deleted", "deleted"), ("blanked", "blanked"), ("references cut", "references_cut")] {
                let counts = (reach[name]?.objectValue?.members ?? []).map { "\(Table.text($0.value)) \($0.name)" }
                if !counts.isEmpty { Console.say("\(title): \(counts.joined(separator: ", "))") }
            }
            Console.say("keys destroyed: \(Table.text(reach["keys"]))")
            Console.say(
                logKey == nil
                    ? "the proof that the log tells of it was not looked at: --log-key FILE"
                    : "the log tells of it: event \(Table.text(content["audit"]?.objectValue?["event"]))")
        }

        private static func failure(_ error: CertificateError, _ file: String) -> CommandFailure {
            switch error {
            case .document(.malformed): CommandFailure(.failed, "\(file) is no certificate of erasure and no report of a backup")
            case .document(.unsigned):
                CommandFailure(.failed, "\(file) is not signed with this key", hint: "is it the key of the gateway that issued it?")
            case .document(.forged): CommandFailure(.failed, "\(file) was changed after it was signed")
            case .proofMissing: CommandFailure(.failed, "\(file) has no proof that the log tells of the erasure")
            case .proofWrong(let error):
                CommandFailure(.failed, "the proof in \(file) does not verify (\(error))", hint: "is --log-key the key of this gateway's log?")
            case .entryForeign: CommandFailure(.failed, "the proof in \(file) is that of something else")
            }
        }

        static func keys(_ path: String) throws -> [NoteKey] {
            guard let data = FileManager.default.contents(atPath: path) else { throw CommandFailure(.notFound, "\(path) cannot be read") }
            let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }.map(String.init)
            let keys = lines.compactMap { try? NoteKey($0) }
            guard !keys.isEmpty, keys.count == lines.count else {
                throw CommandFailure(.invalid, "\(path) holds no public key", hint: "a line such as name+id+key")
            }
            return keys
        }
    }
}
