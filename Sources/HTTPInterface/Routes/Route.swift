import Catalog
import Gateway
import NIOHTTP1
import TransparencyLog
import Vocabulary

/// Everything the API offers; one case a route, so that a handler and a test for each cannot be forgotten.
enum Route: Sendable {
    case health, ready
    case metrics
    case describe(DescriptionForm)
    case list(Entity), create(Entity), importRows(Entity)
    case read(Entity, RecordID), amend(Entity, RecordID), remove(Entity, RecordID)
    case listCredentials, issueCredential, revokeCredential(String), rotateCredential(String)
    case users(UserRoute)
    case searchAudit
    case reportSubject(SubjectID), reportBreach, reportUnusual
    case proveEvent(EventID)
    case readLog, readCheckpoint(Int), readTile(Int, TilePath)
    case listGrants, requestGrant, approveGrant(UUIDv7), closeGrant(UUIDv7)
    case readSubject(SubjectID)
    case showConsents(SubjectID), recordConsent(SubjectID, String), requestConsent(SubjectID, String), sendWithdrawalLink(SubjectID, String)
    case consentReceipt(SubjectID, String), consentRecord(SubjectID), listNotices
    case optOut(SubjectID), optIn(SubjectID), limit(SubjectID), liftLimit(SubjectID), takeSignal(SubjectID)
    case listRequests, openRequest, readRequest(UUIDv7), stepRequest(UUIDv7, RequestStep), exportRequest(UUIDv7)
    case restrict(SubjectID), liftRestriction(SubjectID)
    case object(SubjectID, String), withdrawObjection(SubjectID, String)
    /// Without a credential.
    case open(PublicRoute)
    case holds(HoldRoute)
    case honey(HoneyRoute)
    case limits(LimitRoute)
    case retention(RetentionRoute)
    case becoming(BecomingRoute)
    case erasures(ErasureRoute)
    case records(RecordRoute)
    case webhooks(WebhookRoute)
    case jobs(JobRoute)
    case reportProcessing(ProcessingReport)
    case listAgents, admitAgents, removeAgent(String)
    case agentSetUp(String), agentCheck(String)
    case exercise, exerciseStatus(UUIDv7), exerciseRevoke(UUIDv7)

    enum Match {
        case route(Route)
        /// The path is known, the method is not offered there.
        case otherMethods([HTTPMethod])
        case unknown
    }

