import DataFormats
import Gateway
import Vocabulary

/// How the columns of a file become members of records; the grammar stands in `policies/README.md`.
struct ImportMapping: Sendable {
    /// What one column becomes.
    struct Column: Sendable {
        let member: String
        /// Order of day, month and year in a date, `MDY` for instance.
        var dateOrder: String?
        var values: [String: String] = [:]
        /// The number of places that the decimal point moves to the right.
        var shift = 0
        var transform: Transform?
        /// For a reference: the plain field of the record it points to that the column holds.
        var match: String?
        var isNumber = false
    }

    enum Transform: String, Sendable, CaseIterable {
        case lower, upper
        /// `Ann Example` becomes `ann.example`.
        case user
    }

    var columns: [String: Column] = [:]
    var computed: [(member: String, template: String)] = []
    var constants: [(member: String, value: String)] = []
    var ignored: Set<String> = []
    var ignoresOthers = false
    var delimiter = UInt8(ascii: ",")
    var skipsSpace = false
    /// Without a mapping file every column is the member of its own name.
    var isIdentity = false
    /// Members whose JSON form is a number or a boolean.
    var numbers: Set<String> = []
    var booleans: Set<String> = []

    static var identity: ImportMapping {
        var mapping = ImportMapping()
        mapping.isIdentity = true
        return mapping
    }

    init() {}

    init(_ node: SourceNode) throws(Diagnostic) {
        let top = try node.mapping("a mapping")
        try top.refuseOthers(than: ["columns", "computed", "constants", "ignore", "delimiter", "skip_space"])
        for member in try top["columns"]?.mapping("columns").members ?? [] {
            columns[try member.key.text("a column's name")] = try Self.column(member.value)
        }
        for member in try top["computed"]?.mapping("computed").members ?? [] {
            computed.append((try member.key.text("a member's name"), try member.value.text("a template")))
        }
        for member in try top["constants"]?.mapping("constants").members ?? [] {
            constants.append((try member.key.text("a member's name"), try member.value.text("a constant")))
        }
        if let ignore = top["ignore"] {
            if case .scalar("*", _) = ignore.content { ignoresOthers = true } else { ignored = Set(try ignore.texts("ignore").map(\.text)) }
        }
        if let node = top["delimiter"] {
            let text = try node.text("delimiter")
            guard let byte = (text == "tab" ? "\t" : text).utf8.first, text == "tab" || text.utf8.count == 1 else {
                throw Diagnostic(node.position, "delimiter is one character or 'tab'")
            }
            delimiter = byte
        }
        skipsSpace = try top["skip_space"]?.boolean("skip_space") ?? false
    }

    private static func column(_ node: SourceNode) throws(Diagnostic) -> Column {
        if case .scalar(let member, _) = node.content { return Column(member: member) }
        let mapping = try node.mapping("a column")
        try mapping.refuseOthers(than: ["to", "date", "values", "shift", "as", "match"])
        var column = Column(member: try mapping.required("to").text("to"))
        if let date = mapping["date"] {
            let order = try date.text("date")
            guard ["MDY", "DMY", "YMD"].contains(order) else { throw Diagnostic(date.position, "date is MDY, DMY or YMD") }
            column.dateOrder = order
        }
        for member in try mapping["values"]?.mapping("values").members ?? [] {
            column.values[try member.key.text("a value")] = try member.value.text("a value")
        }
        if let shift = mapping["shift"] {
            column.shift = try shift.integer("shift")
            guard (0...12).contains(column.shift) else { throw Diagnostic(shift.position, "shift is 0 to 12 places") }
        }
        column.transform = try mapping["as"].map { node throws(Diagnostic) in try node.choice("as", of: Transform.self) }
        column.match = try mapping["match"]?.text("match")
        return column
    }

    /// Says which columns of a header nobody has said anything about: nothing is left out silently.
    func check(_ header: [String]) throws(CommandFailure) {
        let present = Set(header)
        if let missing = columns.keys.sorted().first(where: { !present.contains($0) }) {
            throw CommandFailure(.invalid, "the mapping names a column '\(missing)' that the file does not have")
        }
        if isIdentity || ignoresOthers { return }
        let silent = header.filter { columns[$0] == nil && !ignored.contains($0) && !isUsedInTemplate($0) && !$0.isEmpty }
        if !silent.isEmpty {
            throw CommandFailure(
                .invalid, "the mapping says nothing about the columns " + silent.prefix(12).joined(separator: ", "),
                hint: "map them, or list them under 'ignore:' (or write ignore: \"*\")"
            )
        }
    }

    private func isUsedInTemplate(_ column: String) -> Bool { computed.contains { $0.template.contains("{\(column)}") } }

