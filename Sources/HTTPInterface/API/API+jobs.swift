package import DataFormats
package import Gateway
import NIOHTTP1
import Storage
import Vocabulary

/// Imports and exports of many records: each caller's own.
extension API {
    func answer(_ route: JobRoute, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        if case .refused(let id) = route { return try await refusedRows(id, request, context) }
        guard request.query.isEmpty else { throw Refusal(.parameterInvalid, "a parameter is not known here", hint: "this takes none") }
        switch route {
        case .list:
            let data = JSONValue.array(try await gateway.jobs(context).map { .object(JobCoding.object($0)) })
            return APIResponse(.ok, body: JSONValue.object(["data": data, "next": .null]).encoded())
        case .open:
            let order = try JobCoding.order(try request.object("application/json"))
            context.answers { (job: JobReport) in Self.response(order.kind == .import ? .created : .accepted, job, isNew: true) }
            return Self.response(order.kind == .import ? .created : .accepted, try await gateway.openJob(order, context), isNew: true)
        case .show(let id): return Self.response(.ok, try await gateway.job(id, context))
        case .end(let id):
            try await gateway.endJob(id, context)
            return APIResponse(.noContent, contentType: nil)
        case .fill(let id, let number):
            try await gateway.fillJob(id, part: number, try ImportRowCoding.rows(request), context)
            return APIResponse(.noContent, contentType: nil)
        case .fetch(let id, let number):
            let (bytes, withheld) = try await gateway.jobPart(id, number, context)
            var response = APIResponse(.ok, contentType: "application/x-ndjson", body: bytes)
            response.headers.replaceOrAdd(name: HeaderName.withheldRows, value: String(withheld))
            return response
        case .start(let id):
            context.answers { (job: JobReport) in Self.response(.accepted, job) }
            return Self.response(.accepted, try await gateway.startJob(id, context))
        case .revert(let id):
            context.answers { (job: JobReport) in Self.response(.accepted, job) }
            return Self.response(.accepted, try await gateway.revertJob(id, context))
        case .refused: preconditionFailure("answered above")
        }
    }

    private func refusedRows(_ id: UUIDv7, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        var after: Int64 = 0
        for (name, value) in request.query {
            guard name == "after", let number = Int64(value), number >= 0, request.query.count == 1 else {
                throw Refusal(.parameterInvalid, "a parameter is not known here, or has no such value", hint: "after is the number in 'next'")
            }
            after = number
        }
        let (rows, next) = try await gateway.refusedRows(id, after: after, limit: RecordGateway.jobPartRows, context)
        var json = JSONWriter(capacity: 64 + rows.reduce(0) { $0 + $1.json.count + 1 })
        json.beginObject()
        json.name("data")
        json.beginArray()
        for row in rows { json.raw(row.json) }
        json.endArray()
        json.name("next")
        if let next { json.string(String(next)) } else { json.null() }
        json.endObject()
        return APIResponse(.ok, body: json.bytes)
    }

    private static func response(_ status: HTTPResponseStatus, _ job: JobReport, isNew: Bool = false) -> APIResponse {
        var response = APIResponse(status, body: JSONValue.object(JobCoding.object(job)).encoded())
        if isNew { response.headers.replaceOrAdd(name: HeaderName.location, value: "/v1/jobs/\(job.row.id)") }
        return response
    }
}

/// Jobs on the wire.
package enum JobCoding {
    package static func object(_ job: JobReport) -> JSONObject {
        let (row, counts) = (job.row, job.row.counts)
        func number(_ value: Int64) -> JSONValue { .number(JSONNumber(value)) }
        var object: JSONObject = [
            "id": .string(row.id.description), "kind": .string(row.kind.rawValue), "entity": .string(job.entity),
            "state": .string(row.state.rawValue),
            "code": row.code.map { .string($0) } ?? .null, "rows": number(counts.total), "parts": number(Int64(row.parts)),
            "parts_done": number(Int64(row.doneParts)), "created_at": .string(row.createdAt.description),
            "ended_at": row.endedAt.map { .string($0.description) } ?? .null,
            "files_until": row.content == nil ? .null : .string(row.filesUntil.description),
        ]
        if row.kind == .export { return object }
        object["dry_run"] = .bool(row.isDryRun)
        object["outcomes"] = [
            "created": number(counts.created), "updated": number(counts.updated), "skipped": number(counts.skipped),
            "refused": number(counts.refused),
        ]
        object["revertible_until"] = job.revertibleUntil.map { .string($0.description) } ?? .null
        object["reversals"] = .object(job.reversals.reduce(into: JSONObject()) { $0[$1.outcome] = number($1.count) })
        return object
    }

    static func order(_ object: JSONObject) throws(Refusal) -> JobOrder {
        var problems: [Refusal.Member] = []
        func wrong(_ name: String, _ detail: String) { problems.append(.init(name, Refusal.Code.valueInvalid.rawValue, detail)) }
        let kind = object["kind"]?.stringValue.flatMap(JobKind.init)
        if kind == nil { wrong("kind", "kind is import or export") }
        let entity = object["entity"]?.stringValue
        if entity == nil { wrong("entity", "entity is a plural of the catalog, such as contacts") }
        var order = JobOrder(kind: kind ?? .export, entity: entity ?? "")
        for member in object.members {
            switch (member.name, member.value, kind) {
            case ("kind", _, _), ("entity", _, _): break
            case ("dry_run", .bool(let isDryRun), .import): order.isDryRun = isDryRun
            case ("dry_run", _, .import): wrong("dry_run", "dry_run is true or false")
            case ("filter", .string(let text), .export) where text.utf8.count <= 4000: order.filter = text
            case ("filter", _, .export): wrong("filter", "filter is a condition in CEL of at most 4000 bytes")
            case ("sort", .string(let text), .export) where (1...200).contains(text.utf8.count): order.sort = text
            case ("sort", _, .export): wrong("sort", "sort is the name of a field, with a - in front for descending")
            case ("fields", .array(let items), .export) where !items.isEmpty && items.allSatisfy({ $0.stringValue != nil }):
                order.fields = items.compactMap(\.stringValue)
            case ("fields", _, .export): wrong("fields", "fields is a list of names of fields")
            default: problems.append(.init(member.name, Refusal.Code.memberUnknown.rawValue, "there is no such member"))
            }
        }
        if !problems.isEmpty { throw Refusal(.valueInvalid, "a member of the body is wrong", members: problems) }
        return order
    }
}
