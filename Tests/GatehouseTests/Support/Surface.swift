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

    static let parameters: Set<Surface> = [.equality, .order, .choice, .group, .total, .condition, .search]
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
        case .remove: []
        case .listCredentials, .searchAudit, .reportSubject, .reportBreach, .reportUnusual, .listGrants, .readSubject: Surface.parameters
        case .proveEvent, .readLog, .readCheckpoint, .readTile: []
        case .issueCredential, .requestGrant, .closeGrant, .recordConsent, .restrict: [.member]
        case .health, .metrics, .revokeCredential, .approveGrant, .liftRestriction, .object, .withdrawObjection: []
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