    static func match(_ method: HTTPMethod, _ segments: [String], _ catalog: CompiledCatalog) -> Match {
        if segments == ["healthz"] { return offer(method, [(.GET, .health)]) }
        if segments == ["readyz"] { return offer(method, [(.GET, .ready)]) }
        if segments == ["metrics"] { return offer(method, [(.GET, .metrics)]) }
        if let form = DescriptionForm(segments) { return offer(method, [(.GET, .describe(form))]) }
        if segments.count == 2, segments[0] == "downloads" {
            return offer(method, [(.GET, .open(.showDownload)), (.POST, .open(.fetchDownload(segments[1])))])
        }
        if segments == [".well-known", "gpc.json"] { return offer(method, [(.GET, .open(.signalSupport))]) }
        if segments == ["privacy", "signal"] { return offer(method, [(.GET, .open(.signalStatus))]) }
        if segments.count == 2, segments[0] == "consent" {
            return offer(method, [(.GET, .open(.showConsent(segments[1]))), (.POST, .open(.answerConsent(segments[1])))])
        }
        if segments.first == "drp" { return rightsProtocol(method, segments.dropFirst()) }
        guard segments.count >= 2, segments[0] == "v1" else { return .unknown }
        switch (segments[1], segments.count) {
        case ("tokens", 2): return offer(method, [(.GET, .listCredentials), (.POST, .issueCredential)])
        case ("tokens", 3): return offer(method, [(.DELETE, .revokeCredential(segments[2]))])
        case ("tokens", 4) where segments[3] == "rotate": return offer(method, [(.POST, .rotateCredential(segments[2]))])
        case ("users", _), ("teams", _):
            return offerAny(method, UserRoute.routes(segments[1], segments.dropFirst(2)).map { ($0.0, .users($0.1)) })
        case ("audit", 3...): return audit(method, segments.dropFirst(2))
        case ("grants", 2): return offer(method, [(.GET, .listGrants), (.POST, .requestGrant)])
        case ("grants", 4):
            guard let id = UUIDv7(segments[2]) else { return .unknown }
            switch segments[3] {
            case "approve": return offer(method, [(.POST, .approveGrant(id))])
            case "close": return offer(method, [(.POST, .closeGrant(id))])
            default: return .unknown
            }
        case ("notices", 2): return offer(method, [(.GET, .listNotices)])
        case ("reports", 3):
            guard let report = ProcessingReport(rawValue: segments[2]) else { return .unknown }
            return offer(method, [(.GET, .reportProcessing(report))])
        case ("retention", _): return offerAny(method, RetentionRoute.routes(segments.dropFirst(2)).map { ($0.0, .retention($0.1)) })
        case ("webhook-endpoints", _): return offerAny(method, WebhookRoute.routes(segments.dropFirst(2)).map { ($0.0, .webhooks($0.1)) })
        case ("jobs", _): return offerAny(method, JobRoute.routes(segments.dropFirst(2)).map { ($0.0, .jobs($0.1)) })
        case ("holds", _): return offerAny(method, HoldRoute.routes(segments.dropFirst(2)).map { ($0.0, .holds($0.1)) })
        case ("honey", _): return offerAny(method, HoneyRoute.routes(segments.dropFirst(2)).map { ($0.0, .honey($0.1)) })
        case ("limits", _): return offerAny(method, LimitRoute.routes(segments.dropFirst(2)).map { ($0.0, .limits($0.1)) })
        case ("rights-agents", 2): return offer(method, [(.GET, .listAgents), (.POST, .admitAgents)])
        case ("rights-agents", 3): return offer(method, [(.DELETE, .removeAgent(segments[2]))])
        case ("requests", 2): return offer(method, [(.GET, .listRequests), (.POST, .openRequest)])
        case ("requests", 3):
            guard let id = UUIDv7(segments[2]) else { return .unknown }
            return offer(method, [(.GET, .readRequest(id))])
        case ("recipients", _):
            return offerAny(method, ErasureRoute.ofRecipients(segments.dropFirst(2)).map { ($0.0, .erasures($0.1)) })
        case ("suppressions", _):
            return offerAny(method, ErasureRoute.ofSuppressions(segments.dropFirst(2)).map { ($0.0, .erasures($0.1)) })
        case ("requests", 4) where segments[3] == "export":
            guard let id = UUIDv7(segments[2]) else { return .unknown }
            return offer(method, [(.POST, .exportRequest(id))])
        case ("requests", 4):
            if let id = UUIDv7(segments[2]), case let routes = ErasureRoute.ofRequest(id, segments[3]), !routes.isEmpty {
                return offerAny(method, routes.map { ($0.0, .erasures($0.1)) })
            }
            guard let id = UUIDv7(segments[2]), let step = RequestStep(rawValue: segments[3]) else { return .unknown }
            return offer(method, [(.POST, .stepRequest(id, step))])
        case ("subjects", 3...6):
            guard let id = UUIDv7(segments[2]).map({ SubjectID($0) }) else { return .unknown }
            return subject(method, id, segments.dropFirst(3))
        default: break
        }
        guard let entity = catalog.entity(plural: segments[1]) else { return .unknown }
        if case let routes = RecordRoute.routes(entity, segments.dropFirst(2)), !routes.isEmpty {
            return offer(method, routes.map { ($0.0, .records($0.1)) })
        }
        let becoming = BecomingRoute.routes(segments.dropFirst(2), entity, catalog)
        if !becoming.isEmpty { return offer(method, becoming.map { ($0.0, .becoming($0.1)) }) }
        switch segments.count {
        case 2: return offer(method, [(.GET, .list(entity)), (.POST, .create(entity))])
        case 3 where segments[2] == "import": return offer(method, [(.POST, .importRows(entity))])
        case 3:
            guard let id = RecordID(segments[2]) else { return .unknown }
            return offer(method, [(.GET, .read(entity, id)), (.PATCH, .amend(entity, id)), (.DELETE, .remove(entity, id))])
        default: return .unknown
        }
    }

