import DataFormats

/// A table for a terminal: as wide as its contents, headings in capitals. What comes in parts is as wide as what came so far.
struct Table {
    private let headings: [String]
    private var widths: [Int]
    private var hasHeadings = false

    init(_ headings: [String]) {
        self.headings = headings
        widths = headings.map(\.count)
    }

    /// Prints rows, the first time below the headings.
    mutating func print(_ rows: [[String]]) {
        for row in rows { for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) } }
        for row in (hasHeadings ? [] : [headings.map { $0.uppercased() }]) + rows {
            let line = zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }.joined(separator: "  ")
            Console.say(String(line.reversed().drop { $0 == " " }.reversed()))
        }
        hasHeadings = true
    }

    static func print(_ headings: [String], _ rows: [[String]]) {
        var table = Table(headings)
        table.print(rows)
    }

    /// The same for spreadsheets (RFC 4180): what they would run as a formula is defused.
    static func printCSV(_ headings: [String], _ rows: [[String]]) {
        var bytes: [UInt8] = []
        for row in [headings] + rows { CSVWriter.append(row, to: &bytes) }
        Console.write(String(decoding: bytes, as: UTF8.self), to: 1)
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

    /// A time to the second.
    static func time(_ value: JSONValue?) -> String { String(text(value).prefix(19)) }

    static func objects(_ value: JSONValue?) -> [JSONObject] { (value?.arrayValue ?? []).compactMap(\.objectValue) }
}
