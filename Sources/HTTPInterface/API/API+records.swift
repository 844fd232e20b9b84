import Catalog
import DataFormats
import Storage
import SubjectRights
import Disclosure
import Gateway
import NIOHTTP1
import Vocabulary

extension API {
    func handle(_ route: Route, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let maximum = Self.maximumBodyBytes(of: route)
        guard request.body.count <= maximum else { throw Refusal(.bodyTooLarge, "a body has at most \(maximum) bytes") }
        switch route {
        case .health, .ready: return APIResponse(.ok)
        case .metrics:
            try await gateway.checkMetrics(context)
            let page = metrics(request.headers.first(name: HeaderName.accept) ?? "")
            return APIResponse(.ok, contentType: page.type, body: page.bytes)
        case .describe(let form): return try await describe(form, gateway.offer(to: context), request)
        case .list(let entity): return try await list(entity, request, context)
        case .read(let entity, let id): return try await read(entity, id, request, context)
        case .create(let entity): return try await create(entity, request, context)
        case .amend(let entity, let id): return try await amend(entity, id, request, context)
        case .remove(let entity, let id): return try await remove(entity, id, request, context)
        case .records(let route): return try await answer(route, request, context)
        case .importRows(let entity): return try await importRows(entity, request, context)
        case .listCredentials: return try await listCredentials(context)
        case .issueCredential: return try await issueCredential(request, context)
        case .rotateCredential(let id): return try await rotateCredential(id, request, context)
        case .users(let route): return try await answer(route, request, context)
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
        case .approveGrant(let id):
            context.answers { (grant: GrantRecord) in Self.response(.ok, grant) }
            return try await Self.response(.ok, gateway.approveGrant(id, context))
        case .closeGrant(let id):
            context.answers { (grant: GrantRecord) in Self.response(.ok, grant) }
            return try await closeGrant(id, request, context)
        case .listRequests: return try await listRequests(request, context)
        case .openRequest: return try await openRequest(request, context)
        case .readRequest(let id): return try await readRequest(id, context)
        case .exportRequest(let id): return try await exportRequest(id, request, context)
        case .stepRequest(let id, let step): return try await stepRequest(id, step, request, context)
        case .readSubject(let id): return try await readSubject(id, context)
        case .showConsents(let id): return try await showConsents(id, context)
        case .requestConsent(let id, let purpose): return try await requestConsent(id, purpose, request, context)
        case .sendWithdrawalLink(let id, let purpose): return try await sendWithdrawalLink(id, purpose, context)
        case .consentReceipt(let id, let purpose): return try await consentReceipt(id, purpose, context)
        case .consentRecord(let id): return try await consentRecord(id, context)
        case .listNotices: return try await listNotices(context)
        case .optOut(let id): return try await setOptOut(id, stands: true, context)
        case .optIn(let id): return try await setOptOut(id, stands: false, context)
        case .limit(let id): return try await setLimit(id, stands: true, context)
        case .liftLimit(let id): return try await setLimit(id, stands: false, context)
        case .takeSignal(let id): return try await takeSignal(id, context)
        case .open: return APIResponse(.ok)
        case .recordConsent(let id, let purpose): return try await recordConsent(id, purpose, request, context)
        case .restrict(let id): return try await restrict(id, request, context)
        case .liftRestriction(let id):
            try await gateway.setRestriction(id, nil, context)
            return APIResponse(.noContent, contentType: nil)
        case .holds(let route): return try await answer(route, request, context)
        case .webhooks(let route): return try await answer(route, request, context)
        case .jobs(let route): return try await answer(route, request, context)
        case .honey(let route): return try await answer(route, request, context)
        case .limits(let route): return try await answer(route, request, context)
        case .retention(let route): return try await answer(route, request, context)
        case .becoming(let route): return try await answer(route, request, context)
        case .erasures(let route): return try await answer(route, request, context)
        case .reportProcessing(let report):
            guard request.query.isEmpty else { throw Refusal(.parameterInvalid, "a parameter is not known here", hint: "there are none") }
            return APIResponse(.ok, body: JSONValue.object(try await gateway.report(report, context).object).encoded())
        case .object(let id, let purpose):
            try await gateway.setObjection(id, to: purpose, stands: true, context)
            return APIResponse(.noContent, contentType: nil)
        case .withdrawObjection(let id, let purpose):
            try await gateway.setObjection(id, to: purpose, stands: false, context)
            return APIResponse(.noContent, contentType: nil)
        case .listAgents: return try await listAgents(context)
        case .admitAgents: return try await admitAgents(request, context)
        case .removeAgent(let id):
            try await gateway.removeAgent(id, context)
            return APIResponse(.noContent, contentType: nil)
        case .agentSetUp, .agentCheck, .exercise, .exerciseStatus, .exerciseRevoke:
            preconditionFailure("a route with a credential of its own has a handler of its own")
        }
    }

    private func read(_ entity: Entity, _ id: RecordID, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let query = try request.listQuery()
        guard query.filters.isEmpty, query.filter == nil, query.search == nil, query.cursor == nil, query.sort == nil, query.groupBy.isEmpty,
            !query.wantsCount
        else {
            throw Refusal(.parameterInvalid, "only 'fields', 'include' and 'deleted' can be asked of a single record")
        }
        let (record, included) = try await gateway.read(
            entity, id, fields: query.fields, including: query.include, isDeleted: query.wantsDeleted, context)
        if !query.include.isEmpty {
            // The tag of the record says nothing of what goes along with it: it stands in `_meta`, to change the record by, and not in the header.
            var json = JSONWriter(capacity: 64 + Self.size(included))
            json.beginObject()
            Self.write(included, &json)
            json.endObject()
            return APIResponse(.ok, body: record.json.dropLast() + [UInt8(ascii: ",")] + json.bytes.dropFirst())
        }
        if !request.headers[HeaderName.ifNoneMatch].isEmpty, !request.matchesNone(record.entityTag) {
            var response = APIResponse(.notModified, contentType: nil)
            response.headers.replaceOrAdd(name: HeaderName.entityTag, value: record.entityTag)
            return response
        }
        return Self.response(.ok, record)
    }

    /// What goes along, under the names it was asked for by.
    private static func write(_ included: [IncludedRecords], _ json: inout JSONWriter) {
        json.name("_included")
        json.beginObject()
        for kind in included {
            json.name(kind.name)
            json.beginArray()
            for record in kind.records { json.raw(record.json) }
            json.endArray()
        }
        json.endObject()
        let cut = included.filter(\.hasMore)
        if cut.isEmpty { return }
        json.name("_included_more")
        json.beginArray()
        for kind in cut { json.string(kind.name) }
        json.endArray()
    }

    private static func size(_ included: [IncludedRecords]) -> Int {
        included.reduce(0) { $0 + $1.records.reduce(32) { $0 + $1.json.count + 1 } }
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
        if !query.include.isEmpty { Self.write(list.included, &json) }
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
        let rows = try ImportRowCoding.rows(request)
        let isDryRun = request.query.contains { $0.name == "dry_run" && $0.value == "true" }
        let outcomes = try await gateway.importRows(rows, into: entity, isDryRun: isDryRun, context)
        return APIResponse(.ok, body: ImportRowCoding.write(outcomes))
    }
}
