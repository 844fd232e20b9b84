package import DataFormats

/// Events of the trail as rows of a table, for people who read them with a spreadsheet (RFC 4180).
///
/// The columns are fixed: a script that reads one by its place goes on working. A cell that a spreadsheet would run as a formula begins with
/// an apostrophe. Lists stand in one cell, parted by spaces. A table tells less than the events: whoever wants to verify them against the log
/// needs their JSON.
package enum EventTable {
    /// The names in the first row.
    package static let columns = [
        "at", "id", "actor", "roles", "action", "entity", "decision", "rule", "purpose", "basis", "outcome", "records", "subjects", "clear",
        "masked", "reason", "request",
    ]

    /// The media type of what the functions here write.
    package static let contentType = "text/csv; charset=utf-8; header=present"

    package static func appendHeader(to bytes: inout [UInt8]) { CSVWriter.append(columns, to: &bytes) }

    /// Appends one row. Members that are missing, or that are neither a text, a number nor a list of these, leave their cells empty.
    package static func append(_ event: JSONObject, to bytes: inout [UInt8]) {
        CSVWriter.append(columns.map { cell($0, of: event) }, to: &bytes)
    }

    /// Appends the row of one event as the trail answers it: one JSON object.
    ///
    /// - Throws: `malformed` for an entry that is none; nothing is appended then.
    package static func append(entry: [UInt8], to bytes: inout [UInt8]) throws(FeedError) {
        append(try TrailEntry(entry).members, to: &bytes)
    }

    /// The whole table: the names of the columns, then a row for each event in the given order.
    ///
    /// - Throws: `malformed` when one of the entries is no JSON object.
    package static func render(_ entries: [[UInt8]]) throws(FeedError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.count * 384)
        appendHeader(to: &bytes)
        for entry in entries { try append(entry: entry, to: &bytes) }
        return bytes
    }

    private static func cell(_ column: String, of event: JSONObject) -> String {
        if column == "actor" { return (event["user"] ?? event["app"]).flatMap(text) ?? "host" }
        guard let value = event[column] else { return "" }
        if let elements = value.arrayValue { return elements.compactMap(text).joined(separator: " ") }
        return text(value) ?? ""
    }

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .number(let number): number.text
        case .bool(let bool): bool.description
        case .null, .array, .object: nil
        }
    }
}
