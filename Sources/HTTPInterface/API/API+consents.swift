import DataFormats
import Gateway
import NIOHTTP1
import Storage
import SubjectRights
import Vocabulary

extension API {
    /// `GET /v1/subjects/{id}/consents`: each purpose with its state, and every event of the ledger.
    func showConsents(_ id: SubjectID, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        try await Self.json(ConsentCoding.object(gateway.consents(of: id, context)))
    }

    /// `PUT /v1/subjects/{id}/consents/{purpose}`: what the person said. 204.
    func recordConsent(
        _ id: SubjectID, _ purpose: String, _ request: APIRequest, _ context: RequestContext
    ) async throws(Refusal) -> APIResponse {
        try await gateway.recordConsent(id, to: purpose, Self.answer(request), context)
        return APIResponse(.noContent, contentType: nil)
    }

    /// `GET /v1/subjects/{id}/consent-record`: JSON-LD.
    func consentRecord(_ id: SubjectID, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let record = try await gateway.consentRecord(of: id, context)
        return APIResponse(.ok, contentType: "application/ld+json", body: JSONValue.object(record).encoded())
    }

    /// `GET /v1/subjects/{id}/consents/{purpose}/receipt`: a signed document.
    func consentReceipt(_ id: SubjectID, _ purpose: String, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        try await APIResponse(.ok, body: gateway.consentReceipt(of: id, for: purpose, context).bytes)
    }

    /// `POST /v1/subjects/{id}/consents/{purpose}/request`: a message with a link that confirms. 202.
    func requestConsent(
        _ id: SubjectID, _ purpose: String, _ request: APIRequest, _ context: RequestContext
    ) async throws(Refusal) -> APIResponse {
        let texts = try request.body.isEmpty ? [:] : request.texts(required: [], optional: ["language"])
        try await gateway.requestConsent(of: id, to: purpose, language: texts["language"], context)
        return APIResponse(.accepted, body: Array(#"{"sent":true}"#.utf8))
    }

    /// `POST /v1/subjects/{id}/consents/{purpose}/withdrawal-link`: a message with a link that withdraws. 202.
    func sendWithdrawalLink(_ id: SubjectID, _ purpose: String, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        try await gateway.sendWithdrawalLink(to: id, for: purpose, context)
        return APIResponse(.accepted, body: Array(#"{"sent":true}"#.utf8))
    }

    func setOptOut(_ id: SubjectID, stands: Bool, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        try await gateway.setOptOut(id, stands: stands, source: .request, context)
        return APIResponse(.noContent, contentType: nil)
    }

    func setLimit(_ id: SubjectID, stands: Bool, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        try await gateway.setLimit(id, stands: stands, context)
        return APIResponse(.noContent, contentType: nil)
    }

    /// `POST /v1/subjects/{id}/signals`: an application passes on what the browser of a known person sent.
    func takeSignal(_ id: SubjectID, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        guard context.hasPrivacySignal else {
            throw Refusal(.parameterInvalid, "the request carries no signal", hint: "pass on the header Sec-GPC: 1")
        }
        let since = try await gateway.honourSignal(of: id, context)
        return Self.json(["gpc": true, "honored": true, "since": .string(since.description)])
    }

    /// `GET /v1/notices`.
    func listNotices(_ context: RequestContext) async throws(Refusal) -> APIResponse {
        try await Self.json(ConsentCoding.object(gateway.notices(context)))
    }

    static func json(_ object: JSONObject) -> APIResponse { APIResponse(.ok, body: JSONValue.object(object).encoded()) }

    // MARK: Reading

    private static func answer(_ request: APIRequest) throws(Refusal) -> ConsentAnswer {
        let texts = try request.texts(
            required: ["state"], optional: ["valid_until", "evidence", "notice", "language", "wording", "expression", "channel", "method"],
            longTexts: ["evidence", "wording"])
        guard let state = try choice("state", texts, of: ConsentState.self) else { throw wrong("state", "value-invalid", "state is missing") }
        var answer = ConsentAnswer(state)
        if let text = texts["valid_until"] {
            guard let until = Instant(text) else { throw wrong("valid_until", "value-invalid", "valid_until is not a time") }
            answer.validUntil = until
        }
        answer.evidence = texts["evidence"].map { Personal($0) }
        answer.notice = texts["notice"]
        answer.language = texts["language"]
        answer.wording = texts["wording"]
        answer.expression = try choice("expression", texts, of: ConsentEvent.Expression.self) ?? .expressed
        answer.channel = try choice("channel", texts, of: ConsentEvent.Channel.self)
        answer.method = try choice("method", texts, of: ConsentEvent.Method.self)
        return answer
    }

    private static func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ texts: [String: String], of _: Choice.Type
    ) throws(Refusal) -> Choice? where Choice.RawValue == String {
        guard let text = texts[name] else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw wrong(name, "choice-unknown", "\(name) is one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    private static func wrong(_ name: String, _ code: String, _ detail: String) -> Refusal {
        Refusal(.valueInvalid, "a member of the body is wrong", members: [.init(name, code, detail)])
    }
}
