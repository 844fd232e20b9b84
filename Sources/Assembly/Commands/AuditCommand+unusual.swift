import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import Vocabulary

extension AuditCommand.Report {
    struct Unusual: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What somebody should look at: bulk reads, odd hours, broken glass, denials, deletions, first uses of special fields.",
            discussion: """
                A day until now, unless --since and --until say otherwise. A number is unusual above three times what is usual for the same
                actor in the four weeks before, and never below 50 people within an hour, 20 denials or 10 deletions on a day; --people,
                --denials and --deletions set a number for everybody.

                Examples:
                  gatehouse audit report unusual
                  gatehouse audit report unusual --since 2026-11-01 --hours 08:00-18:00 --zone Europe/Berlin
                  gatehouse audit report unusual --people 200 --csv
                """
        )

        @OptionGroup var place: PlaceOptions
        @Option(help: "From this time on, or for so long: 12h, 30d. A date is its first moment in UTC.") var since: String?
        @Option(help: "Before this time.") var until: String?
        @Option(help: "More people than this within an hour are many.") var people: Int?
        @Option(help: "More denials than this on a day are many.") var denials: Int?
        @Option(help: "More deletions than this on a day are many.") var deletions: Int?
        @Option(help: "Working days, such as mon-fri or mon,wed.") var days: String?
        @Option(help: "Working hours, such as 07:00-20:00.") var hours: String?
        @Option(help: "The time zone of days and hours; UTC where none is given.") var zone: String?
        @OptionGroup var form: AuditCommand.Form

        func run() async throws {
            let pairs: [(String, String?)] = [
                ("since", try since.map { try TrailTime.since($0).description }),
                ("until", try until.map { try TrailTime.point($0, "--until").description }),
                ("people", people.map { String($0) }), ("denials", denials.map { String($0) }), ("deletions", deletions.map { String($0) }),
                ("days", days), ("hours", hours), ("zone", zone),
            ]
            let given = Dictionary(pairs.compactMap { name, value in value.map { (name, $0) } }, uniquingKeysWith: { first, _ in first })
            let report = try await ReportRun(place: place).object("/v1/audit/reports/unusual" + ReportRun.query(pairs)) {
                gateway, context, progress in
                let question = try UnusualReportCoding.question(given, now: context.time)
                return UnusualReportCoding.object(try await gateway.unusualReport(question, progress: progress, context), question)
            }
            if form.json { return Console.say(String(decoding: JSONValue.object(report).encoded(), as: UTF8.self)) }
            let findings = Table.objects(report["findings"])
            if form.csv {
                let columns = ["what", "actor", "first_at", "last_at", "amount", "limit", "usual", "field", "rule", "grant", "why"]
                return Table.printCSV(columns, findings.map { finding in columns.map { Table.text(finding[$0]) } })
            }
            if findings.isEmpty {
                return Console.say("nothing unusual from \(Table.time(report["since"])) to \(Table.time(report["until"]))")
            }
            Table.print(
                ["what", "who", "from", "to", "how much", "which", "why"],
                findings.map { finding in
                    [
                        Table.text(finding["what"]), Table.text(finding["actor"]), Table.time(finding["first_at"]), Table.time(finding["last_at"]),
                        Table.text(finding["amount"]), Table.text(finding["field"] ?? finding["grant"]), Table.text(finding["why"]),
                    ]
                })
        }
    }
}
