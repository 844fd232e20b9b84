import Catalog
package import Gateway
import NIOHTTP1
package import Identity
import Policies
import Storage
package import Vocabulary

/// The HTTP interface: a request value in, a response value out.
package struct API: Sendable {
    let gateway: RecordGateway
    let authenticator: Authenticator
    let observe: Observer
    private let brakes = Brakes()
    let readiness = Readiness()
    /// What monitoring is shown: for an Accept header, the type and the bytes of the answer.
    let metrics: @Sendable (String) -> (type: String, bytes: [UInt8])
    let descriptions = KeptDescriptions()

    /// The largest body that is read at all: rows of an import, at once or as a part of a job. Other bodies are a record's.
    private static let maximumImportBytes = 16 << 20
    private static let maximumRecordBytes = 1 << 20

    /// What a path takes, for who reads a body before it is known whose it is and whether the path leads anywhere.
    static func maximumBodyBytes(at path: some StringProtocol) -> Int {
        path.hasSuffix("/import") || (path.hasPrefix("/v1/jobs/") && path.contains("/parts/")) ? maximumImportBytes : maximumRecordBytes
    }

    static func maximumBodyBytes(of route: Route) -> Int {
        switch route {
        case .importRows, .jobs(.fill): maximumImportBytes
        default: maximumRecordBytes
        }
    }

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
        let trace = request.traceID()
        return await TraceContext.$current.withValue(TraceID(trace)) { await respond(to: request, trace) }
    }

    private func respond(to request: APIRequest, _ trace: String) async -> APIResponse {
        let start = ContinuousClock.now
        var response: APIResponse
        var name = "unknown"
        var standing: RateLimiter.Standing?
        do throws(Refusal) {
            switch Route.match(request.method, request.segments, gateway.catalog) {
            case .unknown: throw Refusal(.routeUnknown, "there is no such resource")
            case .otherMethods(let methods):
                response = Problem.response(Refusal(.methodNotAllowed, "this method is not offered here"), trace: trace)
                response.headers.replaceOrAdd(name: HeaderName.allow, value: methods.map(\.rawValue).joined(separator: ", "))
            case .route(.open(let route)):
                name = route.name
                try brakeAddress(Route.open(route).cost(request), request, &standing)
                response = await answerPublicly(route, request, trace)
            case .route(let route):
                name = route.name
                response = try await answer(route, request, trace, &standing)
            }
        } catch {
            observe(.requestFailed(route: name, code: error.code.rawValue))
            response = Problem.response(error, trace: trace)
            if error.code == .mediaTypeUnsupported, request.method == .PATCH {
                response.headers.replaceOrAdd(name: HeaderName.acceptPatch, value: "application/merge-patch+json")
            }
        }
        response.headers.replaceOrAdd(name: HeaderName.cacheControl, value: "no-store")
        if !response.headers.contains(name: HeaderName.vary) { response.headers.add(name: HeaderName.vary, value: "Authorization") }
        response.headers.replaceOrAdd(name: HeaderName.contentTypeOptions, value: "nosniff")
        response.headers.replaceOrAdd(name: HeaderName.requestID, value: trace)
        if let standing { standing.write(&response.headers) }
        observe(.requestAnswered(route: name, status: Int(response.status.code), duration: ContinuousClock.now - start))
        return response
    }

    /// The answer to a request whose bytes could not be read as one.
    package static func refuse(_ code: Refusal.Code, _ detail: String, hint: String? = nil) -> APIResponse {
        let trace = UUIDv7.make().description.filter { $0 != "-" }
        var response = Problem.response(Refusal(code, detail, hint: hint), trace: trace)
        response.headers.replaceOrAdd(name: HeaderName.cacheControl, value: "no-store")
        response.headers.replaceOrAdd(name: HeaderName.contentTypeOptions, value: "nosniff")
        response.headers.replaceOrAdd(name: HeaderName.requestID, value: trace)
        return response
    }

    private func answer(
        _ route: Route, _ request: APIRequest, _ trace: String, _ standing: inout RateLimiter.Standing?
    ) async throws(Refusal) -> APIResponse {
        if route.answersJSON { try request.checkAcceptsJSON() }
        if case .health = route { return APIResponse(.ok, body: Array(#"{"status":"ok"}"#.utf8)) }
        if case .ready = route { return await answerReadiness() }
        if case .describe(let form) = route, !(await hasCredential(request)) {
            try brakeAddress(route.cost(request), request, &standing)
            return try describe(form, .none, request)
        }
        if route.hasOwnCredential {
            try brakeAddress(route.cost(request), request, &standing)
            return try await answerOwnCredential(route, request, trace)
        }
        let cost = route.cost(request)
        do throws(Refusal) {
            return try await answer(route, request, context(route, request, trace, cost, &standing))
        } catch {
            // The key may have been changed since it was last looked at: nothing was done, so look again, once.
            guard error.isCredentialOutdated else { throw error }
            return try await answer(route, request, context(route, request, trace, 0, &standing))
        }
    }

    private func hasCredential(_ request: APIRequest) async -> Bool {
        if request.hasCredential { return true }
        guard request.clientCertificate != nil, let presented = try? request.presented() else { return false }
        return (try? await authenticator.knowsCertificate(presented, at: .now())) ?? false
    }

    /// Routes whose caller proves itself by something else than an API key.
    private func answerOwnCredential(_ route: Route, _ request: APIRequest, _ trace: String) async throws(Refusal) -> APIResponse {
        let trace = TraceID(trace) ?? .make()
        switch route {
        case .agentSetUp(let id): return await setUpAgent(id, request, trace)
        case .agentCheck(let id): return await checkAgent(id, request, trace)
        case .exercise, .exerciseStatus, .exerciseRevoke: return await exercise(route, request, trace)
        default: throw Refusal(.routeUnknown, "there is no such resource")
        }
    }

    private func answer(_ route: Route, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        do throws(Refusal) {
            var response = try await once(route, request, context)
            if let event = context.event { response.headers.replaceOrAdd(name: HeaderName.auditEvent, value: event.description) }
            return response
        } catch {
            var error = error
            error.event = context.event
            if error.isCredentialOutdated { authenticator.forget(context.principal) }
            throw error
        }
    }

    /// A call that was answered before is answered the same, and nothing is done.
    private func once(_ route: Route, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        guard context.call != nil else { return try await confirmed(route, request, context) }
        if let answer = try await gateway.answerKept(context) { return answer.response }
        do throws(Refusal) {
            return try await confirmed(route, request, context)
        } catch {
            // The same call may have come to its end while this one was getting ready.
            guard error.code == .idempotencyKeyInUse, let answer = try await gateway.answerKept(context) else { throw error }
            return answer.response
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

    private func context(
        _ route: Route, _ request: APIRequest, _ trace: String, _ cost: Int, _ standing: inout RateLimiter.Standing?
    ) async throws(Refusal) -> RequestContext {
        let principal: Principal
        let presented = try request.presented()
        let limits = gateway.policies.limits
        try brakes.checkGuesses(presented.text, address: request.peer, limits)
        do { principal = try await authenticator.authenticate(presented, at: .now()) } catch {
            switch error {
            case .missing:
                try brakeAddress(1, request, &standing)
                throw Refusal(.credentialMissing, "no credential was sent", hint: "Authorization: Bearer ghk_…")
            case .invalid:
                throw brakes.wasWrong(presented.text, address: request.peer, limits) ?? Refusal(.credentialInvalid, "the credential is not valid")
            case .actsForNobody:
                try brakeAddress(1, request, &standing)
                throw Refusal(.actsForNobody, "this credential does not act for such a user")
            case .unavailable: throw Refusal(.storeUnavailable, "the store cannot be reached", hint: "try again in a moment")
            case .issuerUnavailable:
                throw Refusal(.issuerUnavailable, "the keys of the token's issuer cannot be had", hint: "try again in a moment")
            }
        }
        brakes.wasRight(presented.text, address: request.peer)
        // Nobody else is asked first: who asks for too much is not to cost a look into the store.
        let taken = brakes.charge(cost, principal, limits)
        standing = taken
        if taken.isExceeded { throw .rateLimited(taken.seconds) }
        do throws(Refusal) {
            return try await context(route, request, trace, principal)
        } catch {
            // Refusals about headers, too, go to a live credential only.
            do throws(Refusal) {
                if !error.isCredentialOutdated, Problem.status(error.code).code < 500 { try await gateway.confirmLiveness(principal) }
                throw error
            } catch {
                if error.isCredentialOutdated { authenticator.forget(principal) }
                throw error
            }
        }
    }

    /// For callers of whom only the address is known.
    private func brakeAddress(_ cost: Int, _ request: APIRequest, _ standing: inout RateLimiter.Standing?) throws(Refusal) {
        let taken = brakes.charge(cost, address: request.peer, gateway.policies.limits)
        standing = taken
        if taken.isExceeded { throw .rateLimited(taken.seconds) }
    }

    private func context(
        _ route: Route, _ request: APIRequest, _ trace: String, _ principal: Principal
    ) async throws(Refusal) -> RequestContext {
        let grant: GrantRecord? = if let id = try request.grant() { try await gateway.activate(id, principal) } else { nil }
        return RequestContext(
            principal: principal, purpose: try request.purpose(among: gateway.catalog.purposes, default: gateway.usualPurpose(of: principal)),
            reason: try request.reason(), address: request.peer, hasPrivacySignal: request.hasPrivacySignal,
            grant: grant, policies: gateway.policies, requestID: TraceID(trace) ?? .make(), call: try request.idempotentCall(route)
        )
    }
}
