import DataFormats
import Gateway
import NIOHTTP1
import Policies

/// One operation of the API, described where its route is: the name that observations have, the path, and all that the
/// OpenAPI document and the reference page say about it.
///
/// A new route gets three lines and a description:
/// - its case in the `switch` of ``Route/operation`` (or of the nested enum's), which does not compile without one,
/// - the description itself, `static let placeHold = Operation(…)`, beside those of its area in `Operation+area.swift`,
/// - its name in the area's list there. A test counts descriptions and lists, sends a request to each, and fails for one that is
///   missing, that no route answers to, or that has another name than its route.
///
/// What follows from the rest is not repeated: path parameters stand in the path; statuses and codes that every operation has,
/// those that go with a credential, a body or `If-Match`, are added by ``refusals``.
final class Operation: Sendable {
    /// Who may call it.
    enum Access: Sendable {
        /// Everybody.
        case open
        /// Whoever has a credential, whatever its roles.
        case credential
        /// Whoever the policies allow this action on a system resource.
        case system(Action, SystemResource)
        /// Whoever the policies allow this action on the records of an entity; the operation exists for each of them.
        case record(Action)
        /// Agents of the Data Rights Protocol, by their own token or by a message that they signed.
        case agent
    }

    let method: HTTPMethod
    /// With names in braces. Below `/v1/{plural}` for an operation on records.
    let path: String
    /// The `operationId`. Operations on records have the entity's name behind the verb.
    let id: String
    let area: Area
    let summary: String
    let detail: String?
    let access: Access
    /// In the query and in headers; those of the path stand in ``path``, and here only where they are no ids.
    let parameters: [Parameter]
    let body: Body?
    let answers: [Answer]
    /// Beside those that follow from the rest; see ``refusals``.
    private let alsoRefuses: [Refusal.Code]
    /// How observations name it.
    let name: String

    init(
        _ method: HTTPMethod, _ path: String, _ id: String, _ area: Area, _ summary: String, detail: String? = nil, for access: Access,
        _ parameters: [Parameter] = [], body: Body? = nil, answers: Answer..., refuses: [Refusal.Code] = []
    ) {
        self.method = method
        self.path = path
        self.id = id
        self.area = area
        self.summary = summary
        self.detail = detail
        self.access = access
        self.parameters = parameters
        self.body = body
        self.answers = answers
        alsoRefuses = refuses
        name = "\(method.rawValue) \(path)"
    }

    /// The names in braces of the path.
    var pathParameters: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") && $0 != "{plural}" }.map { String($0.dropFirst().dropLast()) }
    }

    /// Whether it exists once for each entity.
    var isOfRecords: Bool { if case .record = access { true } else { false } }

    /// The name of an operation on the records of one entity.
    func name(of plural: String) -> String { "\(method.rawValue) \(path(of: plural))" }
    func path(of plural: String) -> String { "/v1/\(plural)" + path.dropFirst("/v1/{plural}".count) }

    /// Every code that it can answer with.
    var refusals: Set<Refusal.Code> {
        var codes: Set<Refusal.Code> = [.parameterInvalid, .methodNotAllowed, .restoring, .internalError]
        codes.formUnion(alsoRefuses)
        if area != .service || access.needsCredential { codes.insert(.rateLimited) }
        if !pathParameters.isEmpty { codes.insert(.routeUnknown) }
        switch access {
        case .open: break
        case .agent: return codes
        case .credential, .system, .record:
            codes.formUnion([
                .credentialMissing, .credentialMalformed, .credentialInvalid, .issuerUnavailable, .actsForNobody, .scopeInsufficient, .grantInvalid,
                .purposeUnknown, .notAcceptable, .storeUnavailable, .auditUnavailable, .busy,
                .denied, .bodyTooLarge,
            ])
        }
        switch access {
        case .system, .record:
            codes.formUnion([.reasonRequired, .stepUpRequired, .approvalRequired, .vaultUnavailable, .peopleStepUp, .budgetExhausted])
        default: break
        }
        if !pathParameters.isEmpty, case .system = access { codes.insert(.notFound) }
        if let body {
            codes.formUnion([.bodyTooLarge, .bodyMalformed, .mediaTypeUnsupported])
            if body.isJSON { codes.formUnion([.memberUnknown, .valueInvalid]) }
        }
        if method != .GET, access.needsCredential { codes.insert(.outcomeUnknown) }
        if parameters.contains(where: { $0.name == HeaderName.ifMatch }) { codes.insert(.preconditionFailed) }
        if parameters.contains(where: { $0.name == HeaderName.ifMatch && $0.isRequired }) { codes.insert(.preconditionRequired) }
        if method != .GET, access.needsCredential {
            codes.formUnion(keepsAnswer ? [.idempotencyKeyReused, .idempotencyKeyInUse, .idempotencyAnswerGone] : [.idempotencyUnsupported])
        }
        if needsIdempotencyKey { codes.insert(.idempotencyKeyRequired) }
        return codes
    }
}

extension Operation.Access {
    var needsCredential: Bool {
        switch self {
        case .open, .agent: false
        case .credential, .system, .record: true
        }
    }
}

