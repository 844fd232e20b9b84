import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import SubjectRights
import Vocabulary

struct ConsentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consent",
        abstract: "The ledger of consents: record, show, withdraw, ask, export, verify.",
        discussion: """
            Events are added and never changed; what is in force follows from them. A consent holds, and a withdrawal too, from the next request on.

            Examples:
              gatehouse consent record 019a… given --purpose marketing --notice marketing --language en --channel web --method checkbox
              gatehouse consent request 019a… --purpose marketing --language de
              gatehouse consent withdraw 019a… --purpose marketing --evidence 'call of 2026-11-20'
              gatehouse consent show 019a…
            """,
        subcommands: [
            Record.self, Show.self, Withdraw.self, Request.self, Receipt.self, Export.self, Verify.self, NoticeList.self,
        ]
    )

    /// What can be said about how a consent was got.
    struct Circumstances: ParsableArguments {
        @Option(help: "Where the proof of it is; sealed under the person's key.") var evidence: String?
        @Option(help: "Where it was said: web, app, email, phone, post, in-person, import or other.") var channel: ConsentEvent.Channel?
        @Option(help: "By which act: checkbox, button, signature, spoken, written, confirmed-link, signal or other.")
        var method: ConsentEvent.Method?

        func add(to answer: inout ConsentAnswer) {
            answer.evidence = evidence.map { Personal($0) }
            answer.channel = channel
            answer.method = method
        }
    }

    struct Record: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record what a person said: given, renewed, refused, withdrawn or expired.",
            discussion: """
                Name the notice that was shown: the hash of its exact words goes into the ledger, and its term limits the consent.

                Example: gatehouse consent record 019a… given --purpose marketing --notice marketing/1 --language en --channel phone --method spoken
                """
        )
        @OptionGroup var who: SubjectCommand.Who
        @Argument(help: "given, renewed, refused, withdrawn or expired.") var answer: ConsentState
        @Option(help: "A purpose that rests on consent.") var purpose: String
        @Option(help: "The notice that was shown: marketing/1, or marketing for its newest version.") var notice: String?
        @Option(help: "The language it was shown in.") var language: String?
        @Option(help: "implied, expressed or explicit.") var expression = ConsentEvent.Expression.expressed
        @Option(help: "When a given consent ends.") var until: String?
        @OptionGroup var circumstances: Circumstances

        func run() async throws {
            var said = ConsentAnswer(answer)
            if let until {
                guard let end = Instant(until) else { throw ValidationError("--until takes a time such as 2027-01-01T00:00:00Z") }
                said.validUntil = end
            }
            said.notice = notice
            said.language = language
            said.expression = expression
            circumstances.add(to: &said)
            try await who.record(said, for: purpose)
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Withdraw a consent on the person's word, or send them a link that does.",
            discussion: """
                Examples:
                  gatehouse consent withdraw 019a… --purpose marketing --evidence 'call of 2026-11-20' --channel phone
                  gatehouse consent withdraw 019a… --purpose marketing --send-link
                """
        )
        @OptionGroup var who: SubjectCommand.Who
        @Option(help: "The purpose that was consented to.") var purpose: String
        @OptionGroup var circumstances: Circumstances
        @Flag(name: .customLong("send-link"), help: "Withdraw nothing; send the person a link that does.") var sendLink = false

        func run() async throws {
            guard sendLink else {
                var said = ConsentAnswer(.withdrawn)
                circumstances.add(to: &said)
                return try await who.record(said, for: purpose)
            }
            let (subject, purpose) = (try who.subject, purpose)
            try await who.change("POST", "consents/\(GatewayClient.encode(purpose))/withdrawal-link", nil) { gateway, context in
                try await gateway.sendWithdrawalLink(to: subject, for: purpose, context)
            }
            Console.note("sent")
        }
    }

    struct Request: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask a person by e-mail; a link in the message confirms.",
            discussion: """
                The message goes to the address on the person's record, through GATEHOUSE_SMTP_URL, or into the folder 'mailbox' of the state
                directory where that is not set.

                Example: gatehouse consent request 019a… --purpose marketing --language de
                """
        )
        @OptionGroup var who: SubjectCommand.Who
        @Option(help: "The purpose to ask for; its newest notice is sent.") var purpose: String
        @Option(help: "The language of the notice; its first when not given.") var language: String?

        func run() async throws {
            let (subject, purpose, language) = (try who.subject, purpose, language)
            let body: JSONObject? = language.map { ["language": .string($0)] }
            try await who.change("POST", "consents/\(GatewayClient.encode(purpose))/request", body) { gateway, context in
                try await gateway.requestConsent(of: subject, to: purpose, language: language, context)
            }
            Console.note("sent")
        }
    }

    struct Receipt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A signed receipt of what a person said to a purpose; 'consent verify' checks it offline.",
            discussion: "Example: gatehouse consent receipt 019a… --purpose marketing > receipt.json"
        )
        @OptionGroup var who: SubjectCommand.Who
        @Option(help: "The purpose.") var purpose: String

        func run() async throws {
            let (subject, purpose) = (try who.subject, purpose)
            let bytes = try await who.fetch("consents/\(GatewayClient.encode(purpose))/receipt") { gateway, context in
                try await gateway.consentReceipt(of: subject, for: purpose, context).bytes
            }
            Console.say(String(decoding: bytes, as: UTF8.self))
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A person's consent record as ISO/IEC TS 27560 has it, in JSON-LD (DPV).",
            discussion: "Example: gatehouse consent export 019a… > consents.jsonld"
        )
        @OptionGroup var who: SubjectCommand.Who

        func run() async throws {
            let subject = try who.subject
            let bytes = try await who.fetch("consent-record") { gateway, context in
                JSONValue.object(try await gateway.consentRecord(of: subject, context)).encoded()
            }
            Console.say(String(decoding: bytes, as: UTF8.self))
        }
    }
}

extension ConsentState: ExpressibleByArgument {
    package static var allValueStrings: [String] { allCases.filter { $0 != .requested }.map(\.rawValue) }
}
extension ConsentEvent.Channel: ExpressibleByArgument {}
extension ConsentEvent.Method: ExpressibleByArgument {}
extension ConsentEvent.Expression: ExpressibleByArgument {}

extension SubjectCommand.Who {
    func record(_ said: ConsentAnswer, for purpose: String) async throws {
        let subject = try subject
        var body: JSONObject = ["state": .string(said.state.rawValue), "expression": .string(said.expression.rawValue)]
        body["evidence"] = said.evidence.map { .string($0.value) }
        body["valid_until"] = said.validUntil.map { .string($0.description) }
        body["notice"] = said.notice.map { .string($0) }
        body["language"] = said.language.map { .string($0) }
        body["channel"] = said.channel.map { .string($0.rawValue) }
        body["method"] = said.method.map { .string($0.rawValue) }
        try await change("PUT", "consents/\(GatewayClient.encode(purpose))", body) { gateway, context in
            try await gateway.recordConsent(subject, to: purpose, said, context)
        }
        Console.note("recorded")
    }

    /// What a running gateway, or this host, says of the person.
    func fetch(
        _ path: String, _ here: @escaping @Sendable (RecordGateway, RequestContext) async throws -> [UInt8]
    ) async throws -> [UInt8] {
        let subject = try subject
        guard let remote = try place.remote else { return try await place.withGateway { try await here($0, $1) } }
        return try await GatewayClient(remote).send("GET", "/v1/subjects/\(subject)/\(path)")
    }
}
