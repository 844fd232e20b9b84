import DataFormats
package import Gateway
import NIOHTTP1
import Vocabulary

/// Import rows and their outcomes on the wire.
package enum ImportRowCoding {
    /// The rows of a body as NDJSON, at most as many as one call takes.
    static func rows(_ request: APIRequest) throws(Refusal) -> [ImportRow] {
        guard request.headers.first(name: HeaderName.contentType)?.lowercased().hasPrefix("application/x-ndjson") == true else {
            throw Refusal(.mediaTypeUnsupported, "the body has to be application/x-ndjson", hint: "Content-Type: application/x-ndjson")
        }
        var rows: [ImportRow] = []
        var failure: Refusal?
        var reader = LineReader()
        func take(_ line: NumberedLine) {
            guard failure == nil, rows.count <= RecordGateway.maximumImportRows else { return }
            do throws(Refusal) { rows.append(try read(line)) } catch { failure = error }
        }
        reader.feed(request.body, take)
        reader.finish(take)
        if let failure { throw failure }
        guard rows.count <= RecordGateway.maximumImportRows else {
            throw Refusal(.bodyTooLarge, "a call takes at most \(RecordGateway.maximumImportRows) rows")
        }
        return rows
    }

    static func read(_ line: NumberedLine) throws(Refusal) -> ImportRow {
        guard line.problem == nil, let object = (try? JSONReader.read(line.bytes, maximumDepth: 8))?.objectValue, let row = ImportRow(object) else {
            throw Refusal(.bodyMalformed, "line \(line.number) of the body is not an import row")
        }
        return row
    }

    package static func write(_ rows: [ImportRow]) -> [UInt8] {
        var bytes: [UInt8] = []
        for row in rows {
            bytes += JSONValue.object(row.json).encoded()
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