    private static func audit(_ method: HTTPMethod, _ rest: ArraySlice<String>) -> Match {
        let rest = Array(rest)
        switch (rest[0], rest.count) {
        case ("events", 1): return offer(method, [(.GET, .searchAudit)])
        case ("events", 3) where rest[2] == "proof":
            guard let id = UUIDv7(rest[1]) else { return .unknown }
            return offer(method, [(.GET, .proveEvent(EventID(id)))])
        case ("reports", 2) where rest[1] == "breach": return offer(method, [(.GET, .reportBreach)])
        case ("reports", 2) where rest[1] == "unusual": return offer(method, [(.GET, .reportUnusual)])
        case ("reports", 3) where rest[1] == "subjects":
            guard let id = UUIDv7(rest[2]) else { return .unknown }
            return offer(method, [(.GET, .reportSubject(SubjectID(id)))])
        case ("log", 1): return offer(method, [(.GET, .readLog)])
        case ("log", 3...):
            guard let epoch = Int(rest[1]), epoch >= 1, String(epoch) == rest[1] else { return .unknown }
            if rest[2...] == ["checkpoint"] { return offer(method, [(.GET, .readCheckpoint(epoch))]) }
            guard let path = TilePath(rest[2...].joined(separator: "/")) else { return .unknown }
            return offer(method, [(.GET, .readTile(epoch, path))])
        default: return .unknown
        }
    }

    /// The paths of the Data Rights Protocol 1.0.
    private static func rightsProtocol(_ method: HTTPMethod, _ rest: ArraySlice<String>) -> Match {
        let rest = Array(rest)
        guard rest.first == "v1" else { return .unknown }
        switch (rest.dropFirst().first, rest.count) {
        case ("agent", 3): return offer(method, [(.GET, .agentCheck(rest[2])), (.POST, .agentSetUp(rest[2]))])
        case ("data-rights-request", 2): return offer(method, [(.POST, .exercise)])
        case ("data-rights-request", 3):
            guard let id = UUIDv7(rest[2]) else { return .unknown }
            return offer(method, [(.GET, .exerciseStatus(id)), (.DELETE, .exerciseRevoke(id))])
        default: return .unknown
        }
    }

    /// Whether a credential other than an API key opens it, which its handler looks at itself.
    var hasOwnCredential: Bool {
        switch self {
        case .agentSetUp, .agentCheck, .exercise, .exerciseStatus, .exerciseRevoke: true
        default: false
        }
    }

    /// Whether a caller who takes no JSON is refused.
    var answersJSON: Bool {
        switch self {
        case .metrics, .describe(.page): false
        default: true
        }
    }

    private static func subject(_ method: HTTPMethod, _ id: SubjectID, _ rest: ArraySlice<String>) -> Match {
        switch (rest.first, rest.count) {
        case (nil, _): offer(method, [(.GET, .readSubject(id))])
        case ("restriction", 1): offer(method, [(.PUT, .restrict(id)), (.DELETE, .liftRestriction(id))])
        case ("consents", 1): offer(method, [(.GET, .showConsents(id))])
        case ("consents", 2): offer(method, [(.PUT, .recordConsent(id, rest.last ?? ""))])
        case ("consents", 3): consent(method, id, rest[rest.startIndex + 1], rest.last ?? "")
        case ("consent-record", 1): offer(method, [(.GET, .consentRecord(id))])
        case ("opt-out", 1): offer(method, [(.PUT, .optOut(id)), (.DELETE, .optIn(id))])
        case ("limit", 1): offer(method, [(.PUT, .limit(id)), (.DELETE, .liftLimit(id))])
        case ("signals", 1): offer(method, [(.POST, .takeSignal(id))])
        case ("objections", 2):
            offer(method, [(.PUT, .object(id, rest.last ?? "")), (.DELETE, .withdrawObjection(id, rest.last ?? ""))])
        default: .unknown
        }
    }

