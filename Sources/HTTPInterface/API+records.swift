import Catalog
import DataFormats
import Disclosure
import Gateway
import NIOHTTP1
import Vocabulary

extension API {
    func handle(_ route: Route, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        if request.body.count > Self.maximumRecordBytes {
            guard case .importRows = route else { throw Refusal(.bodyTooLarge, "a body has at most \(Self.maximumRecordBytes) bytes") }
        }
        switch route {
        case .health: return APIResponse(.ok)
        case .metrics:
            try await gateway.checkMetrics(context)
            let page = metrics(request.headers.first(name: HeaderName.accept) ?? "")
            return APIResponse(.ok, contentType: page.type, body: page.bytes)
        case .list(let entity): return try await list(entity, request, context)
        case .read(let entity, let id): return try await read(entity, id, request, context)
        case .create(let entity):
            let changed = try await gateway.create(entity, request.object("application/json"), context)
            var response = self.response(.created, changed)
            response.headers.replaceOrAdd(name: HeaderName.location, value: "/v1/\(entity.plural)/\(changed.id)")
            return response
        case .amend(let entity, let id):
            let patch = try request.patch()
            let changed = try await gateway.amend(entity, id, patch, ifMatch: request.ifMatch(), context)
            return response(.ok, changed)
        case .remove(let entity, let id):
            try await gateway.remove(entity, id, ifMatch: request.ifMatch(), context)
            return APIResponse(.noContent, contentType: nil)
        case .importRows(let entity): return try await importRows(entity, request, context)
        case .listCredentials: return try await listCredentials(context)
        case .issueCredential: return try await issueCredential(request, context)
        case .revokeCredential(let id):
            try await gateway.revokeCredential(id, context)
            return APIResponse(.noContent, contentType: nil)
        case .searchAudit: return try await searchAudit(request, context)
        case .reportSubject(let id): return try await reportSubject(id, request, context)
        case .reportBreach: return try await reportBreach(request, context)
        case .reportUnusual: return try await reportUnusual(request, context)
        case .proveEvent(let id): return try await proveEvent(id, context)
        case .readLog: return try await readLog(context)
        case .readCheckpoint(let epoch): return try await readCheckpoint(epoch, context)
        case .readTile(let epoch, let path): return try await readTile(epoch, path, context)
        case .listGrants: return try await listGrants(request, context)
        case .requestGrant: return try await requestGrant(request, context)
        case .approveGrant(let id): return try await Self.response(.ok, gateway.approveGrant(id, context))
        case .closeGrant(let id): return try await closeGrant(id, request, context)
        case .readSubject(let id): return try await readSubject(id, context)
        case .recordConsent(let id, let purpose): return try await recordConsent(id, purpose, request, context)
        case .restrict(let id): return try await restrict(id, request, context)
        case .liftRestriction(let id):
            try await gateway.setRestriction(id, nil, context)
            return APIResponse(.noContent, contentType: nil)
        case .object(let id, let purpose):
            try await gateway.setObjection(id, to: purpose, stands: true, context)
            return APIResponse(.noContent, contentType: nil)
        case .withdrawObjection(let id, let purpose):
            try await gateway.setObjection(id, to: purpose, stands: false, context)
            return APIResponse(.noContent, contentType: nil)
        }
    }

    private func read(_ entity: Entity, _ id: RecordID, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let query = try request.listQuery()
        guard query.filters.isEmpty, query.filter == nil, query.search == nil, query.cursor == nil, query.sort == nil, query.groupBy.isEmpty,
            !query.wantsCount
        else {
            throw Refusal(.parameterInvalid, "only 'fields' can be asked of a single record")
        }
        let record = try await gateway.read(entity, id, fields: query.fields, context)
        if !request.headers[HeaderName.ifNoneMatch].isEmpty, !request.matchesNone(record.entityTag) {
            var response = APIResponse(.notModified, contentType: nil)
            response.headers.replaceOrAdd(name: HeaderName.entityTag, value: record.entityTag)
            return response
        }
        return response(.ok, record)
    }

    private func response(_ status: HTTPResponseStatus, _ record: DisclosedRecord) -> APIResponse {
        var response = APIResponse(status, body: record.json)
        response.headers.replaceOrAdd(name: HeaderName.entityTag, value: record.entityTag)
        return response
    }

    private func list(_ entity: Entity, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let query = try request.listQuery()
        if !query.groupBy.isEmpty {
            let groups = try await gateway.group(entity, query, context)
            return APIResponse(.ok, body: groups.json)
        }
        let list = try await gateway.list(entity, query, context)
        var json = JSONWriter(capacity: 256 + list.records.reduce(0) { $0 + $1.json.count + 1 })
        json.beginObject()
        json.name("data")
        json.beginArray()
        for record in list.records { json.raw(record.json) }
        json.endArray()
        json.name("next")
        if let next = list.next { json.string(next) } else { json.null() }
        if let count = list.count {
            json.name("count")
            json.number(Int64(count))
        }
        json.endObject()
        var response = APIResponse(.ok, body: json.bytes)
        if let next = list.next {
            let others = request.query.filter { $0.name != "cursor" }.map { Self.encode($0.name) + "=" + Self.encode($0.value) }
            response.headers.replaceOrAdd(
                name: HeaderName.link, value: "</v1/\(entity.plural)?\((others + ["cursor=" + next]).joined(separator: "&"))>; rel=\"next\"")
        }
        return response
    }

    /// Percent-encodes everything but RFC 3986 unreserved characters.
    private static func encode(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%" + Hex.encode([byte]).uppercased()
            }
        }
        return result
    }

    /// Rows as NDJSON: `{"line": 12, "members": {…}, "lookups": [{"member": …, "field": …, "value": …}]}` each.
    private func importRows(_ entity: Entity, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        guard request.headers.first(name: HeaderName.contentType)?.lowercased().hasPrefix("application/x-ndjson") == true else {
            throw Refusal(.mediaTypeUnsupported, "the body has to be application/x-ndjson", hint: "Content-Type: application/x-ndjson")
        }
        var rows: [ImportRow] = []
        var failure: Refusal?
        var reader = LineReader()
        func take(_ line: NumberedLine) {
            guard failure == nil, rows.count <= RecordGateway.maximumImportRows else { return }
            do throws(Refusal) { rows.append(try ImportRowCoding.read(line)) } catch { failure = error }
        }
        reader.feed(request.body, take)
        reader.finish(take)
        if let failure { throw failure }
        guard rows.count <= RecordGateway.maximumImportRows else {
            throw Refusal(.bodyTooLarge, "an import call takes at most \(RecordGateway.maximumImportRows) rows")
        }
        let isDryRun = request.query.contains { $0.name == "dry_run" && $0.value == "true" }
        let outcomes = try await gateway.importRows(rows, into: entity, isDryRun: isDryRun, context)
        return APIResponse(.ok, body: ImportRowCoding.write(outcomes))
    }
}
