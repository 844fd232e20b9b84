import ArgumentParser
import DataFormats
import Foundation
import Gateway
import HTTPInterface
import SubjectRights
import Vocabulary

struct HoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Keep data for legal claims although it would have to go: place, list, review and release legal holds.",
        discussion: """
            What a hold reaches is not deleted, anonymised, archived or erased, and nobody's key is destroyed, until it is released (GDPR
            Art. 17(3)(e)); people whose data would have gone are restricted meanwhile (Art. 18(1)(c)). Officers work on a running gateway
            with a token of their own (GATEHOUSE_URL, GATEHOUSE_TOKEN).

            Examples:
              gatehouse hold place --subject 019a… --matter 'Example ./. Muster' --basis 'defence of claims' --review 2027-06-30
              gatehouse hold place --entity deal --where "record.product == 'Valve 7'" --matter 'Recall 12' --basis 'product liability' \\
                --review 2027-06-30 --dry-run
              gatehouse hold release 019a… --reason 'settled on 2027-03-01'
            """,
        subcommands: [Place.self, List.self, Show.self, Review.self, Release.self]
    )

    /// How a hold's scope fits a column of a table.
    private static func scope(_ hold: JSONObject) -> String {
        if let subject = hold["subject"]?.stringValue { return "subject \(subject)" }
        let entity = Table.text(hold["entity"])
        return hold["condition"]?.stringValue.map { "\(entity) where \($0)" } ?? "every \(entity)"
    }

    private static func show(_ holds: [JSONObject], _ json: Bool) {
        if json { return Console.say(String(decoding: JSONValue.array(holds.map { .object($0) }).encoded(), as: UTF8.self)) }
        Table.print(
            ["id", "state", "review_on", "records", "people", "placed_by", "scope", "matter"],
            holds.map { hold in
                [
                    Table.text(hold["id"]), Table.text(hold["state"]), Table.text(hold["review_on"]), Table.text(hold["records"]),
                    Table.text(hold["people"]), Table.text(hold["placed_by"]), scope(hold), Table.text(hold["matter"]),
                ]
            }
        )
    }

    private static func tell(_ hold: JSONObject, _ json: Bool) {
        if json { return Console.say(String(decoding: JSONValue.object(hold).encoded(), as: UTF8.self)) }
        let lines = [
            "id", "state", "matter", "basis", "review_on", "records", "people", "placed_at", "placed_by", "released_at", "released_by",
            "release_reason",
        ]
        Table.print(
            ["what", "value"], [["scope", scope(hold)]] + lines.map { [$0, Table.text(hold[$0])] }.filter { !$0[1].isEmpty })
    }

    struct Place: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Place a hold on a person, an entity, or the records of an entity that fit a condition.",
            discussion: """
                A condition is CEL over plain fields. Records that fit when the hold is placed stay held whatever is changed of them later, and
                records that come to fit are held from then on. With --dry-run nothing is placed, and how far it would reach is told.

                Example: gatehouse hold place --subject 019a… --matter 'Example ./. Muster' --basis 'defence of claims' --review 2027-06-30
                """
        )
        @OptionGroup var place: PlaceOptions
        @Option(help: "The data subject's id; for a contact or lead the record's own.") var subject: String?
        @Option(help: "An entity of the catalog.") var entity: String?
        @Option(name: .customLong("where"), help: "With --entity: only records that fit this condition.") var condition: String?
        @Option(help: "The case it is for.") var matter: String
        @Option(help: "The ground it rests on, for instance the claim and its law.") var basis: String
        @Option(help: ArgumentHelp("When somebody has to look whether it is still needed.", valueName: "day")) var review: String
        @Flag(help: "Place nothing; tell how far it would reach.") var dryRun = false
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            guard (subject == nil) != (entity == nil) else { throw ValidationError("give either --subject or --entity") }
            if condition != nil, entity == nil { throw ValidationError("--where goes with --entity") }
            guard CalendarDate(review) != nil else { throw ValidationError("--review takes a day such as 2027-06-30") }
        }

        func run() async throws {
            var texts = ["matter": matter, "basis": basis, "review_on": review]
            texts["subject"] = subject
            texts["entity"] = entity
            texts["condition"] = condition
            let (order, dryRun) = (texts, dryRun)
            let hold: JSONObject
            if let remote = try place.remote {
                var body = JSONObject()
                for (name, text) in order.sorted(by: { $0.key < $1.key }) { body[name] = .string(text) }
                hold = try await GatewayClient(remote).object(
                    "POST", "/v1/holds\(dryRun ? "?dry_run=true" : "")", contentType: "application/json", body: JSONValue.object(body).encoded())
            } else {
                hold = try await place.withGateway { gateway, context in
                    HoldCoding.object(try await gateway.placeHold(try HoldCoding.order(order), isDryRun: dryRun, context))
                }
            }
            if json { return HoldCommand.tell(hold, true) }
            let reach = "\(Table.text(hold["records"])) records about \(Table.text(hold["people"])) people"
            Console.say(dryRun ? "would reach \(reach); nothing was placed" : "placed \(Table.text(hold["id"])): it reaches \(reach)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List holds that stand, those whose review is due first.", discussion: "Example: gatehouse hold list --all --json"
        )
        @OptionGroup var place: PlaceOptions
        @Flag(help: "Released ones, too.") var all = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let all = all
            let holds: [JSONObject]
            if let remote = try place.remote {
                holds = Table.objects(try await GatewayClient(remote).object("GET", "/v1/holds?state=\(all ? "all" : "standing")")["data"])
            } else {
                holds = try await place.withGateway { gateway, context in
                    try await gateway.holds(includesReleased: all, context).map { HoldCoding.object($0) }
                }
            }
            HoldCommand.show(holds, json)
            let today = Instant.now().description.prefix(10)
            let due = holds.filter { Table.text($0["state"]) == "standing" && Table.text($0["review_on"]) <= today }.count
            if due > 0 { Console.note("\(due) wait for a review: gatehouse hold review ID --next DAY, or gatehouse hold release ID") }
        }
    }

    /// Commands about one hold.
    struct Which: ParsableArguments {
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The hold's id.") var id: String
        @Flag(help: "Print JSON.") var json = false

        var hold: UUIDv7 {
            get throws {
                guard let uuid = UUIDv7(id) else { throw ValidationError("'\(id)' is not the id of a hold") }
                return uuid
            }
        }

        /// Asks a running gateway, or does it on this host.
        func run(
            _ method: String, _ path: String = "", _ body: JSONObject? = nil, reason: String? = nil,
            _ here: @escaping @Sendable (RecordGateway, UUIDv7, RequestContext) async throws -> LegalHold
        ) async throws {
            let hold = try hold
            let answer: JSONObject
            if let remote = try place.remote {
                answer = try await GatewayClient(remote).object(
                    method, "/v1/holds/\(hold)\(path)", contentType: body == nil ? nil : "application/json",
                    body: body.map { JSONValue.object($0).encoded() } ?? [], headers: reason.map { [("Reason", $0)] } ?? [])
            } else {
                answer = try await place.withGateway(reason: reason) { gateway, context in HoldCoding.object(try await here(gateway, hold, context)) }
            }
            HoldCommand.tell(answer, json)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one hold: what it is for and what it reached.", discussion: "Example: gatehouse hold show 019a…"
        )
        @OptionGroup var which: Which

        func run() async throws { try await which.run("GET") { try await $0.hold($1, $2) } }
    }

    struct Review: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that a hold is still needed, and when to look again.",
            discussion: "Example: gatehouse hold review 019a… --next 2027-12-31"
        )
        @OptionGroup var which: Which
        @Option(help: ArgumentHelp("When somebody has to look again.", valueName: "day")) var next: String

        func run() async throws {
            guard let day = CalendarDate(next) else { throw ValidationError("--next takes a day such as 2027-12-31") }
            try await which.run("POST", "/review", ["review_on": .string(next)]) { try await $0.reviewHold($1, next: day, $2) }
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a hold: what it kept may go from then on, and people it restricted no longer are.",
            discussion: "Example: gatehouse hold release 019a… --reason 'settled on 2027-03-01'"
        )
        @OptionGroup var which: Which
        @Option(help: "Why; kept in the audit trail and with the hold.") var reason: String

        func run() async throws { try await which.run("DELETE", reason: reason) { try await $0.releaseHold($1, $2) } }
    }
}
