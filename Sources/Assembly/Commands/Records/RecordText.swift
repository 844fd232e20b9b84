import DataFormats
import Foundation

/// Records as a terminal shows them.
enum RecordText {
    /// One record, a line for each field that has a value, and below what the caller sees less of.
    static func say(_ record: JSONObject) {
        let meta = record["_meta"]?.objectValue
        let masked = meta?["masked"]?.objectValue
        let shown = record.members.filter { $0.name != "_meta" && $0.value != .null }
        let width = shown.map(\.name.count).max() ?? 0
        for member in shown {
            let note = masked?[member.name].map { "  (masked: \(Table.text($0)))" } ?? ""
            Console.say(member.name + String(repeating: " ", count: width - member.name.count) + "  " + text(member.value) + note)
        }
        let withheld = (meta?["withheld"]?.arrayValue ?? []).compactMap(\.stringValue)
        if !withheld.isEmpty { Console.say("withheld: " + withheld.joined(separator: ", ")) }
        let empty = record.members.filter { $0.value == .null }.map(\.name)
        if !empty.isEmpty { Console.say("empty: " + empty.joined(separator: ", ")) }
    }

    static func text(_ value: JSONValue?) -> String {
        if case .object = value { return String(decoding: value?.encoded() ?? [], as: UTF8.self) }
        return Table.text(value).replacing("\n", with: " ")
    }

    /// The fields that a table has room for: those with values, in the order of the catalog, times at the end.
    ///
    /// - Parameter width: of the terminal, in characters.
    static func columns(_ records: [JSONObject], width: Int) -> (shown: [String], left: Int) {
        var widths: [(name: String, width: Int)] = []
        for member in records.first?.members ?? [] where member.name != "_meta" {
            let values = records.map { text($0[member.name]) }
            if values.allSatisfy(\.isEmpty) { continue }
            widths.append((member.name, max(member.name.count, values.map(\.count).max() ?? 0)))
        }
        let ordered = widths.filter { !$0.name.hasSuffix("_at") } + widths.filter { $0.name.hasSuffix("_at") }
        var (shown, used): ([String], Int) = ([], 0)
        for column in ordered where shown.isEmpty || used + 2 + column.width <= width {
            used += column.width + (shown.isEmpty ? 0 : 2)
            shown.append(column.name)
        }
        return (shown, ordered.count - shown.count)
    }

    /// How many characters a line of the terminal has; COLUMNS where there is none.
    static var terminalWidth: Int {
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 120
    }
}
