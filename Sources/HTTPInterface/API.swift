import Catalog
package import Gateway
import NIOHTTP1
package import Identity
import Storage
package import Vocabulary

/// The HTTP interface: a request value in, a response value out.
package struct API: Sendable {
    let gateway: RecordGateway
    let authenticator: Authenticator
    let observe: Observer
    /// What monitoring is shown: for an Accept header, the type and the bytes of the answer.
    let metrics: @Sendable (String) -> (type: String, bytes: [UInt8])

    /// The largest body that is read at all; imports may use it, other bodies up to ``maximumRecordBytes``.
    package static let maximumBodyBytes = 16 << 20
    static let maximumRecordBytes = 1 << 20

    package init(
        gateway: RecordGateway, authenticator: Authenticator, observe: @escaping Observer,
        metrics: @escaping @Sendable (_ accept: String) -> (type: String, bytes: [UInt8])
    ) {
        self.metrics = metrics
        self.gateway = gateway
        self.authenticator = authenticator
        self.observe = observe
    }

    /// Answers a request. Never throws: whatever goes wrong is a problem with a code.
    package func respond(to request: APIRequest) async -> APIResponse {
        let start = ContinuousClock.now
        let trace = request.traceID()
        var response: APIResponse
        var name = "unknown"
        do throws(Refusal) {
            switch Route.match(request.method, request.segments, gateway.catalog) {
            case .unknown: throw Refusal(.routeUnknown, "there is no such resource")
            case .otherMethods(let methods):
                response = Problem.response(Refusal(.methodNotAllowed, "this method is not offered here"), trace: trace)
                response.headers.replaceOrAdd(name: HeaderName.allow, value: methods.map(\.rawValue).joined(separator: ", "))
            case .route(let route):
                name = route.name
                response = try await answer(route, request, trace)
            }
        } catch {
            observe(.requestFailed(route: name, code: error.code.rawValue))
            response = Problem.response(error, trace: trace)
            if error.code == .mediaTypeUnsupported, request.method == .PATCH {
                response.headers.replaceOrAdd(name: HeaderName.acceptPatch, value: "application/merge-patch+json")
            }
        }
        response.headers.replaceOrAdd(name: HeaderName.cacheControl, value: "no-store")
        response.headers.replaceOrAdd(name: HeaderName.vary, value: "Authorization")
        response.headers.replaceOrAdd(name: HeaderName.contentTypeOptions, value: "nosniff")
        response.headers.replaceOrAdd(name: HeaderName.requestID, value: trace)
        observe(.requestAnswered(route: name, status: Int(response.status.code), duration: ContinuousClock.now - start))
        return response
    }

    /// The answer to a request whose bytes could not be read as one.
    package func refuse(_ code: Refusal.Code, _ detail: String) -> APIResponse {
        var response = Problem.response(Refusal(code, detail), trace: UUIDv7.make().description.filter { $0 != "-" })
        response.headers.replaceOrAdd(name: HeaderName.cacheControl, value: "no-store")
        return response
    }

    private func answer(_ route: Route, _ request: APIRequest, _ trace: String) async throws(Refusal) -> APIResponse {
        if case .metrics = route {} else { try request.checkAcceptsJSON() }
        if case .health = route { return APIResponse(.ok, body: Array(#"{"status":"ok"}"#.utf8)) }
        do throws(Refusal) {
            return try await answer(route, request, context(request, trace))
        } catch {
            // The key may have been changed since it was last looked at: nothing was done, so look again, once.
            guard error.isCredentialOutdated else { throw error }
            return try await answer(route, request, context(request, trace))
        }
    }

    private func answer(_ route: Route, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        do throws(Refusal) {
            var response = try await confirmed(route, request, context)
            if let event = context.event { response.headers.replaceOrAdd(name: HeaderName.auditEvent, value: event.description) }
            return response
        } catch {
            var error = error
            error.event = context.event
            if error.isCredentialOutdated, let liveness = context.principal.liveness { authenticator.forget(liveness) }
            throw error
        }
    }

    /// A refusal that was reached without asking the store still goes to a live credential only.
    private func confirmed(_ route: Route, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        do throws(Refusal) {
            return try await handle(route, request, context)
        } catch {
            if !error.isCredentialOutdated, Problem.status(error.code).code < 500 { try await gateway.confirmLiveness(context) }
            throw error
        }
    }

    private func context(_ request: APIRequest, _ trace: String) async throws(Refusal) -> RequestContext {
        let principal: Principal
        let credential = try request.credential()
        do { principal = try await authenticator.authenticate(key: credential, at: .now()) } catch {
            switch error {
            case .missing: throw Refusal(.credentialMissing, "no credential was sent", hint: "Authorization: Bearer ghk_…")
            case .invalid: throw Refusal(.credentialInvalid, "the credential is not valid")
            case .unavailable: throw Refusal(.storeUnavailable, "the store cannot be reached", hint: "try again in a moment")
            }
        }
        do throws(Refusal) {
            return try await context(request, trace, principal)
        } catch {
            // Refusals about headers, too, go to a live credential only.
            do throws(Refusal) {
                if !error.isCredentialOutdated, Problem.status(error.code).code < 500 { try await gateway.confirmLiveness(principal) }
                throw error
            } catch {
                if error.isCredentialOutdated, let liveness = principal.liveness { authenticator.forget(liveness) }
                throw error
            }
        }
    }

    private func context(_ request: APIRequest, _ trace: String, _ principal: Principal) async throws(Refusal) -> RequestContext {
        let grant: GrantRecord? = if let id = try request.grant() { try await gateway.activate(id, principal) } else { nil }
        return RequestContext(
            principal: principal, purpose: try request.purpose(among: gateway.catalog.purposes, default: gateway.usualPurpose(of: principal)),
            reason: try request.reason(), address: request.peer, hasPrivacySignal: request.headers.first(name: HeaderName.privacyControl) == "1",
            grant: grant, policies: gateway.policies, requestID: TraceID(trace) ?? .make()
        )
    }
}
