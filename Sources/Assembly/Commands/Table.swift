import DataFormats

/// A table for a terminal: as wide as its contents, headings in capitals.
enum Table {
    static func print(_ headings: [String], _ rows: [[String]]) {
        var widths = headings.map(\.count)
        for row in rows { for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) } }
        for row in [headings.map { $0.uppercased() }] + rows {
            let line = zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }.joined(separator: "  ")
            Console.say(String(line.reversed().drop { $0 == " " }.reversed()))
        }
    }

    /// One value as a table shows it.
    static func text(_ value: JSONValue?) -> String {
        switch value {
        case .string(let text): text
        case .number(let number): number.text
        case .bool(let value): value ? "yes" : "no"
        case .array(let items): items.map { text($0) }.joined(separator: " ")
        case .null, nil, .object: ""
        }
    }
}
