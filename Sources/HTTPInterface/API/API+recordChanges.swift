import Catalog
import DataFormats
import Disclosure
import Gateway
import NIOHTTP1
import Vocabulary

/// Changes of records: one, by the id of another system, several at once, out of sight and back.
extension API {
    func create(_ entity: Entity, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let answer: @Sendable (DisclosedRecord) -> APIResponse = { Self.created($0, entity) }
        context.answers(by: answer)
        return answer(try await gateway.create(entity, request.object("application/json"), context))
    }

    func amend(_ entity: Entity, _ id: RecordID, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        context.answers { (record: DisclosedRecord) in Self.response(.ok, record) }
        return Self.response(.ok, try await gateway.amend(entity, id, try request.patch(), ifMatch: request.ifMatch(), context))
    }

    /// `DELETE` hides; with `destroy=true` it takes away for good.
    func remove(_ entity: Entity, _ id: RecordID, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let isForGood = try request.flag("destroy", of: ["true": true, "false": false]) ?? false
        let ifMatch = try request.ifMatch()
        let done = APIResponse(.noContent, contentType: nil)
        context.answers(with: done)
        if isForGood {
            try await gateway.destroy(entity, id, ifMatch: ifMatch, context)
        } else {
            try await gateway.remove(entity, id, ifMatch: ifMatch, context)
        }
        return done
    }

    func answer(_ route: RecordRoute, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        switch route {
        case .restore(let entity, let id):
            context.answers { (record: DisclosedRecord) in Self.response(.ok, record) }
            return Self.response(.ok, try await gateway.restore(entity, id, ifMatch: request.ifMatch(), context))
        case .destroy(let entity, let id):
            let done = APIResponse(.noContent, contentType: nil)
            context.answers(with: done)
            try await gateway.destroy(entity, id, ifMatch: request.ifMatch(), context)
            return done
        case .put(let entity, let externalID): return try await put(entity, externalID, request, context)
        case .batch(let entity):
            let batch = try BatchCoding.read(request.object("application/json"))
            context.answers { (outcomes: [RecordBatch.Outcome]) in BatchCoding.response(outcomes, entity) }
            return BatchCoding.response(try await gateway.apply(batch, to: entity, context), entity)
        }
    }

    /// `If-None-Match: *` makes a new record or none, `If-Match` replaces the one that was read or none; without either it is whatever there is.
    private func put(
        _ entity: Entity, _ externalID: String, _ request: APIRequest, _ context: RequestContext
    ) async throws(Refusal) -> APIResponse {
        let body = try request.object("application/json")
        let (unmatched, matched) = (request.headers[HeaderName.ifNoneMatch], request.headers[HeaderName.ifMatch])
        guard unmatched.isEmpty || unmatched == ["*"] else { throw Refusal(.parameterInvalid, "If-None-Match can only be * here") }
        guard unmatched.isEmpty || matched.isEmpty else {
            throw Refusal(.parameterInvalid, "If-Match and If-None-Match exclude each other")
        }
        let expectation: PutExpectation = !unmatched.isEmpty ? .new : matched.isEmpty ? .any : .present(try request.ifMatch())
        let answer: @Sendable (PutRecord) -> APIResponse = { $0.isCreated ? Self.created($0.record, entity) : Self.response(.ok, $0.record) }
        context.answers(by: answer)
        return answer(try await gateway.put(entity, externalID: externalID, body, expectation, context))
    }

    private static func created(_ record: DisclosedRecord, _ entity: Entity) -> APIResponse {
        var response = response(.created, record)
        response.headers.replaceOrAdd(name: HeaderName.location, value: "/v1/\(entity.plural)/\(record.id)")
        return response
    }

    static func response(_ status: HTTPResponseStatus, _ record: DisclosedRecord) -> APIResponse {
        var response = APIResponse(status, body: record.json)
        response.headers.replaceOrAdd(name: HeaderName.entityTag, value: record.entityTag)
        return response
    }
}

