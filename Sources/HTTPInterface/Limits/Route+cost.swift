/// What requests cost, in units of reading one record.
extension Route {
    func cost(_ request: APIRequest) -> Int {
        switch self {
        case .health, .ready: 0
        case .metrics: 1
        case .read: 1 + Self.includeCost(request)
        case .list: Self.listCost(request)
        case .create, .amend, .remove: 2
        case .records(.batch): Self.batchCost(request.body)
        // A row of an import is a line.
        case .importRows, .jobs(.fill): max(1, request.body.count(where: { $0 == UInt8(ascii: "\n") }))
        case .searchAudit: 20
        case .reportSubject, .reportBreach, .reportUnusual, .reportProcessing: 100
        case .exportRequest: 200
        case .issueCredential, .openRequest, .requestConsent, .sendWithdrawalLink: 10
        case .open(let route): route.cost
        case .agentSetUp, .exercise: 20
        case .agentCheck, .exerciseStatus, .exerciseRevoke: 5
        case .retention: 50
        default: 2
        }
    }

    /// A tenth of the page, more for what the database has to look for.
    private static func listCost(_ request: APIRequest) -> Int {
        var (page, work) = (50, 0)
        for (name, value) in request.query {
            switch name {
            case "limit": page = min(max(Int(value) ?? page, 1), 200)
            case "q": work += 20
            case "filter", "count", "group_by": work += 5
            default: break
            }
        }
        return 1 + page / 10 + work + includeCost(request)
    }

    /// A full page for each name.
    private static func includeCost(_ request: APIRequest) -> Int {
        request.query.reduce(0) { $0 + ($1.name == "include" ? 20 * $1.value.split(separator: ",").count : 0) }
    }

    /// What its operations cost, before it is read: an object for each, and another for what is to be written.
    private static func batchCost(_ body: [UInt8]) -> Int { min(max(body.count { $0 == UInt8(ascii: "{") } - 1, 2), 400) }
}

extension PublicRoute {
    fileprivate var cost: Int {
        switch self {
        case .signalSupport, .signalStatus: 1
        case .showConsent, .showDownload: 5
        case .answerConsent: 10
        case .fetchDownload: 20
        }
    }
}
