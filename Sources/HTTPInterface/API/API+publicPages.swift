import Catalog
import DataFormats
import Gateway
import Identity
import NIOHTTP1
import Vocabulary

/// What people reach without a credential: the page behind a link from a message, and what this gateway says about privacy signals.
extension API {
    func answerPublicly(_ route: PublicRoute, _ request: APIRequest, _ trace: String) async -> APIResponse {
        switch route {
        case .signalSupport:
            // Global Privacy Control, section "GPC Support Resource".
            return Self.json(["gpc": true, "lastUpdate": "2026-11-22"])
        case .signalStatus:
            // Whether the signal of this request is honoured, to be shown to whoever asks (11 CCR 7025(c)(6)).
            let hasSignal = request.hasPrivacySignal
            var response = Self.json(["gpc": .bool(hasSignal), "honored": .bool(hasSignal), "since": "2026-11-22"])
            response.headers.replaceOrAdd(name: HeaderName.vary, value: HeaderName.privacyControl)
            return response
        case .showDownload: return DownloadPage.offer(gateway.rights.processing.controller)
        case .fetchDownload(let token): return await fetchDownload(token, request, trace)
        case .showConsent(let token):
            return await page(token, trace, request) { (token, context) async throws(Refusal) in
                ConsentPage.ask(try await gateway.invitation(token, context))
            }
        case .answerConsent(let token):
            let answer = request.formValue("answer")
            return await page(token, trace, request) { (token, context) async throws(Refusal) in
                // A withdrawal is meant by the request alone (RFC 8058); a consent needs its yes.
                ConsentPage.tell(try await gateway.answer(token, agrees: answer == "yes", context))
            }
        }
    }

    /// The same page for every link that does not work, whatever the reason.
    private func page(
        _ text: String, _ trace: String, _ request: APIRequest, _ body: (ConsentToken, RequestContext) async throws(Refusal) -> ConsentPage
    ) async -> APIResponse {
        guard let token = ConsentToken(text) else { return ConsentPage.invalid.response }
        let principal = Principal.dataSubject(tenant: token.tenant)
        let context = RequestContext(
            principal: principal, purpose: gateway.usualPurpose(of: principal).flatMap { gateway.catalog.purposes[$0] }, address: request.peer,
            hasPrivacySignal: request.hasPrivacySignal, policies: gateway.policies, requestID: TraceID(trace) ?? .make())
        do throws(Refusal) { return try await body(token, context).response } catch {
            switch error.code {
            case .linkInvalid, .notFound, .subjectErased: return ConsentPage.invalid.response
            default:
                observe(.requestFailed(route: "consent page", code: error.code.rawValue))
                return ConsentPage.unavailable.response
            }
        }
    }
}

extension APIRequest {
    /// `Sec-GPC: 1`, at least once; any other value is none.
    var hasPrivacySignal: Bool { headers[HeaderName.privacyControl].contains("1") }

    /// One value of a form as browsers send it; `nil` when there is none, or more than one.
    func formValue(_ name: String) -> String? {
        guard headers.first(name: HeaderName.contentType)?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true,
            body.count <= 4096, let form = APIRequest(method: .GET, target: "/?" + String(decoding: body, as: UTF8.self), headers: [:], body: [])
        else { return nil }
        let values = form.query.filter { $0.name == name }
        return values.count == 1 ? values[0].value : nil
    }
}
