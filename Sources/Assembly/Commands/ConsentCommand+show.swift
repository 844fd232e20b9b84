import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import PolicyFiles
import SubjectRights
import Vocabulary

extension ConsentCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a person has consented to, and with --events everything they ever said.",
            discussion: "Example: gatehouse consent show 019a… --events"
        )
        @OptionGroup var who: SubjectCommand.Who
        @Flag(help: "List every event, oldest first.") var events = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let subject = try who.subject
            let bytes = try await who.fetch("consents") { gateway, context in
                JSONValue.object(ConsentCoding.object(try await gateway.consents(of: subject, context))).encoded()
            }
            if json { return Console.say(String(decoding: bytes, as: UTF8.self)) }
            let ledger = (try? JSONReader.read(bytes))?.objectValue
            if events {
                let rows = Table.objects(ledger?["events"]).map { event in
                    [
                        Table.time(event["recorded_at"]), Table.text(event["purpose"]), Table.text(event["state"]), Table.text(event["notice"]),
                        Table.text(event["channel"]), Table.text(event["recorded_by"]),
                    ]
                }
                return Table.print(["time", "purpose", "state", "notice", "channel", "by"], rows)
            }
            var rows = Table.objects(ledger?["purposes"]).map { purpose in
                [
                    Table.text(purpose["purpose"]), Table.text(purpose["state"]), Table.text(purpose["in_force"]),
                    Table.time(purpose["since"]), Table.time(purpose["valid_until"]), Table.text(purpose["notice"]),
                ]
            }
            for (member, name) in [("opt_out", "(no sale or sharing)"), ("limit", "(sensitive data limited)")] {
                if let optOut = ledger?[member]?.objectValue {
                    rows.append([name, "stands", "yes", Table.time(optOut["since"]), "", Table.text(optOut["source"])])
                }
            }
            Table.print(["purpose", "state", "in force", "since", "until", "notice"], rows)
        }
    }

    struct NoticeList: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "notices",
            abstract: "The notices that people are asked with, as the policies declare them.",
            discussion: "Example: gatehouse consent notices --json"
        )
        @OptionGroup var place: PlaceOptions
        @Flag(help: "Print JSON, with the words and their hashes.") var json = false

        func run() async throws {
            let object: JSONObject
            if let remote = try place.remote {
                object = try await GatewayClient(remote).object("GET", "/v1/notices")
            } else {
                object = try await place.withGateway { gateway, context in ConsentCoding.object(try await gateway.notices(context)) }
            }
            if json { return Console.say(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self)) }
            let rows = Table.objects(object["notices"]).map { notice in
                [
                    Table.text(notice["notice"]), Table.text(notice["purposes"]), Table.text(notice["valid_for"]),
                    Table.objects(notice["texts"]).map { Table.text($0["language"]) }.joined(separator: " "),
                    notice["retired"] == true ? "retired" : "",
                ]
            }
            Table.print(["notice", "purposes", "valid for", "languages", ""], rows)
        }
    }
}
