import Catalog
package import Expressions
package import Identity
package import Vocabulary

/// Everything about a request that a decision may depend on, but the record.
package struct AccessRequest: Sendable {
    package let principal: Principal
    package let purpose: Purpose?
    package let reason: String?
    /// The one time of the whole request.
    package let time: Instant
    /// Where the request came from, as text.
    package let address: String?
    /// The caller sent `Sec-GPC: 1` (Global Privacy Control).
    package let hasPrivacySignal: Bool
    /// The rule that a grant in force opens for this request.
    package let grantedRule: String?

    package init(
        principal: Principal, purpose: Purpose?, reason: String? = nil, time: Instant = .now(), address: String? = nil,
        hasPrivacySignal: Bool = false, grantedRule: String? = nil
    ) {
        self.principal = principal
        self.purpose = purpose
        self.reason = reason
        self.time = time
        self.address = address
        self.hasPrivacySignal = hasPrivacySignal
        self.grantedRule = grantedRule
    }
}

/// `principal`, `request` and `now` as expressions see them; never `record`.
package struct RequestBindings: Bindings {
    private let request: AccessRequest
    private let attributes: [String: AttributeKind]

    package init(_ request: AccessRequest, attributes: [String: AttributeKind]) {
        self.request = request
        self.attributes = attributes
    }

    package func value(of variable: String) -> Value? { variable == "now" ? now : nil }

    package func member(_ name: String, of variable: String) -> MemberValue? {
        switch variable {
        case "principal": principal(name).map { .value($0) } ?? .missing
        case "request": requested(name).map { .value($0) } ?? .missing
        default: nil
        }
    }

    private var now: Value { Timestamp(request.time).map { .timestamp($0) } ?? .null }

    private func principal(_ name: String) -> Value? {
        let principal = request.principal
        switch name {
        case "id": return .string(principal.actor)
        case "roles": return .list(principal.roles.map { .string($0) })
        case "teams": return .list(principal.teams.map { .string($0) })
        case "method": return .string(principal.methodName)
        case "stepped_up": return .bool(principal.isSteppedUp)
        default:
            guard let kind = attributes[name], let values = principal.attributes[name] else { return nil }
            switch kind {
            case .list: return .list(values.map { .string($0) })
            case .text: return values.first.map { .string($0) }
            }
        }
    }

    private func requested(_ name: String) -> Value? {
        switch name {
        case "ip": request.address.map { .string($0) } ?? .null
        case "time": now
        case "purpose": request.purpose.map { .string($0.name) } ?? .null
        case "gpc": .bool(request.hasPrivacySignal)
        case "reason": request.reason.map { .string($0) } ?? .null
        default: nil
        }
    }

    /// The shape of ``RequestBindings``, for the type checker.
    package static func variables(attributes: [String: AttributeKind]) -> [String: ExpressionType] {
        var principal: [String: ExpressionType] = [
            "id": .string, "roles": .list(.string), "teams": .list(.string), "method": .string, "stepped_up": .bool,
        ]
        for (name, kind) in attributes { principal[name] = kind == .list ? .list(.string) : .string }
        return [
            "principal": .object(principal),
            "request": .object(["ip": .string, "time": .timestamp, "purpose": .string, "gpc": .bool, "reason": .string]), "now": .timestamp,
        ]
    }
}

/// What an attribute of a principal is: `attributes` of `roles.yaml` declares it.
package enum AttributeKind: String, Sendable, CaseIterable { case text, list }
