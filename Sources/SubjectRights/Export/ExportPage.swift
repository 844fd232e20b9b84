import Catalog
import DataFormats
import Expressions
import Vocabulary

/// Writes `index.html` while the records come: a page that a person reads and prints. It runs nothing, loads nothing, and has no style but its own.
package struct ExportPage: Sendable {
    package static let fileName = "index.html"
    private let frame: ExportFrame
    private var text = ""

    package init(_ frame: ExportFrame) { self.frame = frame }

    package mutating func takeBytes() -> [UInt8] {
        defer { text = "" }
        return Array(text.utf8)
    }

    /// Everything in front of the records.
    package mutating func begin(_ sections: [ExportSection]) {
        let processing = frame.processing
        text += """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
            <title>\(Self.escaped(frame.scope.title))</title><style>\(Self.style)</style></head><body><main>
            <h1>\(Self.escaped(frame.scope.title))</h1>
            <p>Made on \(Self.escaped(day(frame.madeAt))) for your request <code>\(frame.request)</code>, under \(Self.escaped(frame.scope.law)).</p>

            """
        heading("Who answers for it")
        var parties = [("Controller", "\(processing.controller.name), \(processing.controller.address)"), ("E-mail", processing.controller.email)]
        if let phone = processing.controller.phone { parties.append(("Phone", phone)) }
        if let url = processing.controller.url { parties.append(("Page", url)) }
        for (label, contact) in [
            ("Data protection officer", processing.dataProtectionOfficer), ("Supervisory authority", processing.supervisoryAuthority),
        ] {
            guard let contact else { continue }
            parties.append((label, [contact.name, contact.email, contact.url].compactMap { $0 }.joined(separator: ", ")))
        }
        table(parties.map { [$0.0, $0.1] })

        heading("What it is used for")
        table(
            ["Purpose", "Why the law allows it", "Who has it for that"],
            frame.purposes.values.sorted { $0.name < $1.name }.map { purpose in
                [
                    purpose.label, "\(purpose.basis.rawValue) (\(ExportFrame.article(purpose.basis)))",
                    frame.recipients(of: [purpose.name]).map(\.label).joined(separator: ", "),
                ]
            })
        heading("Who else has it, and where")
        table(
            ["Recipient", "Role", "Country", "What protects a transfer"],
            processing.recipients.map { [$0.label, $0.role.rawValue, $0.country, $0.safeguard ?? ""] })
        paragraph("It rests in: \(processing.storageLocations.joined(separator: ", ")).")
        if !processing.sources.isEmpty { paragraph("Beside you, it comes from: \(processing.sources.joined(separator: "; ")).") }
        paragraph(ExportFrame.automatedDecisions)
        heading("What you can do")
        table(frame.rights.map { [$0.text, $0.article] })
        for section in sections {
            heading(section.title)
            paragraph(section.explanation)
            if section.rows.isEmpty {
                paragraph("None.")
            } else {
                table(section.columns.map(\.label), section.rows.map { $0.map(ExportSection.text) })
            }
        }
    }

    package mutating func begin(_ plan: ExportPlan.PlannedEntity) {
        heading(plan.isMention ? "\(plan.entity.label): records about somebody else that name you" : plan.entity.label)
        if plan.isMention {
            paragraph("What they say of somebody else is not shown (GDPR Art. 15(4)).")
        } else {
            for rule in plan.entity.retention {
                let condition = rule.condition.map { ", where \($0.text)" } ?? ""
                paragraph("Kept: \(rule.action.rawValue) \(rule.after) after \(rule.since)\(condition) (\(rule.basis)).")
            }
            text += "<details><summary>What these fields are for</summary>\n"
            table(
                ["Field", "Kind of data", "Used for", "Comes from", "Note"],
                plan.fields.map { planned in
                    [
                        planned.field.label, planned.field.fieldClass.rawValue,
                        planned.field.purposes.map { frame.purposes[$0]?.label ?? $0 }.joined(separator: "; "),
                        planned.field.givenBy == .subject ? "you" : "us", ExportFrame.reason(planned.treatment) ?? "",
                    ]
                })
            text += "</details>\n"
        }
        text += "<section>\n"
    }

    package mutating func add(_ record: ExportedRecord, _ plan: ExportPlan.PlannedEntity) {
        text += "<table class=\"record\"><caption><code>\(record.id)</code></caption>\n"
        for (planned, value) in zip(plan.fields, record.values) {
            let shown: String
            switch value {
            case .none: continue
            case .shown(let value): shown = Self.escaped(value.exportText)
            case .held: shown = "<i>held, and not shown (11 CCR 7024(d))</i>"
            case .another: shown = "<i>speaks of somebody else (GDPR Art. 15(4))</i>"
            case .unreadable: shown = "<i>cannot be read any more</i>"
            }
            text += "<tr><th scope=\"row\">\(Self.escaped(planned.field.label))</th><td>\(shown)</td></tr>\n"
        }
        text += "</table>\n"
    }

    package mutating func endEntity() { text += "</section>\n" }
    package mutating func end() { text += "</main></body></html>\n" }

    // MARK: Parts

    private mutating func heading(_ title: String) { text += "<h2>\(Self.escaped(title))</h2>\n" }
    private mutating func paragraph(_ sentence: String) { text += "<p>\(Self.escaped(sentence))</p>\n" }

    /// Rows whose first cell says what the second is.
    private mutating func table(_ rows: [[String]]) {
        text += "<table>\n"
        for row in rows {
            text += "<tr><th scope=\"row\">\(Self.escaped(row[0]))</th><td>\(Self.escaped(row[1]))</td></tr>\n"
        }
        text += "</table>\n"
    }

    private mutating func table(_ headings: [String], _ rows: [[String]]) {
        text += "<table>\n<tr>" + headings.map { "<th scope=\"col\">\(Self.escaped($0))</th>" }.joined() + "</tr>\n"
        for row in rows { text += "<tr>" + row.map { "<td>\(Self.escaped($0))</td>" }.joined() + "</tr>\n" }
        text += "</table>\n"
    }

    private func day(_ instant: Instant) -> String { String(instant.description.prefix(10)) }

    /// Nothing that a person wrote can become markup, in text or in an attribute.
    static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static let style = """
        :root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0}main{max-width:60rem;margin:0 auto;padding:1.5rem}\
        h2{margin-top:2.5rem;border-bottom:1px solid}table{border-collapse:collapse;width:100%;margin:.75rem 0}\
        th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border:1px solid color-mix(in srgb,currentColor 25%,transparent);\
        overflow-wrap:anywhere;white-space:pre-wrap}.record th{width:30%}caption{text-align:left;padding-top:.5rem}\
        @media print{main{max-width:none;padding:0}table{break-inside:avoid}details{display:block}}
        """
}
