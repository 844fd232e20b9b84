import ArgumentParser
import AuditTrail
import DataFormats
import Foundation
import Gateway
import Sealing
import TransparencyLog

extension AuditCommand {
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify the log: an export or a proof, offline, or the live store.",
            discussion: """
                With a folder, needs nothing but the folder and the log's public key: no database, no network. Finds every entry that was changed, taken out, added or moved; with
                checkpoints that were kept elsewhere also a cut tail and a fork. Without a folder, holds the events of this host's store against their log, too.

                Exits with 0 when all is sound, 1 when something was found.

                Examples:
                  gatehouse audit verify /mnt/archive/audit --key keys/audit.pub --checkpoint /mnt/other/tenant-1.checkpoint
                  gatehouse audit verify --proof event.tlog-proof --key keys/audit.pub
                  gatehouse audit verify
                """
        )

        @OptionGroup var place: PlaceOptions
        @Argument(help: "An exported log.") var folder: String?
        @Option(help: ArgumentHelp("A file with the log's public key; see 'gatehouse audit key'.", valueName: "file")) var key: String?
        @Option(help: ArgumentHelp("A checkpoint that was kept elsewhere; may be given again.", valueName: "file")) var checkpoint: [String] = []
        @Option(
            name: .customLong("witness-key"), help: ArgumentHelp("A file with the public keys of witnesses.", valueName: "file"))
        var witnessKey: [String] = []
        @Option(name: .customLong("timestamp-ca"), help: ArgumentHelp("Authorities that time stamps have to lead to, in PEM.", valueName: "file"))
        var timestampCA: String?
        @Option(help: ArgumentHelp("A proof of one event.", valueName: "file")) var proof: String?
        @Flag(help: "Print JSON.") var json = false
        @Flag(help: "No progress.") var quiet = false

        func run() async throws {
            if let proof { return try verify(proof: proof) }
            if let folder { return try verify(folder: folder) }
            try await verifyStore()
        }

        // MARK: Offline

        private func verify(proof path: String) throws {
            guard let key = try keys(key.map { [$0] } ?? [], "--key").first else { throw Self.keyMissing }
            let checkpoint: SignedCheckpoint
            let file: ProofFile
            do {
                file = try ProofFile(try Self.bytes(path))
                checkpoint = try file.verify(anyEpochOf: key)
            } catch let error as LogError {
                throw CommandFailure(.failed, "\(path) proves nothing (\(error))", hint: "is it whole, and the key that of this log?")
            }
            Console.say("proven: entry \(file.proof.index) of \(checkpoint.origin), \(checkpoint.head.size) entries at the time")
            if let entry = file.entry { Console.say(String(decoding: entry, as: UTF8.self)) }
        }

        private func verify(folder: String) throws {
            guard let key = try keys(key.map { [$0] } ?? [], "--key").first else { throw Self.keyMissing }
            var verifier = LogFolderVerifier(folder: folder, key: key)
            verifier.witnesses = try keys(witnessKey, "--witness-key")
            verifier.outside = try checkpoint.map { OutsideCheckpoint(label: $0, note: try Self.bytes($0)) }
            if let timestampCA {
                let authorities: TimestampAuthorities
                do { authorities = try TimestampAuthorities(pem: try Self.bytes(timestampCA)) } catch is TimestampError {
                    throw CommandFailure(.invalid, "\(timestampCA) holds no certificates in PEM")
                }
                verifier.isTimestampValid = { Self.isStamp($0, of: $1, authorities) }
            }
            let bar = SharedProgress("verifying", isQuiet: quiet)
            verifier.progress = { bar.update($0, of: $1) }
            let report: LogFolderReport
            do { report = try verifier.verify() } catch {
                throw CommandFailure(.notFound, "\(error.path) cannot be read as an exported log", hint: "gatehouse audit export makes one")
            }
            say(
                report.epochs.map { epoch in
                    [
                        "\(epoch.epoch)", "\(epoch.head?.size ?? 0)", "\(epoch.entries)", "\(epoch.pruned)", "\(epoch.comparedCheckpoints)",
                        epoch.lost.map { "\($0.origin) \($0.head.size)" } ?? "",
                    ]
                },
                ["epoch", "signed size", "entries read", "dropped", "other heads", "after losing"], report.findings.map(\.description),
                report.findingCount)
            if !report.isSound { throw ExitCode(CommandFailure.Kind.failed.rawValue) }
        }

        /// A stamp is of the checkpoint as the log alone had signed it, or as it stands with the lines of witnesses.
        private static func isStamp(_ stamp: [UInt8], of checkpoint: [UInt8], _ authorities: TimestampAuthorities) -> Bool {
            var forms = [checkpoint]
            if let note = try? SignedNote(checkpoint), let own = note.signatures.first {
                forms.append(Array((note.text + "\n" + own.line + "\n").utf8))
            }
            return forms.contains { (try? TimestampReply(stamp, digest: SHA256.hash($0), nonce: nil, trusting: authorities)) != nil }
        }

        // MARK: Live

        private func verifyStore() async throws {
            if try place.remote != nil {
                throw CommandFailure(
                    .invalid, "the store is verified on the gateway's host", hint: "elsewhere, verify an export: gatehouse audit export")
            }
            let (given, isQuiet) = (try keys(key.map { [$0] } ?? [], "--key").first, quiet)
            let report = try await place.withGateway { gateway, context in
                let bar = SharedProgress("verifying", isQuiet: isQuiet)
                return try await gateway.verifyLog(key: given, context) { bar.update($0, of: $1) }
            }
            say(
                report.epochs.map { ["\($0.origin.epoch)", "\($0.size)", "\($0.entries)", "\($0.prunedBelow)"] },
                ["epoch", "size", "entries read", "dropped below"], report.findings.map(\.description), report.findingCount)
            if !report.isSound { throw ExitCode(CommandFailure.Kind.failed.rawValue) }
        }

        // MARK: Parts

        private func say(_ rows: [[String]], _ columns: [String], _ findings: [String], _ count: Int) {
            if json {
                let epochs = rows.map { row in
                    var object = JSONObject()
                    for (column, value) in zip(columns, row) { object[column.replacing(" ", with: "_")] = .string(value) }
                    return JSONValue.object(object)
                }
                let object: JSONObject = [
                    "sound": .bool(count == 0), "epochs": .array(epochs), "findings": .array(findings.map { .string($0) }),
                    "finding_count": .number(JSONNumber(count)),
                ]
                return Console.say(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self))
            }
            Table.print(columns, rows)
            for finding in findings { Console.say("found \(finding)") }
            if count > findings.count { Console.say("… and \(count - findings.count) more") }
            Console.say(count == 0 ? "sound: every entry is the one that was signed" : "NOT SOUND: \(count) findings")
        }

        private static let keyMissing = CommandFailure(
            .invalid, "the log's public key is needed",
            hint: "--key FILE, with a line of 'gatehouse audit key' that was kept where the gateway cannot change it")

        private func keys(_ paths: [String], _ option: String) throws -> [NoteKey] {
            try paths.flatMap { path in
                let lines = String(decoding: try Self.bytes(path), as: UTF8.self).split(whereSeparator: \.isNewline)
                let keys = lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }
                return try keys.map { line in
                    do { return try NoteKey(line.trimmingCharacters(in: .whitespaces)) } catch {
                        throw CommandFailure(.invalid, "\(path) of \(option) holds a line that is no key", hint: "name+id+key, one a line")
                    }
                }
            }
        }

        private static func bytes(_ path: String) throws -> [UInt8] {
            guard let data = FileManager.default.contents(atPath: path) else { throw CommandFailure(.notFound, "\(path) cannot be read") }
            return Array(data)
        }
    }
}
