import ArgumentParser
import AuditTrail
import DataFormats
import Foundation
import Gateway
import HTTPInterface
import Identity
import TransparencyLog
import Vocabulary

extension AuditCommand {
    struct Log: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How far the log is, which heads are signed, and who has confirmed them.",
            discussion: """
                Examples:
                  gatehouse audit log
                  gatehouse audit log --json
                """
        )

        @OptionGroup var place: PlaceOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let object = try await AuditCommand.overview(place)
            if json { return Console.say(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self)) }
            func items(_ name: String) -> [JSONObject] { (object[name]?.arrayValue ?? []).compactMap(\.objectValue) }
            Console.say("\(Table.text(object["origin"])): \(Table.text(object["size"])) entries")
            Table.print(
                ["epoch", "signed size", "signed at", "dropped below"],
                items("epochs").map { ["epoch", "size", "signed_at", "pruned_below"].map { [item = $0] name in Table.text(item[name]) } })
            if !items("witnesses").isEmpty {
                Table.print(
                    ["witness", "epoch", "size", "witnessed at", "failing since", "failure"],
                    items("witnesses").map { item in
                        ["name", "epoch", "size", "witnessed_at", "failing_since", "failure"].map { Table.text(item[$0]) }
                    })
            } else {
                Console.say("no witness: whoever can change the store and this host can change the log unseen (docs/audit.md)")
            }
            if !items("feeds").isEmpty {
                Table.print(
                    ["feed", "epoch", "position", "delivered at", "failing since", "failure"],
                    items("feeds").map { item in
                        ["name", "epoch", "position", "delivered_at", "failing_since", "failure"].map { Table.text(item[$0]) }
                    })
            }
        }
    }

    struct Key: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the public key of the log, to be committed where the gateway cannot change it.",
            discussion: """
                One line for each epoch, as C2SP names keys: name+id+key. Whoever verifies needs any one of them.

                Example: gatehouse audit key > keys/audit.pub
                """
        )

        @OptionGroup var place: PlaceOptions

        func run() async throws {
            let epochs = (try await AuditCommand.overview(place)["epochs"]?.arrayValue ?? []).compactMap(\.objectValue)
            let keys = epochs.compactMap { $0["key"]?.stringValue }
            if keys.isEmpty {
                throw CommandFailure(.unavailable, "no head of the log is signed yet", hint: "a running gateway signs it within a second")
            }
            for key in keys { Console.say(key) }
        }
    }

    /// A proof of one event.
    struct Prove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prove that an event is in the log.",
            discussion: """
                Prints a C2SP tlog-proof with the entry, its inclusion proof and a signed head. The id of an event stands in the Audit-Event
                header of every answer.

                Examples:
                  gatehouse audit prove 0193a1b2-… > event.tlog-proof
                  gatehouse audit verify --proof event.tlog-proof --key keys/audit.pub
                """
        )

        @OptionGroup var place: PlaceOptions
        @Argument(help: "The id of an event.") var id: String

        func run() async throws {
            guard let event = UUIDv7(id).map({ EventID($0) }) else { throw ValidationError("'\(id)' is no id of an event") }
            let bytes: [UInt8]
            if let remote = try place.remote {
                bytes = try await GatewayClient(remote).send("GET", "/v1/audit/events/\(event)/proof")
            } else {
                bytes = try await place.withGateway { gateway, context in try await gateway.proof(of: event, context).bytes }
            }
            Console.write(String(decoding: bytes, as: UTF8.self), to: STDOUT_FILENO)
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the log as plain files that anybody can verify.",
            discussion: """
                A folder for each epoch, with its checkpoint, tiles and entries (C2SP tlog-tiles). An export into the same folder goes on where the last one
                ended. Reasons and ids of people's records are not in the log, and so not in its export.

                Examples:
                  gatehouse audit export /mnt/archive/audit
                  gatehouse audit verify /mnt/archive/audit --key keys/audit.pub
                """
        )

        @OptionGroup var place: PlaceOptions
        @Argument(help: "The folder; made when it is missing.") var folder: String
        @Flag(help: "No progress.") var quiet = false

        func run() async throws {
            if try place.remote != nil {
                throw CommandFailure(.invalid, "the log is exported on the gateway's host", hint: "over HTTP its files are below /v1/audit/log/")
            }
            let (path, isQuiet) = (URL(fileURLWithPath: folder).standardizedFileURL.path, quiet)
            let epochs = try await place.withGateway { gateway, context in
                let bar = SharedProgress("exporting", isQuiet: isQuiet)
                return try await gateway.exportLog(to: path, context) { bar.update($0, of: $1) }
            }
            for epoch in epochs {
                Console.say("\(epoch.origin): \(epoch.size) entries" + (epoch.prunedBelow > 0 ? ", those below \(epoch.prunedBelow) dropped" : ""))
            }
        }
    }

    struct Remember: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell the log of a signed head that somebody else has kept.",
            discussion: """
                For when store, vault and this host were all taken back, and a witness alone knows of a later head ('conflict'). The log then goes on in a
                further epoch, whose first entry names what was lost.

                Example: gatehouse audit remember /mnt/worm/checkpoints/tenant-1.checkpoint --reason "restored to 09:00"
                """
        )

        @OptionGroup var place: PlaceOptions
        @Argument(help: "A signed checkpoint of this tenant's log.") var file: String
        @Option(help: "Why; goes on record.") var reason: String

        func run() async throws {
            if try place.remote != nil { throw CommandFailure(.invalid, "heads are remembered on the gateway's host") }
            guard let note = FileManager.default.contents(atPath: file) else { throw CommandFailure(.notFound, "\(file) cannot be read") }
            let isNew = try await place.withGateway(reason: reason) { gateway, context in try await gateway.rememberHead(Array(note), context) }
            Console.say(
                isNew ? "remembered; a log that does not contain it goes on in a further epoch" : "nothing new: a later head is known already")
        }
    }

    fileprivate static func overview(_ place: PlaceOptions) async throws -> JSONObject {
        if let remote = try place.remote { return try await GatewayClient(remote).object("GET", "/v1/audit/log") }
        return try await place.withGateway { gateway, context in
            // A head that nobody has signed yet is signed now, where this host may.
            _ = try? await gateway.sequencer.sign(context.principal.tenant)
            return LogCoding.object(try await gateway.logOverview(context))
        }
    }
}
