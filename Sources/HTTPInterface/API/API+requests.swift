import DataFormats
import Catalog
import Gateway
import NIOHTTP1
import Storage
import SubjectRights
import Vocabulary

extension API {
    /// `state` (open, all, or one of the states), `kind`, `overdue=true`, `due_within` (days), `limit`, `cursor`; what is due first comes first.
    func listRequests(_ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let query = try RequestCoding.query(request.query, today: gateway.today)
        let files = try await gateway.listRequests(query, context)
        var next: JSONValue = .null
        if files.count == query.limit, let last = files.last { next = .string(RequestCoding.cursor(last)) }
        let data = JSONValue.array(files.map { .object(RequestCoding.object($0, today: gateway.today)) })
        return APIResponse(.ok, body: JSONValue.object(["data": data, "next": next]).encoded())
    }

    func openRequest(_ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let opening = try RequestCoding.opening(request.object("application/json"))
        let answer: @Sendable (RequestFile) -> APIResponse = { file in
            var response = response(.created, file)
            response.headers.replaceOrAdd(name: HeaderName.location, value: "/v1/requests/\(file.id)")
            return response
        }
        context.answers(by: answer)
        return answer(try await gateway.openRequest(opening, context))
    }

    func readRequest(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let shown = try await gateway.request(id, context)
        var response = response(.ok, shown.file)
        response.body = JSONValue.object(RequestCoding.object(shown, today: gateway.today)).encoded()
        return response
    }

    /// Each step may name the version it was prepared on, in `If-Match`.
    func stepRequest(_ id: UUIDv7, _ step: RequestStep, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let version = try request.requestVersion()
        // A request that is being worked on is on its way to an answer; proofs that did not fit are answered by a refusal.
        context.answers { (file: RequestFile) in
            switch (step, file.state) {
            case (.run, .inProgress), (.verify, .identityCheck), (.verify, .refused): nil
            default: response(.ok, file)
            }
        }
        let file: RequestFile
        switch step {
        case .code: file = try await gateway.sendCode(id, ifVersion: version, context)
        case .verify:
            file = try await gateway.verifyRequest(id, RequestCoding.proof(request.object("application/json")), ifVersion: version, context)
        case .confirm: file = try await gateway.confirmRequest(id, ifVersion: version, context)
        case .approve: file = try await gateway.approveRequest(id, ifVersion: version, context)
        case .extend:
            let text = try request.texts(required: ["reason"])["reason"] ?? ""
            guard let reason = ExtensionReason(rawValue: text) else {
                let known = ExtensionReason.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal(
                    .valueInvalid, "a member of the body is wrong",
                    members: [.init("reason", "choice-unknown", "reason is one of \(known) (GDPR Art. 12(3))")])
            }
            file = try await gateway.extendRequest(id, why: reason, ifVersion: version, context)
        case .refuse:
            let reason = try request.texts(required: ["reason"])["reason"] ?? ""
            file = try await gateway.refuseRequest(id, reason: reason, ifVersion: version, context)
        case .withdraw: file = try await gateway.withdrawRequest(id, ifVersion: version, context)
        case .run:
            let corrections = request.body.isEmpty ? [] : try RequestCoding.corrections(request.object("application/json"))
            file = try await gateway.runRequest(id, corrections: corrections, ifVersion: version, context)
        }
        return response(.ok, file)
    }

    private func response(_ status: HTTPResponseStatus, _ file: RequestFile) -> APIResponse {
        var response = APIResponse(status, body: JSONValue.object(RequestCoding.object(file, today: gateway.today)).encoded())
        response.headers.replaceOrAdd(name: HeaderName.entityTag, value: "\"\(file.row.version)\"")
        return response
    }
}

extension APIRequest {
    /// The version of a request in If-Match; `nil` when none is named.
    func requestVersion() throws(Refusal) -> Int64? {
        let values = headers[HeaderName.ifMatch]
        if values.isEmpty || values == ["*"] { return nil }
        guard values.count == 1, let value = values.first, value.hasPrefix("\""), value.hasSuffix("\""),
            let version = Int64(value.dropFirst().dropLast())
        else {
            throw Refusal(
                .parameterInvalid, "If-Match is no entity tag of a request", hint: "send the ETag of the request as you read it, with its quotes")
        }
        return version
    }
}
