import Catalog
import Identity
import Vocabulary

/// Reads who asks in a case: `as: { roles: [sales-rep], user: ann, purpose: sales }`.
struct CallerReading {
    let policies: CompiledPolicies
    let time: Instant

    private static let tenant = TenantID(UUIDv7(high: 0, low: 1))

    func read(_ node: SourceNode) throws(Diagnostic) -> AccessRequest {
        let mapping = try node.mapping("as")
        try mapping.refuseOthers(than: PolicyWords.caller)
        let roles = try roles(mapping.required("roles"))
        let principal = Principal.described(
            tenant: Self.tenant, user: try mapping["user"]?.text("user"), roles: roles,
            teams: try mapping["teams"]?.texts("teams").map(\.text) ?? [], attributes: try attributes(mapping["attributes"]),
            isSteppedUp: try mapping["step_up"]?.boolean("step_up") ?? false,
            method: try method(mapping["method"])
        )
        return AccessRequest(
            principal: principal, purpose: try purpose(mapping["purpose"], roles), reason: try mapping["reason"]?.text("reason"),
            time: try time(mapping["at"]), address: try mapping["ip"]?.text("ip"),
            hasPrivacySignal: try mapping["gpc"]?.boolean("gpc") ?? false, grantedRule: try grant(mapping["grant"])
        )
    }

    private func method(_ node: SourceNode?) throws(Diagnostic) -> String {
        guard let node else { return "described" }
        let name = try node.text("method")
        guard Principal.methodNames.contains(name) else {
            throw Diagnostic(node.position, "nobody comes by '\(name)'", hint: Spelling.hint(for: name, among: Principal.methodNames))
        }
        return name
    }

    private func roles(_ node: SourceNode) throws(Diagnostic) -> [String] {
        var roles: [String] = []
        for item in try node.texts("roles") {
            guard policies.roles.contains(item.text) else {
                throw Diagnostic(
                    item.position, "role '\(item.text)' is not known", hint: Spelling.hint(for: item.text, among: policies.roles.sorted())
                )
            }
            roles.append(item.text)
        }
        return roles
    }

    private func attributes(_ node: SourceNode?) throws(Diagnostic) -> [String: [String]] {
        var attributes: [String: [String]] = [:]
        for member in try node?.mapping("attributes").members ?? [] {
            let name = try member.key.text("an attribute's name")
            switch policies.attributes[name] {
            case .text: attributes[name] = [try member.value.text(name)]
            case .list: attributes[name] = try member.value.texts(name).map(\.text)
            case nil:
                throw Diagnostic(
                    member.key.position, "attribute '\(name)' is not declared in roles.yaml",
                    hint: policies.attributes.isEmpty ? nil : Spelling.hint(for: name, among: policies.attributes.keys.sorted())
                )
            }
        }
        return attributes
    }

    /// As at the gateway, who declares none comes for what the role usually comes for.
    private func purpose(_ node: SourceNode?, _ roles: [String]) throws(Diagnostic) -> Purpose? {
        guard let node else { return policies.purpose(of: roles).flatMap { policies.catalog.purposes[$0] } }
        let name = try node.text("purpose")
        guard let purpose = policies.catalog.purposes[name] else {
            throw Diagnostic(
                node.position, "purpose '\(name)' is not declared", hint: Spelling.hint(for: name, among: policies.catalog.purposes.keys.sorted())
            )
        }
        return purpose
    }

    private func time(_ node: SourceNode?) throws(Diagnostic) -> Instant {
        guard let node else { return time }
        guard let time = Instant(try node.text("at")) else {
            throw Diagnostic(node.position, "at is not a time of the form 2026-11-22T09:30:00Z")
        }
        return time
    }

    private func grant(_ node: SourceNode?) throws(Diagnostic) -> String? {
        guard let node else { return nil }
        let name = try node.text("grant")
        let known = policies.rules.filter { $0.grantDuration != nil }.map(\.name)
        guard known.contains(name) else {
            throw Diagnostic(
                node.position, "no grant opens a rule '\(name)'",
                hint: known.isEmpty ? "no rule has break_glass or require: [second-person]" : Spelling.hint(for: name, among: known)
            )
        }
        return name
    }
}
