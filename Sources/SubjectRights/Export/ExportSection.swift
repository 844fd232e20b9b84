package import DataFormats

/// A list in an export that is no entity of the catalog: consents, objections, who looked.
package struct ExportSection: Sendable {
    /// The member of `export.json`.
    package let name: String
    package let title: String
    /// One sentence: what the list says, and by which article.
    package let explanation: String
    package let columns: [(name: String, label: String)]
    /// Parallel to the columns; strings, integers and null.
    package let rows: [[JSONValue]]

    package init(name: String, title: String, explanation: String, columns: [(name: String, label: String)], rows: [[JSONValue]]) {
        self.name = name
        self.title = title
        self.explanation = explanation
        self.columns = columns
        self.rows = rows
    }

    var json: JSONValue {
        .array(
            rows.map { row in
                var object = JSONObject()
                for (column, value) in zip(columns, row) { object[column.name] = value }
                return .object(object)
            })
    }

    static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .number(let number): number.text
        case .bool(let value): value ? "yes" : "no"
        default: ""
        }
    }
}
