import DataFormats
package import Gateway
import Vocabulary

/// Import rows and their outcomes on the wire.
package enum ImportRowCoding {
    static func read(_ line: NumberedLine) throws(Refusal) -> ImportRow {
        let malformed = Refusal(.bodyMalformed, "line \(line.number) of the body is not an import row")
        guard line.problem == nil, let value = try? JSONReader.read(line.bytes, maximumDepth: 8), let object = value.objectValue,
            case .number(let number)? = object["line"], let lineNumber = number.integer, let members = object["members"]?.objectValue
        else { throw malformed }
        var lookups: [ImportRow.Lookup] = []
        for item in object["lookups"]?.arrayValue ?? [] {
            guard let member = item.objectValue?["member"]?.stringValue, let field = item.objectValue?["field"]?.stringValue,
                let value = item.objectValue?["value"]?.stringValue
            else { throw malformed }
            if lookups.contains(where: { $0.member == member }) || value.utf8.contains(0) { throw malformed }
            lookups.append(ImportRow.Lookup(member: member, field: field, value: value))
        }
        return ImportRow(line: Int(lineNumber), members: members, lookups: lookups)
    }

    package static func write(_ rows: [ImportRow]) -> [UInt8] {
        var bytes: [UInt8] = []
        for row in rows {
            var object: JSONObject = ["line": .number(JSONNumber(row.line)), "members": .object(row.members)]
            if !row.lookups.isEmpty {
                object["lookups"] = .array(
                    row.lookups.map { .object(["member": .string($0.member), "field": .string($0.field), "value": .string($0.value)]) }
                )
            }
            bytes += JSONValue.object(object).encoded()
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    static func write(_ outcomes: [ImportOutcome]) -> [UInt8] {
        var json = JSONWriter(capacity: 100 * outcomes.count)
        json.beginObject()
        json.name("outcomes")
        json.beginArray()
        for outcome in outcomes {
            json.beginObject()
            json.name("line")
            json.number(Int64(outcome.line))
            json.name("fate")
            json.string(outcome.fate.rawValue)
            if let record = outcome.record {
                json.name("id")
                json.string(record.description)
            }
            if !outcome.problems.isEmpty {
                json.name("errors")
                json.beginArray()
                for problem in outcome.problems { Problem.write(problem, &json) }
                json.endArray()
            }
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    /// Reads what ``write(_:)-outcomes`` has written; `nil` when it is something else.
    package static func readOutcomes(_ bytes: [UInt8]) -> [ImportOutcome]? {
        guard let outcomes = (try? JSONReader.read(bytes))?.objectValue?["outcomes"]?.arrayValue else { return nil }
        var result: [ImportOutcome] = []
        for item in outcomes {
            guard let object = item.objectValue, case .number(let line)? = object["line"], let number = line.integer,
                let fate = object["fate"]?.stringValue.flatMap(ImportOutcome.Fate.init(rawValue:))
            else { return nil }
            let problems = (object["errors"]?.arrayValue ?? []).compactMap { error -> Refusal.Member? in
                guard let error = error.objectValue, let pointer = error["pointer"]?.stringValue, let code = error["code"]?.stringValue,
                    let detail = error["detail"]?.stringValue
                else { return nil }
                return Refusal.Member(String(pointer.dropFirst(2)), code, detail)
            }
            result.append(
                ImportOutcome(
                    line: Int(number), fate: fate, record: object["id"]?.stringValue.flatMap { RecordID($0) }, problems: problems
                )
            )
        }
        return result
    }
}
