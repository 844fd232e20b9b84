import Gateway

@testable import HTTPInterface

/// Where the name of a field, and with it a value, can enter a route.
enum Surface: Sendable, Hashable, CaseIterable {
    /// `?field=value`
    case equality
    /// `?sort=field`
    case order
    /// `?fields=field`
    case choice
    case group, total
    /// `?include=field`
    case inclusion
    /// `?filter=`, with the name bare or as a member of `record`, at every place that an expression has for one.
    case condition
    /// `?q=value`: the one that names no field, and so asks by all of them.
    case search
    /// A member of the body.
    case member
    /// A member of a row of an import.
    case row
    /// A field that a row of an import looks another record up by.
    case lookup

    static let parameters: Set<Surface> = [.equality, .order, .choice, .group, .total, .inclusion, .condition, .search]
}

extension Route {
    /// How the route is attacked. The `switch` has no default: a route that is added says here what it takes, and is attacked
    /// with every field of every entity, for every role.
    ///
    /// A route that reads no parameter or no member of this name still is attacked where it reads any: it has to answer like it
    /// answers a name that nobody ever heard.
    var surfaces: Set<Surface> {
        switch self {
        case .list, .read: Surface.parameters
        case .create, .amend: [.member]
        case .importRows: [.row, .lookup]
        case .remove, .records(.restore), .records(.destroy): []
        case .records(.put): [.member]
        // Members stand in the operations: see the attack on batches.
        case .records(.batch): []
        case .becoming(.convert), .becoming(.merge): [.member]
        case .becoming(.duplicates), .becoming(.history): Surface.parameters
        case .listCredentials, .searchAudit, .reportSubject, .reportBreach, .reportUnusual, .listGrants, .readSubject, .showConsents, .listNotices,
            .listRequests, .readRequest:
            Surface.parameters
        case .users(.list), .users(.show), .users(.roles), .users(.listTeams): Surface.parameters
        // Refused for want of proof before anything is read; what they read is words about users alone.
        case .users, .rotateCredential: []
        case .proveEvent, .readLog, .readCheckpoint, .readTile: []
        case .retention(.plan), .retention(.listRuns), .retention(.listReviews), .reportProcessing: Surface.parameters
        case .retention(.begin), .retention(.markReviewed): [.member]
        case .retention(.report): []
        case .webhooks(.list), .webhooks(.deliveries): Surface.parameters
        case .webhooks(.create), .webhooks(.change), .webhooks(.replay): [.member]
        case .webhooks: []
        case .jobs(.list), .jobs(.show), .jobs(.fetch), .jobs(.refused): Surface.parameters
        case .jobs(.open): [.member]
        // Rows stand in a job that there has to be first: see the tests of jobs.
        case .jobs: []
        case .holds(.list), .honey(.list), .limits(.list): Surface.parameters
        case .honey(.place), .limits(.lift): [.member]
        case .honey(.remove), .limits(.end): []
        case .holds(.place), .holds(.review): [.member]
        case .holds(.show), .holds(.release): []
        case .issueCredential, .requestGrant, .closeGrant, .recordConsent, .restrict, .requestConsent, .admitAgents, .openRequest: [.member]
        case .exportRequest: [.member]
        case .stepRequest(_, let step): [.verify, .extend, .refuse, .run].contains(step) ? [.member] : []
        case .erasures(.notices), .erasures(.suppressions): Surface.parameters
        // It takes an address, a number or an id by these names, and says the same whether somebody has it or not.
        case .erasures(.lift): []
        case .erasures: []
        // Which fields there are for a role is what it says.
        case .describe: Surface.parameters
        case .health, .ready, .metrics, .revokeCredential, .approveGrant, .liftRestriction, .object, .withdrawObjection: []
        // Signed with the time of the answer, so that no two are alike; they take no parameter.
        case .consentReceipt, .consentRecord: []
        case .sendWithdrawalLink, .optOut, .optIn, .limit, .liftLimit, .takeSignal, .open: []
        case .listAgents, .removeAgent, .agentSetUp, .agentCheck, .exercise, .exerciseStatus, .exerciseRevoke: []
        }
    }
}

extension Surface {
    /// Queries that ask by a field; always as many, in the same order, whatever the name.
    ///
    /// - Parameters:
    ///   - literal: a value in CEL.
    ///   - text: the same as a parameter has it.
    func queries(_ name: String, literal: String, text: String) -> [String] {
        switch self {
        case .equality: ["?\(name)=\(percentEncoded(text))", "?\(name)=", "?count=true&\(name)=\(percentEncoded(text))"]
        case .order: ["?sort=\(name)", "?sort=-\(name)", "?count=true&limit=1&sort=\(name)"]
        case .choice: ["?fields=\(name)", "?fields=id,\(name)"]
        case .group: ["?group_by=\(name)", "?group_by=created_at,\(name)"]
        case .total: ["?group_by=created_at&sum=\(name)"]
        case .inclusion: ["?include=\(name)", "?fields=id&include=\(name)"]
        case .condition: Self.conditions(name, literal).map { "?count=true&limit=200&fields=id&filter=" + percentEncoded($0) }
        case .search: ["?q=\(percentEncoded(text))"]
        case .member, .row, .lookup: []
        }
    }

    private static func conditions(_ name: String, _ literal: String) -> [String] {
        ["\(name)", "record.\(name)"].flatMap { field in
            [
                "\(field) == \(literal)", "!(\(field) == \(literal))", "\(field) != \(literal)", "\(field) in [\(literal)]",
                "!(\(field) in [\(literal)])", "\(field) == null", "true || \(literal) == \(field)", "false && \(field) == \(literal)",
                "\(field) == \(literal) ? true : true", "true ? true : \(field) == \(literal)", "\(field) > \(literal)",
                "\(field).startsWith('K')", "size(\(field)) > 0", "\(field)", "\(literal) in [\(field)]", "\(field) == id",
                "\(field) == \(field)", "\(field) + \(literal) == \(literal)", "dyn(\(field)) == dyn(\(literal))", "\(field).zz == 1",
                "[\(literal)].all(x, x != \(field))",
            ]
        } + ["has(record.\(name))", "!has(record.\(name))"]
    }
}
