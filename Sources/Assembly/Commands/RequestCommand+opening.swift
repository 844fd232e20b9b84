import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import Storage
import SubjectRights
import Vocabulary

extension RequestCommand {
    struct Open: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put on record that somebody asks for something.",
            discussion: """
                The details are a JSON object with what the person says of themselves, by the names of fields of contacts and leads. A
                letter or an e-mail counts from the day it came: --received.

                Examples:
                  gatehouse request open access --regulation gdpr --details person.json
                  printf '{"email": "ada@example.org"}' | gatehouse request open opt-out --details -
                  gatehouse request open objection --regulation gdpr --subject 019a… --for sales --channel letter --received 2026-11-20T08:00:00Z
                """
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "What is asked for: \(RequestCommand.kinds.joined(separator: ", ")).", completion: .list(RequestCommand.kinds)) var kind:
            String
        @Option(help: "Under which regulation; needed when several offer it.", completion: .list(["gdpr", "ccpa"])) var regulation: String?
        @Option(help: ArgumentHelp("What the person says of themselves, as JSON; - for standard input.", valueName: "file"), completion: .file())
        var details: String?
        @Option(help: ArgumentHelp("The person, where it is known.", valueName: "id")) var subject: String?
        @Option(name: .customLong("for"), help: ArgumentHelp("A purpose that is objected to; may be given several times.", valueName: "purpose"))
        var purposes: [String] = []
        @Option(help: "How it came: \(RequestOpening.channels.joined(separator: ", ")).", completion: .list(RequestOpening.channels))
        var channel = "web"
        @Option(help: ArgumentHelp("When it came, such as 2026-11-20T08:00:00Z.", valueName: "time")) var received: String?
        @Option(help: ArgumentHelp("A word of yours; a second opening with it is not made.", valueName: "word")) var idempotencyKey: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            var body: JSONObject = ["kind": .string(kind), "channel": .string(channel)]
            if let regulation { body["regulation"] = .string(regulation) }
            if let subject { body["subject"] = .string(subject) }
            if let received { body["received_at"] = .string(received) }
            if !purposes.isEmpty { body["purposes"] = .array(purposes.map { .string($0) }) }
            if let details { body["person"] = .object(try RequestCommand.object(at: details)) }
            let opened: JSONObject
            if let remote = try place.remote {
                opened = try await GatewayClient(remote).object(
                    "POST", "/v1/requests", contentType: "application/json", body: JSONValue.object(body).encoded(),
                    headers: [GatewayClient.idempotencyKey(idempotencyKey)])
            } else {
                let (sent, key) = (body, idempotencyKey)
                opened = try await place.withGateway { gateway, context in
                    var opening = try RequestCoding.opening(sent)
                    opening.idempotencyKey = key
                    return RequestCoding.object(try await gateway.openRequest(opening, context), today: gateway.today)
                }
            }
            if json { return RequestCommand.print(opened) }
            Console.say(Table.text(opened["id"]))
            Console.note("answer by \(Table.text(opened["due_on"])) (\(Table.text(opened["due_rule"]))); next: \(Table.text(opened["next"]))")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List requests, what is due first; ! behind a day that is over.",
            discussion: """
                Examples:
                  gatehouse request list --due-within 7
                  gatehouse request list --all --kind erasure --json
                """
        )
        @OptionGroup var place: PlaceOptions
        @Flag(help: "Ended ones, too.") var all = false
        @Option(name: .customLong("in"), help: ArgumentHelp("Of one state.", valueName: "state"), completion: .list(RequestCommand.states))
        var only: String?
        @Option(help: "Of one kind.", completion: .list(RequestCommand.kinds)) var kind: String?
        @Flag(help: "Only those beyond their last day.") var overdue = false
        @Option(help: ArgumentHelp("Only those whose last day is not further away.", valueName: "days")) var dueWithin: Int?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            guard only == nil || !all else { throw ValidationError("give --all or --in, not both") }
            var parameters = [(name: "state", value: only ?? (all ? "all" : "open"))]
            if let kind { parameters.append(("kind", kind)) }
            if overdue { parameters.append(("overdue", "true")) }
            if let dueWithin { parameters.append(("due_within", "\(dueWithin)")) }
            let items = try await items(parameters)
            if json { return Console.say(String(decoding: JSONValue.array(items.map { .object($0) }).encoded(), as: UTF8.self)) }
            // What fits 80 columns: the id takes 36 of them.
            Table.print(
                ["id", "kind", "state", "due"],
                items.map { item in
                    let isOverdue = item["overdue"] == .bool(true)
                    return [
                        Table.text(item["id"]), Table.text(item["kind"]), Self.shortState(Table.text(item["state"])),
                        Table.text(item["due_on"]) + (isOverdue ? "!" : ""),
                    ]
                })
        }

        /// Open states by what has to be done.
        private static func shortState(_ state: String) -> String {
            switch RequestState(rawValue: state) {
            case .received, .identityCheck: "to verify"
            case .awaitingApproval: "to approve"
            case .inProgress: "to run"
            case .partlyFulfilled: "partly"
            case .fulfilled, .refused, .withdrawn, .expired, nil: state
            }
        }

        private func items(_ parameters: [(name: String, value: String)]) async throws -> [JSONObject] {
            guard let remote = try place.remote else {
                let parameters = parameters
                return try await place.withGateway { gateway, context in
                    var query = try RequestCoding.query(parameters + [("limit", "200")], today: gateway.today)
                    var items: [JSONObject] = []
                    while true {
                        let files = try await gateway.listRequests(query, context)
                        items += files.map { RequestCoding.object($0, today: gateway.today) }
                        guard files.count == query.limit, let last = files.last else { return items }
                        query.after = (last.row.dueOn, last.id)
                    }
                }
            }
            let client = try GatewayClient(remote)
            var items: [JSONObject] = []
            var cursor = ""
            while true {
                let text = parameters.map { "\($0.name)=\(GatewayClient.encode($0.value))" }.joined(separator: "&")
                let page = try await client.object("GET", "/v1/requests?limit=200&\(text)\(cursor)")
                items += Table.objects(page["data"])
                guard let next = page["next"]?.stringValue else { return items }
                cursor = "&cursor=\(GatewayClient.encode(next))"
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a request, its deadlines and its history.", discussion: "Example: gatehouse request show 019a… --json"
        )
        @OptionGroup var which: Which

        func run() async throws {
            let id = try which.request
            let object: JSONObject
            if let remote = try which.place.remote {
                object = try await GatewayClient(remote).object("GET", "/v1/requests/\(id)")
            } else {
                object = try await which.place.withGateway { gateway, context in
                    RequestCoding.object(try await gateway.request(id, context), today: gateway.today)
                }
            }
            if which.json { return RequestCommand.print(object) }
            RequestCommand.tell(object)
        }
    }

    static let states = RequestState.allCases.map(\.rawValue)

    private static func tell(_ object: JSONObject) {
        func line(_ name: String, _ value: String) { if !value.isEmpty { Console.say(name.padding(to: 10) + value) } }
        let (due, counted) = (Table.text(object["due_on"]), Table.text(object["counted_on"]))
        line("request", Table.text(object["id"]))
        line("asks for", "\(Table.text(object["kind"])) (\(Table.text(object["article"])))")
        line("state", stateWithReason(object))
        line("received", "\(Table.text(object["received_on"])), \(Table.text(object["channel"])), opened by \(Table.text(object["opened_by"]))")
        line("confirm", Table.text(object["confirm_by"]))
        line(
            "answer",
            due + (due == counted ? "" : ", counted \(counted)") + (object["overdue"] == .bool(true) ? ", overdue" : "")
                + " (\(Table.text(object["due_rule"])))")
        line("proof", Table.text(object["proof"]))
        line("approved", Table.text(object["approved_by"]))
        line("run by", Table.text(object["begun_by"]))
        line("people", Table.text(object["subjects"]))
        for member in object["person"]?.objectValue?.members ?? [] { line("says", "\(member.name): \(Table.text(member.value))") }
        line("message", Table.text(object["message"]))
        line("fee", Table.text(object["fee"]))
        line("next", Table.text(object["next"]))
        Console.say("")
        Table.print(
            ["at", "who", "what", "detail"],
            Table.objects(object["history"]).map { event in
                [Table.time(event["at"]), Table.text(event["actor"]), Table.text(event["event"]), Table.text(event["detail"])]
            })
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