    private static func consent(_ method: HTTPMethod, _ id: SubjectID, _ purpose: String, _ what: String) -> Match {
        switch what {
        case "request": offer(method, [(.POST, .requestConsent(id, purpose))])
        case "withdrawal-link": offer(method, [(.POST, .sendWithdrawalLink(id, purpose))])
        case "receipt": offer(method, [(.GET, .consentReceipt(id, purpose))])
        default: .unknown
        }
    }

    private static func offer(_ method: HTTPMethod, _ routes: [(HTTPMethod, Route)]) -> Match {
        routes.first { $0.0 == method }.map { .route($0.1) } ?? .otherMethods(routes.map(\.0))
    }

    /// A path that leads somewhere only if it has routes.
    private static func offerAny(_ method: HTTPMethod, _ routes: [(HTTPMethod, Route)]) -> Match {
        routes.isEmpty ? .unknown : offer(method, routes)
    }

    /// How observations name it: no ids.
    var name: String { entity.map { operation.name(of: $0.plural) } ?? operation.name }

    private var entity: Entity? {
        switch self {
        case .list(let entity), .create(let entity), .importRows(let entity), .read(let entity, _), .amend(let entity, _), .remove(let entity, _):
            entity
        case .records(let route): route.entity
        case .becoming(let route): route.entity
        default: nil
        }
    }

    /// What it is, for observations and for whoever reads the description of the API. A route that is added does not compile without one.
    var operation: Operation {
        switch self {
        case .health: .checkHealth
        case .ready: .checkReadiness
        case .metrics: .readMetrics
        case .describe(let form): form.operation
        case .list: .listRecords
        case .create: .createRecord
        case .importRows: .importRecords
        case .read: .readRecord
        case .amend: .updateRecord
        case .remove: .deleteRecord
        case .listCredentials: .listTokens
        case .issueCredential: .issueToken
        case .revokeCredential: .revokeToken
        case .rotateCredential: .rotateToken
        case .users(let route): route.operation
        case .searchAudit: .searchAuditEvents
        case .reportSubject: .reportAccessToSubject
        case .reportBreach: .reportBreach
        case .reportUnusual: .reportUnusual
        case .proveEvent: .proveAuditEvent
        case .readLog: .readAuditLog
        case .readCheckpoint: .readAuditCheckpoint
        case .readTile: .readAuditTile
        case .listGrants: .listGrants
        case .requestGrant: .requestGrant
        case .approveGrant: .approveGrant
        case .closeGrant: .closeGrant
        case .listRequests: .listRequests
        case .openRequest: .openRequest
        case .readRequest: .readRequest
        case .exportRequest: .exportRequest
        case .stepRequest(_, let step): .step(step)
        case .readSubject: .readSubject
        case .showConsents: .readConsents
        case .recordConsent: .recordConsent
        case .requestConsent: .requestConsent
        case .sendWithdrawalLink: .sendWithdrawalLink
        case .consentReceipt: .readConsentReceipt
        case .consentRecord: .readConsentRecord
        case .listNotices: .listNotices
        case .optOut: .optOut
        case .optIn: .optIn
        case .limit: .limitUse
        case .liftLimit: .liftLimit
        case .takeSignal: .takeSignal
        case .open(let route): route.operation
        case .restrict: .restrictSubject
        case .liftRestriction: .liftRestriction
        case .object: .recordObjection
        case .withdrawObjection: .withdrawObjection
        case .holds(let route): route.operation
        case .webhooks(let route): route.operation
        case .jobs(let route): route.operation
        case .honey(let route): route.operation
        case .limits(let route): route.operation
        case .records(let route): route.operation
        case .retention(let route): route.operation
        case .becoming(let route): route.operation
        case .erasures(let route): route.operation
        case .reportProcessing(let report): .report(report)
        case .listAgents: .listAgents
        case .admitAgents: .admitAgents
        case .removeAgent: .removeAgent
        case .agentSetUp: .setUpAgent
        case .agentCheck: .checkAgent
        case .exercise: .exerciseRight
        case .exerciseStatus: .readExercise
        case .exerciseRevoke: .revokeExercise
        }
    }
}
