import DataFormats
import Gateway
import NIOHTTP1
import Policies

/// Agents and their protocol, pages for people, and the service itself.
extension Operation {
    static let agents = [listAgents, admitAgents, removeAgent]
    static let rightsProtocol = [setUpAgent, checkAgent, exerciseRight, readExercise, revokeExercise]
    static let pages = [showConsentPage, answerConsentPage, showDownloadPage, fetchDownload, readSignalSupport, readSignalStatus]
    static let service = [checkHealth, checkReadiness, readMetrics] + DescriptionForm.allCases.map(\.operation)

    static let listAgents = Operation(
        .GET, "/v1/rights-agents", "listAgents", .agents, "Lists the agents that are heard", for: .system(.read, .rightsAgent),
        answers: .json(
            "agents",
            .page(
                .object([
                    "id": .text, "name": .text, "business": .text, "web_url": .text.orNull, "has_token": .truth, "added_at": .time, "added_by": .text,
                ]))))

    static let admitAgents = Operation(
        .POST, "/v1/rights-agents", "admitAgents", .agents, "Admits agents, as the directory lists them", for: .system(.create, .rightsAgent),
        body: .json(
            .input(["business": .text(pattern: "^[A-Z0-9_]{1,64}$"), "agents": .list(.map(.anything))]),
            example: ["business": "EXAMPLE", "agents": []]),
        answers: .nothing("they are heard from now on"))

    static let removeAgent = Operation(
        .DELETE, "/v1/rights-agents/{id}", "removeAgent", .agents, "Hears an agent no more", for: .system(.delete, .rightsAgent),
        [.path("id", .text(1...200), "the id of an agent")], answers: .nothing("it is heard no more"))

    // MARK: Data Rights Protocol

    static let setUpAgent = Operation(
        .POST, "/drp/v1/agent/{id}", "setUpAgent", .rightsProtocol, "Gives an agent its token, for a message that it signed", for: .agent, [.agentID],
        body: .signedMessage, answers: .json("the token", .object(["agent-id": .text, "token": .text])), .unheard)
    static let checkAgent = Operation(
        .GET, "/drp/v1/agent/{id}", "checkAgent", .rightsProtocol, "Tells an agent whether its token is good", for: .agent, [.agentID],
        answers: .json("it is", .object([:])), .unheard)
    static let exerciseRight = Operation(
        .POST, "/drp/v1/data-rights-request", "exerciseRight", .rightsProtocol, "Makes a request for a person", for: .agent, body: .signedMessage,
        answers: .exercise, .unheard, .protocolError)
    static let readExercise = Operation(
        .GET, "/drp/v1/data-rights-request/{id}", "getExercise", .rightsProtocol, "Tells how a request stands", for: .agent,
        answers: .exercise, .unheard, .protocolError)
    static let revokeExercise = Operation(
        .DELETE, "/drp/v1/data-rights-request/{id}", "revokeExercise", .rightsProtocol, "Withdraws a request", for: .agent, body: .signedMessage,
        answers: .exercise, .unheard, .protocolError)

    // MARK: Pages

    static let showConsentPage = Operation(
        .GET, "/consent/{token}", "showConsentPage", .pages, "Shows what a link asks to agree to", for: .open, [.linkToken],
        answers: .page("the words of the notice, and a button"), .page(404, "a page that says that the link cannot be used"),
        .page(503, "a page that says: not now"))
    static let answerConsentPage = Operation(
        .POST, "/consent/{token}", "answerConsentPage", .pages, "Takes the answer", for: .open, [.linkToken],
        body: .other("application/x-www-form-urlencoded", .object(["answer?": .choice(["yes", "no"])]), isRequired: false),
        answers: .page("a page that says what was recorded"), .page(404, "a page that says that the link cannot be used"),
        .page(503, "a page that says: not now"))
    static let showDownloadPage = Operation(
        .GET, "/downloads/{token}", "showDownloadPage", .pages, "Offers a download", for: .open, [.linkToken],
        answers: .page("a page with a button, the same for every link"))
    static let fetchDownload = Operation(
        .POST, "/downloads/{token}", "fetchDownload", .pages, "Hands out a package, once", for: .open, [.linkToken],
        answers: .other("the package, sealed for its person", "application/octet-stream", headers: ["Content-Disposition"]),
        .page(404, "for a browser: a page that says that the link leads nowhere"),
        refuses: [.linkInvalid, .storeUnavailable, .auditUnavailable, .vaultUnavailable, .repositoryUnavailable, .busy])
    static let readSignalSupport = Operation(
        .GET, "/.well-known/gpc.json", "getSignalSupport", .pages, "Says that Global Privacy Control is honoured", for: .open,
        answers: .json("the support resource", .object(["gpc": .truth, "lastUpdate": .day])))
    static let readSignalStatus = Operation(
        .GET, "/privacy/signal", "getSignalStatus", .pages, "Says whether the signal of this request is honoured", for: .open,
        [.header(HeaderName.privacyControl, .text, "Global Privacy Control: 1, or nothing")],
        answers: .json("whether it is", .object(["gpc": .truth, "honored": .truth, "since": .day])))

    // MARK: The service

    static let checkHealth = Operation(
        .GET, "/healthz", "checkHealth", .service, "Says that the process is alive", for: .open, answers: .json("it is", .object(["status": .text])),
        refuses: [.notAcceptable])
    static let checkReadiness = Operation(
        .GET, "/readyz", "checkReadiness", .service, "Says whether requests can be answered now", for: .open,
        answers: .json("they can", .object(["status": .text])), .json(503, "not now", .object(["status": .text])), refuses: [.notAcceptable])
    static let readMetrics = Operation(
        .GET, "/metrics", "readMetrics", .service, "Shows the numbers for monitoring", for: .system(.read, .metrics),
        answers: .other("OpenMetrics or Prometheus text", "text/plain"))
    static let readDescription = Operation(
        .GET, "/openapi.json", "getDescription", .service, "Describes the API as you may use it, for programs",
        detail: "Without a credential, what everybody may call.", for: .open, [.ifNoneMatch],
        answers: .json("an OpenAPI 3.1 document", .object(["openapi": .text]), headers: ["ETag"]),
        .nothing(304, "it is as you have it", headers: ["ETag"]),
        refuses: describing)
    static let readReference = Operation(
        .GET, "/docs", "getReference", .service, "Describes the API as you may use it, for people",
        detail: "Without a credential, what everybody may call.", for: .open, [.ifNoneMatch],
        answers: .page("a page", headers: ["ETag"]), .nothing(304, "it is as you have it", headers: ["ETag"]), refuses: describing)

    private static let describing: [Refusal.Code] = [.rateLimited, .credentialInvalid, .grantInvalid, .purposeUnknown, .storeUnavailable]
}

extension Operation.Parameter {
    static let agentID = path("id", .text(1...200), "the id of the agent")
    static let linkToken = path("token", .text.with("minLength", 1), "the end of a link that was sent")
    static let ifNoneMatch = header(HeaderName.ifNoneMatch, .text, "the ETag that you have")
}

extension Operation.Body {
    /// A message of the Data Rights Protocol: Base64 of a signature with what it signs.
    static let signedMessage = other("text/plain")
}

extension Operation.Answer {
    static let unheard = nothing(403, "nobody that is heard")
    static let exercise = json("how the request stands", .object(["request_id": .text, "status": .text]))
    static let protocolError = Operation.Answer.json(
        400, "the protocol's own form of an error", .object(["code": .text, "message": .text, "fatal": .truth]))
}
