import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import Storage
import Vocabulary

struct SubjectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subject",
        abstract: "Show and record what a data subject allows: consents, a restriction, objections.",
        subcommands: [Show.self, Consent.self, Restrict.self, Object.self]
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
            abstract: "What is known of a person's consents, restriction and objections.", discussion: "Example: gatehouse subject show 019a… --json"
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
            Table.print(["what", "purpose", "state", "since", "valid_until"], rows)
        }
    }

    struct Consent: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record a consent as given, refused or withdrawn; holds from the next request on.",
            discussion: "Example: gatehouse subject consent 019a… withdrawn --purpose marketing --evidence 'mail of 2026-11-20'"
        )
        @OptionGroup var who: Who
        @Argument(help: "given, refused or withdrawn.") var answer: String
        @Option(help: "A purpose that rests on consent.") var purpose: String
        @Option(help: "When a given consent ends.") var until: String?
        @Option(help: "Where the proof of it is.") var evidence: String?

        func run() async throws {
            guard let given = ConsentRow.State(rawValue: answer) else {
                throw ValidationError("an answer is one of \(ConsentRow.State.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            let end = until.map { Instant($0) }
            if case .some(nil) = end { throw ValidationError("--until takes a time such as 2027-01-01T00:00:00Z") }
            let (subject, purpose, evidence, until) = (try who.subject, purpose, evidence, end ?? nil)
            var body: JSONObject = ["state": .string(answer)]
            if let evidence { body["evidence"] = .string(evidence) }
            if let until { body["valid_until"] = .string(until.description) }
            try await who.change("PUT", "consents/\(GatewayClient.encode(purpose))", body) { gateway, context in
                try await gateway.recordConsent(subject, to: purpose, given, until: until, evidence: evidence, context)
            }
            Console.note("recorded")
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
}
