import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import Storage
import Vocabulary

struct SubjectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subject",
        abstract: "Show and record what a data subject allows: a restriction, objections, opt-outs.",
        discussion: "Consents have a command of their own: gatehouse consent.",
        subcommands: [Show.self, Restrict.self, Object.self, OptOut.self, Limit.self]
    )

    struct Who: ParsableArguments {
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The data subject's id; for a contact or lead the record's own.") var id: String

        var subject: SubjectID {
            get throws {
                guard let uuid = UUIDv7(id) else { throw ValidationError("'\(id)' is not the id of a data subject") }
                return SubjectID(uuid)
            }
        }

        /// Sends to a running gateway, or does it on this host.
        func change(
            _ method: String, _ path: String, _ body: JSONObject?, _ here: @escaping @Sendable (RecordGateway, RequestContext) async throws -> Void
        ) async throws {
            let subject = try subject
            guard let remote = try place.remote else { return try await place.withGateway { try await here($0, $1) } }
            _ = try await GatewayClient(remote).send(
                method, "/v1/subjects/\(subject)/\(path)", contentType: body == nil ? nil : "application/json",
                body: body.map { JSONValue.object($0).encoded() } ?? []
            )
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is known of a person's consents, restriction, objections and opt-outs.",
            discussion: "Example: gatehouse subject show 019a… --json"
        )
        @OptionGroup var who: Who
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let subject = try who.subject
            let standing: JSONObject
            if let remote = try who.place.remote {
                standing = try await GatewayClient(remote).object("GET", "/v1/subjects/\(subject)")
            } else {
                standing = try await who.place.withGateway { gateway, context in
                    SubjectCoding.object(subject, try await gateway.standing(of: subject, context))
                }
            }
            if json { return Console.say(String(decoding: JSONValue.object(standing).encoded(), as: UTF8.self)) }
            var rows: [[String]] = (standing["consents"]?.arrayValue ?? []).compactMap(\.objectValue).map { consent in
                [
                    "consent", Table.text(consent["purpose"]), Table.text(consent["state"]), Table.text(consent["recorded_at"]),
                    Table.text(consent["valid_until"]),
                ]
            }
            if let restriction = standing["restriction"]?.objectValue {
                rows.append(["restriction", "", Table.text(restriction["ground"]), Table.text(restriction["since"]), ""])
            }
            rows += (standing["objections"]?.arrayValue ?? []).compactMap(\.objectValue).map { objection in
                ["objection", Table.text(objection["purpose"]), "stands", Table.text(objection["since"]), ""]
            }
            for (member, name) in [("opt_out", "opt-out"), ("limit", "limit")] {
                if let optOut = standing[member]?.objectValue {
                    rows.append([name, "", Table.text(optOut["source"]), Table.text(optOut["since"]), ""])
                }
            }
            Table.print(["what", "purpose", "state", "since", "valid_until"], rows)
        }
    }

    struct Restrict: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Restrict the processing of a person's data (GDPR Art. 18), or lift the restriction.",
            discussion: """
                Examples:
                  gatehouse subject restrict 019a… --ground 'accuracy contested on 2026-11-20'
                  gatehouse subject restrict 019a… --lift
                """
        )
        @OptionGroup var who: Who
        @Option(help: "Why the processing is restricted.") var ground: String?
        @Flag(help: "Lift the restriction.") var lift = false

        func run() async throws {
            guard (ground == nil) == lift else { throw ValidationError("give either --ground or --lift") }
            let (subject, ground) = (try who.subject, ground)
            try await who.change(lift ? "DELETE" : "PUT", "restriction", ground.map { ["ground": .string($0)] }) { gateway, context in
                try await gateway.setRestriction(subject, ground, context)
            }
            Console.note(lift ? "lifted" : "restricted")
        }
    }

    struct Object: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record that a person objects to a purpose (GDPR Art. 21), or no longer does.",
            discussion: """
                Examples:
                  gatehouse subject object 019a… --purpose sales
                  gatehouse subject object 019a… --purpose sales --withdraw
                """
        )
        @OptionGroup var who: Who
        @Option(help: "The purpose objected to.") var purpose: String
        @Flag(help: "The person no longer objects.") var withdraw = false

        func run() async throws {
            let (subject, purpose, stands) = (try who.subject, purpose, !withdraw)
            try await who.change(stands ? "PUT" : "DELETE", "objections/\(GatewayClient.encode(purpose))", nil) { gateway, context in
                try await gateway.setObjection(subject, to: purpose, stands: stands, context)
            }
            Console.note("recorded")
        }
    }

    struct OptOut: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "opt-out",
            abstract: "Record that a person's data is not to be sold or shared (CCPA), or that it may be again.",
            discussion: """
                Closes every purpose with sale_or_sharing: true to the person's data, whatever was consented to.

                Examples:
                  gatehouse subject opt-out 019a…
                  gatehouse subject opt-out 019a… --lift
                """
        )
        @OptionGroup var who: Who
        @Flag(help: "The person has opted in again, by themselves.") var lift = false

        func run() async throws {
            let (subject, stands) = (try who.subject, !lift)
            try await who.change(stands ? "PUT" : "DELETE", "opt-out", nil) { gateway, context in
                try await gateway.setOptOut(subject, stands: stands, source: .request, context)
            }
            Console.note(lift ? "lifted" : "recorded")
        }
    }

    struct Limit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record that sensitive data is to be used for what is necessary alone (CCPA), or no longer.",
            discussion: """
                Fields of class special and financial are hidden from then on for purposes that rest on neither contract, legal obligation nor
                vital interests.

                Examples:
                  gatehouse subject limit 019a…
                  gatehouse subject limit 019a… --lift
                """
        )
        @OptionGroup var who: Who
        @Flag(help: "The limit is over.") var lift = false

        func run() async throws {
            let (subject, stands) = (try who.subject, !lift)
            try await who.change(stands ? "PUT" : "DELETE", "limit", nil) { gateway, context in
                try await gateway.setLimit(subject, stands: stands, context)
            }
            Console.note(lift ? "lifted" : "recorded")
        }
    }
}
