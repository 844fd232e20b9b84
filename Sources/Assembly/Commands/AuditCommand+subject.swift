import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import Vocabulary

extension AuditCommand.Report {
    struct Subject: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Everyone who saw or changed a person's data: for the answer to an access request (GDPR Art. 15(1)(c)).",
            discussion: """
                Once the person's key is destroyed nobody can tell any more. What was denied or not found is told apart, as long as the trail
                still knows which records it was about.

                Examples:
                  gatehouse audit report subject 019a…
                  gatehouse audit report subject 019a… --csv > answer.csv
                """
        )

        @OptionGroup var place: PlaceOptions
        @Argument(help: "The data subject's id; for a contact or lead the record's own.") var id: String
        @OptionGroup var form: AuditCommand.Form

        func run() async throws {
            guard let subject = UUIDv7(id).map({ SubjectID($0) }) else { throw ValidationError("'\(id)' is not the id of a data subject") }
            let report = try await ReportRun(place: place).object("/v1/audit/reports/subjects/\(subject)") { gateway, context, progress in
                SubjectReportCoding.object(try await gateway.subjectReport(of: subject, progress: progress, context))
            }
            if form.json { return Console.say(String(decoding: JSONValue.object(report).encoded(), as: UTF8.self)) }
            let recipients = Table.objects(report["recipients"]).map(Self.row)
            let attempts = Table.objects(report["attempts"]).map(Self.attempt)
            if form.csv {
                let headings = ["kind"] + Self.headings + ["action", "entity", "outcome", "rule"]
                // One table: what a recipient has no cell for stays empty, and what an attempt has none for, too.
                let blank = { (count: Int) in [String](repeating: "", count: count) }
                return Table.printCSV(
                    headings,
                    recipients.map { ["recipient"] + $0 + blank(4) }
                        + attempts.map { ["attempt"] + $0[0...1] + blank(2) + [$0[7], $0[8], $0[6]] + blank(3) + $0[2...5] })
            }
            if recipients.isEmpty { Console.say("nobody has seen or changed this person's data") } else { Table.print(Self.headings, recipients) }
            if attempts.isEmpty { return }
            Console.say("\nTried, and got nothing:")
            Table.print(["actor", "roles", "action", "entity", "outcome", "rule", "times", "first", "last"], attempts)
        }

        private static let headings = ["actor", "roles", "purposes", "basis", "first", "last", "times", "clear", "masked", "changes"]

        private static func row(_ recipient: JSONObject) -> [String] {
            let purposes = Table.objects(recipient["purposes"])
            let changes = Table.objects(recipient["changes"]).map { change in
                let fields = Table.text(change["fields"])
                return "\(Table.text(change["action"])) \(Table.text(change["entity"])) \(Table.text(change["times"]))x"
                    + (fields.isEmpty ? "" : " (\(fields))")
            }
            return [
                Table.text(recipient["actor"]), Table.text(recipient["roles"]), purposes.map { Table.text($0["purpose"]) }.joined(separator: " "),
                purposes.map { Table.text($0["basis"]) }.joined(separator: " "), Table.time(recipient["first_at"]), Table.time(recipient["last_at"]),
                Table.text(recipient["accesses"]), Table.text(recipient["clear"]), Table.text(recipient["masked"]), changes.joined(separator: "; "),
            ]
        }

        private static func attempt(_ attempt: JSONObject) -> [String] {
            ["actor", "roles", "action", "entity", "outcome", "rule", "times"].map { Table.text(attempt[$0]) }
                + [Table.time(attempt["first_at"]), Table.time(attempt["last_at"])]
        }
    }
}
