package import DataFormats

/// A document for people: headings, sentences, lists and tables. One content, written as Markdown, as a page, or as JSON.
package struct ReportDocument: Sendable, Equatable {
    package struct Section: Sendable, Equatable {
        package let heading: String
        package var sentences: [String] = []
        package var items: [String] = []
        package var columns: [String] = []
        package var rows: [[String]] = []

        package init(_ heading: String, _ sentences: String..., items: [String] = [], columns: [String] = [], rows: [[String]] = []) {
            self.heading = heading
            self.sentences = sentences
            self.items = items
            self.columns = columns
            self.rows = rows
        }
    }

    package let title: String
    package let introduction: String
    package let sections: [Section]

    package init(title: String, introduction: String, sections: [Section]) {
        self.title = title
        self.introduction = introduction
        self.sections = sections
    }

    // MARK: JSON

    package var object: JSONObject {
        func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
        return [
            "title": .string(title), "introduction": .string(introduction),
            "sections": .array(
                sections.map { section in
                    .object([
                        "heading": .string(section.heading), "sentences": texts(section.sentences), "items": texts(section.items),
                        "columns": texts(section.columns), "rows": .array(section.rows.map(texts)),
                    ])
                }),
        ]
    }

    /// From ``object``; `nil` when it is something else.
    package init?(_ object: JSONObject) {
        func texts(_ value: JSONValue?) -> [String] { (value?.arrayValue ?? []).compactMap(\.stringValue) }
        guard let title = object["title"]?.stringValue, let introduction = object["introduction"]?.stringValue,
            let sections = object["sections"]?.arrayValue
        else { return nil }
        self.init(
            title: title, introduction: introduction,
            sections: sections.compactMap(\.objectValue).map { section in
                var made = Section(section["heading"]?.stringValue ?? "")
                made.sentences = texts(section["sentences"])
                made.items = texts(section["items"])
                made.columns = texts(section["columns"])
                made.rows = (section["rows"]?.arrayValue ?? []).map { texts($0) }
                return made
            })
    }

    // MARK: Markdown

    package var markdown: String {
        var parts = ["# \(Self.plain(title))", Self.plain(introduction)]
        for section in sections {
            parts.append("## \(Self.plain(section.heading))")
            parts += section.sentences.map(Self.plain)
            if !section.items.isEmpty { parts.append(section.items.map { "- \(Self.plain($0))" }.joined(separator: "\n")) }
            if !section.rows.isEmpty {
                let rows = [section.columns, section.columns.map { _ in "---" }] + section.rows.map { $0.map(Self.plain) }
                parts.append(rows.map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n"))
            }
        }
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    /// A text that means nothing but itself: in a table, at the beginning of a line, and to whoever turns it into a page.
    private static func plain(_ text: String) -> String {
        var plain = ""
        for character in text {
            switch character {
            case "\n", "\r", "\r\n": plain += " "
            case "<": plain += "&lt;"
            case ">": plain += "&gt;"
            case "&": plain += "&amp;"
            case "\\", "|", "*", "_", "`", "[", "]", "#": plain += "\\\(character)"
            default: plain.append(character)
            }
        }
        return plain
    }

    // MARK: HTML

    /// A page that loads nothing and runs nothing, and can be printed.
    package var html: String {
        let body = sections.map { section -> String in
            var parts = ["<h2>\(Self.escaped(section.heading))</h2>"]
            parts += section.sentences.map { "<p>\(Self.escaped($0))</p>" }
            if !section.items.isEmpty {
                parts.append("<ul>\n\(section.items.map { "<li>\(Self.escaped($0))</li>" }.joined(separator: "\n"))\n</ul>")
            }
            if !section.rows.isEmpty {
                let head = section.columns.map { "<th scope=\"col\">\(Self.escaped($0))</th>" }.joined()
                let rows = section.rows.map { row in "<tr>\(row.map { "<td>\(Self.escaped($0))</td>" }.joined())</tr>" }
                parts.append(
                    "<div class=\"scroll\"><table>\n<thead><tr>\(head)</tr></thead>\n<tbody>\n\(rows.joined(separator: "\n"))\n</tbody>\n</table></div>"
                )
            }
            return "<section>\n\(parts.joined(separator: "\n"))\n</section>"
        }
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width">
            <title>\(Self.escaped(title))</title>
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1b1f24; background: #fff }
            h1, h2 { font-weight: 600; line-height: 1.25 }
            h2 { margin-top: 2.5rem }
            .scroll { overflow-x: auto }
            table { border-collapse: collapse }
            th, td { border: 1px solid #d4d8dd; padding: .3rem .6rem; text-align: left; vertical-align: top }
            th { background: #f1f3f5 }
            @media print { body { margin: 0; max-width: none; font-size: 10pt } section { break-inside: auto } tr, h2 { break-inside: avoid } h2 { break-after: avoid } .scroll { overflow: visible } }
            </style>
            </head>
            <body>
            <h1>\(Self.escaped(title))</h1>
            <p>\(Self.escaped(introduction))</p>
            \(body.joined(separator: "\n"))
            </body>
            </html>

            """
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
            .replacing("'", with: "&#39;")
    }
}
