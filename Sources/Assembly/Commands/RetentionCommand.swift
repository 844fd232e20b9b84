import ArgumentParser
import DataFormats
import Foundation
import Gateway
import HTTPInterface
import Storage
import Synchronization
import Vocabulary

struct RetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Let go of what has lasted its time: plan, run, report and review.",
        discussion: """
            The catalog says what goes, when and why (retention: in policies/catalog). Floors of the law win over periods; nothing that a legal
            hold reaches goes, and nobody whose processing is restricted.

            Examples:
              gatehouse retention plan
              gatehouse retention run --rule contact.former-customers --dry-run
              gatehouse retention run --rate 2000
              gatehouse retention report 019a… > report.json
            """,
        subcommands: [Plan.self, Run.self, Runs.self, Report.self, Reviews.self, Review.self]
    )

    private static func show(plan: [JSONObject], _ json: Bool) {
        if json { return Console.say(String(decoding: JSONValue.array(plan.map { .object($0) }).encoded(), as: UTF8.self)) }
        Table.print(
            ["rule", "do", "records", "people", "kept", "held", "restricted", "oldest", "over_up_to"],
            plan.map { rule in
                ["rule", "do", "records", "people", "kept", "held", "restricted"].map { Table.text(rule[$0]) }
                    + [String(Table.text(rule["oldest"]).prefix(10)), Table.text(rule["over_up_to"])]
            }
        )
    }

    static func plan(_ place: PlaceOptions, _ rule: String?) async throws -> [JSONObject] {
        if let remote = try place.remote {
            return Table.objects(
                try await GatewayClient(remote).object("GET", "/v1/retention/plan" + ReportRun.query([("rule", rule)]))["data"])
        }
        return try await place.withGateway { gateway, context in
            try await gateway.retentionPlan(rule: rule, context).map { RetentionCoding.object($0) }
        }
    }

    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Count what is due to go, by rule, and what stays and why; nothing is changed.",
            discussion: """
                KEPT is what a floor of the law keeps, HELD what a legal hold keeps, RESTRICTED what people want kept (GDPR Art. 18). --json also
                has five samples of each rule, by id.

                Example: gatehouse retention plan --rule activity.old-activities --json
                """
        )
        @OptionGroup var place: PlaceOptions
        @Option(help: "Only this rule: entity.rule, or the rule's name where only one has it.") var rule: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws { RetentionCommand.show(plan: try await RetentionCommand.plan(place, rule), json) }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let go of what is due; interrupted, the same command goes on where it was.",
            discussion: """
                A running gateway goes on with it when this command is stopped, and over GATEHOUSE_URL carries it out from the
                beginning: this command does not wait for it then. At the
                end there is a signed report: gatehouse retention report ID.

                Examples:
                  gatehouse retention run --dry-run
                  gatehouse retention run --rule lead.cold-leads --rate 2000
                """
        )
        @OptionGroup var place: PlaceOptions
        @Option(help: "Only this rule: entity.rule, or the rule's name where only one has it.") var rule: String?
        @Option(help: ArgumentHelp("Records a second at most; 0 is as fast as it goes.", valueName: "n")) var rate = Int(
            RetentionCoding.usualRate)
        @Flag(help: "Change nothing; show the plan.") var dryRun = false
        @Flag(help: "Begin it and leave it to a running gateway.") var detach = false
        @Flag(help: "Print JSON, and no progress.") var json = false

        func validate() throws {
            guard RetentionCoding.rates.contains(Int64(rate)) else { throw ValidationError("--rate is 0 to 1000000") }
        }

        func run() async throws {
            if dryRun {
                RetentionCommand.show(plan: try await RetentionCommand.plan(place, rule), json)
                if !json { Console.say("nothing was changed") }
                return
            }
            let (rule, rate, detach, json) = (rule, Int32(rate), detach, json)
            if let remote = try place.remote {
                var body: JSONObject = ["rate": .number(JSONNumber(Int(rate)))]
                if let rule { body["rule"] = .string(rule) }
                let run = try await GatewayClient(remote).object(
                    "POST", "/v1/retention/runs", contentType: "application/json", body: JSONValue.object(body).encoded())
                return RetentionCommand.tell(run, json)
            }
            let run = try await place.withGateway { gateway, context in
                let begun = try await gateway.beginRetention(rule: rule, rate: rate, context)
                return detach ? begun : try await Self.see(begun, through: gateway, RetentionProgress(isQuiet: json), context)
            }
            RetentionCommand.tell(RetentionCoding.object(run), json)
        }

        /// Carries a run out, or watches whoever does it already, and goes on when that one is gone.
        private static func see(
            _ begun: RetentionRunRow, through gateway: RecordGateway, _ progress: RetentionProgress, _ context: RequestContext
        ) async throws -> RetentionRunRow {
            var last = (done: begun.done, at: ContinuousClock.now)
            while true {
                do throws(Refusal) {
                    let finished = try await gateway.carryOut(begun, progress: { progress.show($0) }, context)
                    progress.finish()
                    return finished
                } catch {
                    let isPassing = [.busy, .vaultUnavailable, .storeUnavailable, .outcomeUnknown].contains(error.code)
                    guard isPassing, last.at + .seconds(120) > .now else { throw error }
                }
                try await Task.sleep(for: .seconds(1))
                guard let run = try? await gateway.run(begun.id, of: begun.tenant) else { continue }
                if run.finishedAt != nil {
                    progress.finish()
                    return run
                }
                if run.done != last.done { last = (run.done, .now) }
                progress.show(run)
            }
        }
    }

    private static func tell(_ run: JSONObject, _ json: Bool) {
        if json { return Console.say(String(decoding: JSONValue.object(run).encoded(), as: UTF8.self)) }
        let id = Table.text(run["id"])
        if Table.text(run["state"]) == "finished" {
            Console.say("done: \(Table.text(run["done"])) records dealt with; gatehouse retention report \(id)")
        } else {
            Console.say("begun: \(id); a running gateway carries it out: gatehouse retention runs")
        }
    }

    struct Runs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List runs, the newest first, and how far they are.", discussion: "Example: gatehouse retention runs --json"
        )
        @OptionGroup var place: PlaceOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let runs: [JSONObject]
            if let remote = try place.remote {
                runs = Table.objects(try await GatewayClient(remote).object("GET", "/v1/retention/runs")["data"])
            } else {
                runs = try await place.withGateway { gateway, context in
                    try await gateway.retentionRuns(context).map { RetentionCoding.object($0) }
                }
            }
            if json { return Console.say(String(decoding: JSONValue.array(runs.map { .object($0) }).encoded(), as: UTF8.self)) }
            Table.print(
                ["id", "state", "rule", "done", "total", "started_at", "started_by", "finished_at"],
                runs.map { run in
                    ["id", "state", "rule", "done", "total"].map { Table.text(run[$0]) }
                        + [Table.time(run["started_at"]), Table.text(run["started_by"]), Table.time(run["finished_at"])]
                }
            )
        }
    }

    struct Report: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the signed report of a run: counts by rule, citations, what stayed and why.",
            discussion: """
                Whoever has the key that 'gatehouse certificate key' prints can verify it offline with 'gatehouse certificate verify'.

                Example: gatehouse retention report 019a… > report.json
                """
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The run's id.") var id: String

        func run() async throws {
            guard let id = UUIDv7(id) else { throw ValidationError("'\(id)' is not the id of a run") }
            let bytes: [UInt8]
            if let remote = try place.remote {
                bytes = try await GatewayClient(remote).send("GET", "/v1/retention/runs/\(id)/report")
            } else {
                bytes = try await place.withGateway { gateway, context in try await gateway.retentionReport(id, context) }
            }
            Console.say(String(decoding: bytes, as: UTF8.self))
        }
    }

    struct Reviews: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List records that rules want looked at, the oldest first.", discussion: "Example: gatehouse retention reviews --json"
        )
        @OptionGroup var place: PlaceOptions
        @Option(help: "Only this rule.") var rule: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let rule = rule
            let reviews: [JSONObject]
            if let remote = try place.remote {
                reviews = Table.objects(
                    try await GatewayClient(remote).object("GET", "/v1/retention/reviews" + ReportRun.query([("rule", rule)]))["data"])
            } else {
                reviews = try await place.withGateway { gateway, context in
                    try await gateway.retentionReviews(rule: rule, context).map { RetentionCoding.object($0) }
                }
            }
            if json { return Console.say(String(decoding: JSONValue.array(reviews.map { .object($0) }).encoded(), as: UTF8.self)) }
            Table.print(["rule", "record", "since"], reviews.map { [Table.text($0["rule"]), Table.text($0["record"]), Table.time($0["since"])] })
        }
    }

    struct Review: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Note that you looked at a record and that it stays, until something goes on in it.",
            discussion: "Example: gatehouse retention review 019a… --rule account.untouched-accounts --reason 'still a customer'"
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The record's id.") var id: String
        @Option(help: "The rule that wants it looked at.") var rule: String
        @Option(help: "Why it stays; kept in the audit trail.") var reason: String

        func run() async throws {
            guard let record = RecordID(id) else { throw ValidationError("'\(id)' is not the id of a record") }
            let (rule, reason) = (rule, reason)
            if let remote = try place.remote {
                let body: JSONObject = ["rule": .string(rule), "record": .string(record.description)]
                _ = try await GatewayClient(remote).send(
                    "POST", "/v1/retention/reviews", contentType: "application/json", body: JSONValue.object(body).encoded(),
                    headers: [("Reason", reason)])
            } else {
                _ = try await place.withGateway(reason: reason) { gateway, context in try await gateway.markReviewed([record], rule: rule, context) }
            }
            Console.note("noted")
        }
    }
}

/// Shows how far a run of retention is.
final class RetentionProgress: Sendable {
    private let bar: Mutex<(bar: ProgressBar, total: Int64)?>
    private let isQuiet: Bool

    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
        bar = Mutex(nil)
    }

    func show(_ run: RetentionRunRow) {
        if isQuiet { return }
        bar.withLock { shown in
            if shown?.total != run.total { shown = (ProgressBar("retention", total: Int(run.total), isQuiet: false), run.total) }
            shown?.bar.update(Int(run.done), detail: run.rule < run.rules.count ? run.rules[run.rule] : "signing the report")
        }
    }

    func finish() {
        bar.withLock { $0?.bar.finish(detail: "done") }
    }
}