extension Operation {
    /// What belongs together on the reference page: a tag.
    enum Area: String, Sendable, CaseIterable {
        case records = "Records"
        case accounts = "Credentials and grants"
        case users = "Users and teams"
        case subjects = "Data subjects"
        case consents = "Consents"
        case requests = "Requests of data subjects"
        case erasures = "Erasures and recipients"
        case holds = "Legal holds"
        case retention = "Retention"
        case reports = "Records of processing"
        case events = "Events"
        case jobs = "Jobs"
        case audit = "Audit trail"
        case agents = "Agents of the Data Rights Protocol"
        case rightsProtocol = "Data Rights Protocol"
        case pages = "Pages for people"
        case service = "The service itself"

        var says: String {
            switch self {
            case .records: "Read, find and change the records that your roles let you see."
            case .accounts: "API keys, and access that is granted for a while."
            case .users: "The controller's own people: who may come, in which teams, with which roles."
            case .subjects: "What the law asks to be known of a person: restriction, objections, opt-outs."
            case .consents: "Who agreed to what, when, and to which words."
            case .requests: "Requests of people about their data, from receipt to answer."
            case .erasures: "What an erasure would do, its certificate, what recipients are told, who is kept out."
            case .holds: "Data that must not go, and why."
            case .retention: "What is due to go, and letting it go."
            case .reports: "Records of processing activities, the data map and the notice, made from the catalog."
            case .events: "Endpoints that are told what changed, by webhooks."
            case .jobs: "Imports and exports of many records, which go on while nobody waits."
            case .audit: "Who saw and changed what; the log behind it and its proofs."
            case .agents: "Agents that may make requests for people."
            case .rightsProtocol: "The calls of the Data Rights Protocol 1.0, for agents."
            case .pages: "What people reach by a link from a message, or from a website."
            case .service: "Whether it runs, its numbers, and this description."
            }
        }
    }

    /// A parameter of the query, a header, or what is to be said of one of the path.
    struct Parameter: Sendable {
        enum Place: String, Sendable { case query, header, path }

        let name: String
        let place: Place
        let shape: Shape
        let isRequired: Bool
        let says: String

        static func query(_ name: String, _ shape: Shape, _ says: String) -> Parameter {
            Parameter(name: name, place: .query, shape: shape.withoutZeroBytes, isRequired: false, says: says)
        }

        static func header(_ name: String, _ shape: Shape, _ says: String, isRequired: Bool = false) -> Parameter {
            Parameter(name: name, place: .header, shape: shape, isRequired: isRequired, says: says)
        }

        static func path(_ name: String, _ shape: Shape, _ says: String) -> Parameter {
            Parameter(name: name, place: .path, shape: shape, isRequired: true, says: says)
        }

        static let limit = query("limit", .whole(1...200).with("default", 50), "how many at most")
        static let reason = header(
            HeaderName.reason, .text(0...500).with("pattern", #"^[^\u0000-\u001F\u007F-\u009F\u00AD]*$"#), "why you ask; kept in the audit trail")
        /// The version of a request of a data subject.
        static let ifVersion = header(
            HeaderName.ifMatch, .text(pattern: #"^("[0-9]{1,18}"|\*)$"#), "the ETag of the request as you read it; without it, whatever it has become"
        )
    }

    /// What is sent.
    struct Body: Sendable {
        let type: String
        let shape: Shape
        let isRequired: Bool
        var example: JSONValue?

        var isJSON: Bool { type.hasSuffix("json") && type != "application/x-ndjson" }

        static func json(_ shape: Shape, isRequired: Bool = true, example: JSONValue? = nil) -> Body {
            Body(type: "application/json", shape: shape, isRequired: isRequired, example: example)
        }

        /// Bytes that are no JSON.
        static func other(_ type: String, _ shape: Shape = .text, isRequired: Bool = true) -> Body {
            Body(type: type, shape: shape, isRequired: isRequired)
        }
    }

    /// What comes back when all is well, or where an answer is no problem document.
    struct Answer: Sendable {
        let status: Int
        let says: String
        let type: String?
        let shape: Shape?
        var headers: [String] = []

        static func json(_ says: String, _ shape: Shape, headers: [String] = []) -> Answer { json(200, says, shape, headers: headers) }

        static func json(_ status: Int, _ says: String, _ shape: Shape, headers: [String] = []) -> Answer {
            Answer(status: status, says: says, type: "application/json", shape: shape, headers: headers)
        }

        static func other(_ says: String, _ type: String, headers: [String] = []) -> Answer { other(200, says, type, headers: headers) }

        static func other(_ status: Int, _ says: String, _ type: String, headers: [String] = []) -> Answer {
            Answer(status: status, says: says, type: type, shape: .text, headers: headers)
        }

        /// A page for people.
        static func page(_ says: String, headers: [String] = []) -> Answer { other(says, "text/html", headers: headers) }
        static func page(_ status: Int, _ says: String) -> Answer { other(status, says, "text/html") }

        /// An answer without a body.
        static func nothing(_ says: String) -> Answer { nothing(204, says) }

        static func nothing(_ status: Int, _ says: String, headers: [String] = []) -> Answer {
            Answer(status: status, says: says, type: nil, shape: nil, headers: headers)
        }
    }
}
