import Catalog
import DataFormats
import Disclosure
import Gateway
import NIOHTTP1
import Vocabulary

/// Records that become others, and what they were before.
extension API {
    func answer(_ route: BecomingRoute, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        switch route {
        case .convert(let entity, let id): return try await convert(entity, id, request, context)
        case .duplicates(let entity, let id): return try await duplicates(entity, id, request, context)
        case .merge(let entity):
            let isDryRun = try request.flag("dry_run", of: ["true": true, "false": false]) ?? false
            let merged = try await gateway.merge(entity, request.object("application/json"), isDryRun: isDryRun, context)
            var response = APIResponse(.ok, body: merged.json)
            if !isDryRun { response.headers.replaceOrAdd(name: HeaderName.entityTag, value: merged.entityTag) }
            return response
        case .history(let entity, let id): return try await history(entity, id, request, context)
        }
    }

    /// `{"lead": {…}, "account": {"id": "…"}, "contact": {…}, "deal": null, "_meta": {"left": {"contact": ["mobile"]}}}`
    private func convert(_ entity: Entity, _ id: RecordID, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let isDryRun = try request.flag("dry_run", of: ["true": true, "false": false]) ?? false
        let ifMatch = isDryRun ? nil : try request.ifMatch()
        let body = request.body.isEmpty ? JSONObject() : try request.object("application/json")
        let converted = try await gateway.convert(entity, id, body, ifMatch: ifMatch, isDryRun: isDryRun, context)
        var json = JSONWriter(capacity: 4096)
        json.beginObject()
        json.name(entity.name)
        json.raw(converted.source.json)
        var left = JSONObject()
        for (name, part, names) in converted.parts {
            json.name(name)
            switch part {
            case .made(let record): json.raw(record.json)
            case .linked(let id): json.raw(JSONValue.object(["id": .string(id.description)]).encoded())
            case .none: json.null()
            }
            if !names.isEmpty { left[name] = .array(names.map { .string($0) }) }
        }
        json.name("_meta")
        json.raw(JSONValue.object(["left": .object(left)]).encoded())
        json.endObject()
        var response = APIResponse(.ok, body: json.bytes)
        if !isDryRun { response.headers.replaceOrAdd(name: HeaderName.entityTag, value: converted.source.entityTag) }
        return response
    }

    private func duplicates(_ entity: Entity, _ id: RecordID, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        try Self.refuseParameters(request)
        let found = try await gateway.duplicates(of: entity, id, context)
        var json = JSONWriter(capacity: 256 + found.reduce(0) { $0 + $1.record.json.count + 64 })
        json.beginObject()
        json.name("data")
        json.beginArray()
        for candidate in found {
            json.beginObject()
            json.name("score")
            json.number(Int64(candidate.score))
            json.name("fields")
            json.raw(JSONValue.array(candidate.fields.map { .string($0) }).encoded())
            json.name("record")
            json.raw(candidate.record.json)
            json.endObject()
        }
        json.endArray()
        json.name("next")
        json.null()
        json.endObject()
        return APIResponse(.ok, body: json.bytes)
    }

    /// What became of a record's recorded fields, the oldest change first, each with how long it lasted.
    private func history(_ entity: Entity, _ id: RecordID, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        try Self.refuseParameters(request)
        // Whoever may not know of the record may not know of its history; what is not there has none.
        _ = try await gateway.read(entity, id, fields: [], context)
        var data: [JSONValue] = []
        for history in gateway.catalog.entities where history.historyOf?.entity == entity.name {
            guard let reference = history.fields.first(where: { $0.referenceTo == entity.name }) else { continue }
            var query = ListQuery()
            query.filters = [(reference.name, id.description)]
            query.limit = 200
            var changes: [JSONObject] = []
            repeat {
                let page = try await gateway.list(history, query, context)
                changes += page.records.compactMap { (try? JSONReader.read($0.json))?.objectValue }
                query.cursor = page.next
            } while query.cursor != nil && changes.count < 2000
            data += Self.timed(changes, field: history.historyOf?.field ?? "")
        }
        return APIResponse(.ok, body: JSONValue.object(["data": .array(data), "next": .null]).encoded())
    }

    /// A change lasts until the next; the last one until now.
    private static func timed(_ changes: [JSONObject], field: String) -> [JSONValue] {
        let times = changes.map { $0["created_at"]?.stringValue.flatMap { Instant($0) } }
        return changes.enumerated().map { index, change in
            var change = change
            change["_meta"] = nil
            change["field"] = .string(field)
            let isLast = index == changes.count - 1
            let end = isLast ? Instant.now() : times[index + 1]
            if let begin = times[index], let end {
                change["lasted_seconds"] = .number(JSONNumber(Int(max(0, end.microseconds - begin.microseconds) / 1_000_000)))
            }
            change["stands"] = .bool(isLast)
            return .object(change)
        }
    }

    private static func refuseParameters(_ request: APIRequest) throws(Refusal) {
        guard request.query.isEmpty else { throw Refusal(.parameterInvalid, "a parameter is not known here", hint: "there are none") }
    }
}