    /// A row's members. Empty cells are no values.
    func apply(line: Int, _ header: [String], _ fields: [String]) -> Result<ImportRow, RowProblem> {
        guard fields.count == header.count else {
            return .failure(RowProblem(reason: "the row has \(fields.count) fields, the header has \(header.count)"))
        }
        var members = JSONObject()
        var lookups: [ImportRow.Lookup] = []
        for (name, raw) in zip(header, fields) {
            guard let column = columns[name] ?? (isIdentity ? Column(member: name) : nil) else { continue }
            let text = Self.trim(raw)
            if text.isEmpty { continue }
            switch convert(text, column, name) {
            case .failure(let problem): return .failure(problem)
            case .success(let value):
                if let match = column.match {
                    lookups.append(ImportRow.Lookup(member: column.member, field: match, value: value))
                } else if !members.append(json(value, column.member), named: column.member) {
                    return .failure(RowProblem(reason: "two columns give \(column.member) a value"))
                }
            }
        }
        for (member, template) in computed where members[member] == nil {
            var text = template
            for (name, value) in zip(header, fields) { text = text.replacing("{\(name)}", with: Self.trim(value)) }
            members[member] = json(Self.trim(text), member)
        }
        for (member, value) in constants where members[member] == nil { members[member] = json(value, member) }
        return .success(ImportRow(line: line, members: members, lookups: lookups))
    }

    /// A line of NDJSON: its members are taken as they are, or renamed as the mapping says.
    func apply(line: Int, _ object: JSONObject) -> Result<ImportRow, RowProblem> {
        var members = JSONObject()
        var lookups: [ImportRow.Lookup] = []
        for member in object.members {
            guard let column = columns[member.name] ?? (isIdentity ? Column(member: member.name) : nil) else {
                if ignored.contains(member.name) || ignoresOthers { continue }
                return .failure(RowProblem(reason: "the mapping says nothing about '\(member.name)'"))
            }
            guard case .string(let text) = member.value else {
                members[column.member] = member.value
                continue
            }
            switch convert(Self.trim(text), column, member.name) {
            case .failure(let problem): return .failure(problem)
            case .success(let value):
                if let match = column.match {
                    lookups.append(ImportRow.Lookup(member: column.member, field: match, value: value))
                } else {
                    members[column.member] = json(value, column.member)
                }
            }
        }
        for (member, value) in constants where members[member] == nil { members[member] = json(value, member) }
        return .success(ImportRow(line: line, members: members, lookups: lookups))
    }

    private func json(_ text: String, _ member: String) -> JSONValue {
        if numbers.contains(member), let number = JSONNumber(text: text) { return .number(number) }
        if booleans.contains(member), text == "true" || text == "false" { return .bool(text == "true") }
        return .string(text)
    }

    private func convert(_ text: String, _ column: Column, _ name: String) -> Result<String, RowProblem> {
        var text = text
        if !column.values.isEmpty {
            guard let value = column.values[text] else { return .failure(RowProblem(reason: "\(name) has a value that the mapping does not list")) }
            text = value
        }
        switch column.transform {
        case .lower: text = text.lowercased()
        case .upper: text = text.uppercased()
        case .user: text = text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: ".")
        case nil: break
        }
        if let order = column.dateOrder {
            guard let date = Self.date(text, order) else { return .failure(RowProblem(reason: "\(name) is not a date in the order \(order)")) }
            text = date
        }
        if column.shift != 0 {
            guard let shifted = Self.shifted(text, by: column.shift) else { return .failure(RowProblem(reason: "\(name) is not a decimal number")) }
            text = shifted
        }
        return .success(text)
    }

    private static func date(_ text: String, _ order: String) -> String? {
        let parts = text.split { !("0"..."9").contains($0) }.compactMap { Int($0) }
        guard parts.count == 3, text.allSatisfy({ ("0"..."9").contains($0) || "-/. ".contains($0) }) else { return nil }
        let place = Dictionary(uniqueKeysWithValues: zip(order, parts))
        guard let year = place["Y"], let month = place["M"], let day = place["D"] else { return nil }
        return CalendarDate(year: year, month: month, day: day)?.description
    }

    private static func shifted(_ text: String, by places: Int) -> String? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ $0.allSatisfy { ("0"..."9").contains($0) } }), !parts[0].isEmpty, places > 0 else {
            return nil
        }
        let fraction = parts.count == 2 ? String(parts[1]) : ""
        let padded = fraction + String(repeating: "0", count: max(0, places - fraction.count))
        let rest = padded.dropFirst(places)
        return parts[0] + padded.prefix(places) + (rest.isEmpty ? "" : "." + rest)
    }

    private static func trim(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else { return text }
        if !first.properties.isWhitespace, !last.properties.isWhitespace { return text }
        return String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}

/// Why a row did not even reach the gateway.
struct RowProblem: Error, Sendable {
    let reason: String
}