/// Batches on the wire.
enum BatchCoding {
    /// `{"atomic": true, "operations": [{"op": "create", "body": {…}}, {"op": "update", "id": …, "if_match": …, "body": {…}}, {"op": "delete", …}]}`
    static func read(_ object: JSONObject) throws(Refusal) -> RecordBatch {
        var problems: [Refusal.Member] = []
        func problem(_ name: String, _ detail: String, _ code: String = Refusal.Code.valueInvalid.rawValue) {
            if problems.count < 50 { problems.append(.init(path: name, code, detail)) }
        }
        for member in object.members where !["atomic", "operations"].contains(member.name) {
            problems.append(.init(member.name, Refusal.Code.memberUnknown.rawValue, "there is no such member"))
        }
        var isAtomic = false
        switch object["atomic"] {
        case nil: break
        case .bool(let flag)?: isAtomic = flag
        default: problem("atomic", "atomic is true or false", "type-wrong")
        }
        let items = object["operations"]?.arrayValue ?? []
        guard (1...RecordBatch.maximumOperations).contains(items.count) else {
            throw Refusal(
                .valueInvalid, "a batch has 1 to \(RecordBatch.maximumOperations) operations",
                members: [.init("operations", "value-required", "operations is a list of 1 to \(RecordBatch.maximumOperations)")])
        }
        var operations: [RecordBatch.Operation] = []
        for (index, item) in items.enumerated() {
            let place = "operations/\(index)"
            guard let item = item.objectValue else {
                problem(place, "an operation is an object", "type-wrong")
                continue
            }
            for member in item.members where !["op", "id", "if_match", "body"].contains(member.name) {
                problems.append(
                    .init(path: "\(place)/\(Refusal.Member.escaped(member.name))", Refusal.Code.memberUnknown.rawValue, "there is no such member"))
            }
            let body = item["body"]?.objectValue
            let id = item["id"]?.stringValue.flatMap { RecordID($0) }
            let op = item["op"]?.stringValue
            switch op {
            case "create":
                if id != nil || item["if_match"] != nil { problem(place, "a create has neither id nor if_match") }
                guard let body else {
                    problem("\(place)/body", "body has to be an object", "value-required")
                    continue
                }
                operations.append(.create(body))
            case "update", "delete":
                guard let id else {
                    problem("\(place)/id", "id has to be the id of a record", "value-required")
                    continue
                }
                guard let tag = item["if_match"]?.stringValue else {
                    problem("\(place)/if_match", "if_match has to be the ETag of the record as you read it, or *", "value-required")
                    continue
                }
                // Strong comparison, as with the header.
                let tags: [String]? = tag == "*" ? nil : (tag.hasPrefix("W/") ? [] : [tag])
                if op == "delete" {
                    if item["body"] != nil { problem("\(place)/body", "a delete has no body") }
                    operations.append(.delete(id, ifMatch: tags))
                } else if let body {
                    operations.append(.update(id, body, ifMatch: tags))
                } else {
                    problem("\(place)/body", "body has to be an object", "value-required")
                }
            default: problem("\(place)/op", "op is one of create, update, delete", "choice-unknown")
            }
        }
        if !problems.isEmpty {
            throw Refusal(
                .valueInvalid, problems.count == 1 ? "a member of the body is wrong" : "\(problems.count) members of the body are wrong",
                members: problems)
        }
        return RecordBatch(operations, isAtomic: isAtomic)
    }

    /// A result for each operation, in their order; no values of records.
    static func response(_ outcomes: [RecordBatch.Outcome], _ entity: Entity) -> APIResponse {
        var refused = 0
        let results = outcomes.map { outcome -> JSONValue in
            switch outcome {
            case .created(let id, let tag): return result(201, id, tag)
            case .updated(let id, let tag): return result(200, id, tag)
            case .deleted(let id): return result(204, id, nil)
            case .refused(let refusal):
                refused += 1
                return .object(["status": .number(JSONNumber(Int(Problem.status(refusal.code).code))), "problem": .object(Problem.object(refusal))])
            }
        }
        let object: JSONObject = [
            "results": .array(results), "succeeded": .number(JSONNumber(outcomes.count - refused)), "refused": .number(JSONNumber(refused)),
        ]
        return APIResponse(.ok, body: JSONValue.object(object).encoded())
    }

    private static func result(_ status: Int, _ id: RecordID, _ tag: String?) -> JSONValue {
        var object: JSONObject = ["status": .number(JSONNumber(status)), "id": .string(id.description)]
        if let tag { object["etag"] = .string(tag) }
        return .object(object)
    }
}
