import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import Vocabulary

extension AuditCommand.Report {
    struct Breach: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How far a stolen credential reached: numbers first, and what GDPR Art. 33(3) asks of a notification.",
            discussion: """
                With --list the pseudonyms and records that were reached; on the gateway's host also the people, as far as their records tell
                without opening a key. Whoever was erased since is not among these.

                Examples:
                  gatehouse audit report breach --user ann --since 2026-11-20 --until 2026-11-22T09:00:00Z
                  gatehouse audit report breach --app abcdefgh2345 --list --json
                """
        )

        @OptionGroup var place: PlaceOptions
        @Option(help: "The user whose credential it was.") var user: String?
        @Option(help: "With this key alone: the twelve characters behind ghk_.") var app: String?
        @Option(help: "From this time on, or for so long: 12h, 30d. A date is its first moment in UTC.") var since: String?
        @Option(help: "Before this time.") var until: String?
        @Flag(help: "The ids of what was reached, too.") var list = false
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            if user == nil, app == nil { throw ValidationError("give --user, --app, or both") }
        }

        func run() async throws {
            var question = BreachQuestion()
            question.user = user
            question.app = app
            question.since = try since.map { try TrailTime.since($0) }
            question.until = try until.map { try TrailTime.point($0, "--until") }
            question.wantsSubjects = list
            let (asked, withList) = (question, list)
            let query = ReportRun.query([
                ("user", user), ("app", app), ("since", asked.since?.description), ("until", asked.until?.description),
                ("list", withList ? "true" : nil),
            ])
            let report = try await ReportRun(place: place).object("/v1/audit/reports/breach" + query) { gateway, context, progress in
                BreachReportCoding.object(try await gateway.breachReport(asked, progress: progress, context), gateway.catalog, withList: withList)
            }
            if json { return Console.say(String(decoding: JSONValue.object(report).encoded(), as: UTF8.self)) }
            BreachText(report).say()
        }
    }
}

/// A report on a breach for people to read.
private struct BreachText {
    let report: JSONObject

    init(_ report: JSONObject) { self.report = report }

    func say() {
        let least = report["is_exact"] == .bool(false) ? "at least " : ""
        let app = Table.text(report["app"])
        Console.say("\(Table.text(report["actor"]))\(app.isEmpty ? "" : " with key \(app)") reached:")
        line("people", least + Table.text(report["people"]))
        line("records", least + Table.text(report["records"]))
        line("events", Table.text(report["events"]))
        line("first, last", "\(Table.time(report["first_at"])), \(Table.time(report["last_at"]))")
        for (name, title) in [("lists", "lists and searches"), ("imports", "imports")] {
            let bulk = report[name]?.objectValue
            line(title, "\(Table.text(bulk?["events"])) with \(Table.text(bulk?["rows"])) rows")
        }
        line("changes", Table.text(report["changes"]))
        line("denied attempts", Table.text(report["denials"]))
        if report["events_without_records"] != .number(JSONNumber(0)) {
            line("without record ids", "\(Table.text(report["events_without_records"])) events: one of their people was erased since")
        }
        Console.say("\nWhat it did:")
        Table.print(
            ["entity", "action", "outcome", "events"],
            Table.objects(report["activity"]).map { row in ["entity", "action", "outcome", "events"].map { Table.text(row[$0]) } })
        fields("seen", "Fields shown in the clear, times:")
        fields("written", "Fields written, times:")
        article33(least)
        list()
    }

    private func line(_ title: String, _ text: String) {
        Console.say("  " + title + String(repeating: " ", count: max(1, 20 - title.count)) + text)
    }

    private func fields(_ name: String, _ title: String) {
        let classes = Table.objects(report[name])
        if classes.isEmpty { return }
        Console.say("\n" + title)
        for group in classes {
            let fields = Table.objects(group["fields"]).map { "\(Table.text($0["field"])) \(Table.text($0["times"]))" }.joined(separator: ", ")
            let mark = group["is_sensitive"] == .bool(true) ? " !" : ""
            line(Table.text(group["class"]) + mark, fields)
        }
    }

    private func article33(_ least: String) {
        let article = report["article_33"]?.objectValue ?? JSONObject()
        Console.say("\nGDPR Art. 33(3)(a):")
        line("data subjects", least + Table.text(article["people"]))
        for row in Table.objects(article["categories_of_people"]) {
            line("  of them", "\(Table.text(row["category"])): \(Table.text(row["people"]))")
        }
        line("records", least + Table.text(article["records"]))
        for row in Table.objects(article["categories_of_records"]) {
            let classes = Table.text(row["classes"])
            line("  of them", "\(Table.text(row["category"])): \(Table.text(row["records"]))" + (classes.isEmpty ? "" : " (\(classes))"))
        }
    }

    private func list() {
        guard let list = report["list"]?.objectValue else { return }
        for row in list["pseudonyms"]?.arrayValue ?? [] { Console.say("pseudonym " + Table.text(row)) }
        for (entity, records) in (list["records"]?.objectValue?.members ?? []).map({ ($0.name, $0.value) }) {
            for record in records.arrayValue ?? [] { Console.say("\(entity) " + Table.text(record)) }
        }
        for row in list["subjects"]?.arrayValue ?? [] { Console.say("subject " + Table.text(row)) }
        if list["is_complete"] == .bool(false) { Console.note("the list is cut: ask for a shorter stretch of time") }
    }
}
