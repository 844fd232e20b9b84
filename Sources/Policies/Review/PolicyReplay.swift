import Catalog
import Identity
package import Vocabulary

/// One access as the audit trail tells of it, to be decided again.
package struct RecordedAccess: Sendable {
    package let event: String
    package let request: AccessRequest
    package let action: Action
    package let resource: String
    /// Allowed and carried out; else refused, or not found.
    package let wasAllowed: Bool
    package let records: [RecordID]
    /// Fields that were shown in the clear; of a change those that it changed.
    package let clear: [String]
    package let masked: [String]

    package init(
        event: String, request: AccessRequest, action: Action, resource: String, wasAllowed: Bool, records: [RecordID], clear: [String],
        masked: [String]
    ) {
        self.event = event
        self.request = request
        self.action = action
        self.resource = resource
        self.wasAllowed = wasAllowed
        self.records = records
        self.clear = clear
        self.masked = masked
    }
}

/// Accesses of the trail that policies would decide otherwise.
package struct PolicyReplay: Sendable {
    package enum Difference: Hashable, Sendable {
        case denied(rule: String)
        case allowed(rule: String)
        /// So many of the records would not be found.
        case recordsLost(Int, of: Int)
        case fieldsMasked([String])
        case fieldsHidden([String])
        case fieldsClear([String])
        case fieldsNotWritable([String])

        package var words: String {
            switch self {
            case .denied(let rule): "was allowed, would be denied (rule \(rule))"
            case .allowed(let rule): "was denied, would be allowed (rule \(rule))"
            case .recordsLost(let count, let all): "\(count) of \(all) records would not be found"
            case .fieldsMasked(let names): "was clear, would be masked: \(names.joined(separator: ", "))"
            case .fieldsHidden(let names): "was shown, would be hidden: \(names.joined(separator: ", "))"
            case .fieldsClear(let names): "was masked, would be clear: \(names.joined(separator: ", "))"
            case .fieldsNotWritable(let names): "was written, could not be: \(names.joined(separator: ", "))"
            }
        }
    }

    /// Accesses of one kind with one difference.
    package struct Group: Sendable {
        package let roles: [String]
        package let action: Action
        package let resource: String
        package let purpose: String?
        package let difference: Difference
        /// The running policies answer so today, too: the records or their people have changed since, not the policies.
        package let isSinceChanged: Bool
        package fileprivate(set) var events: [String]
    }

    private struct Key: Hashable {
        let roles: [String]
        let action: Action
        let resource: String
        let purpose: String?
        let difference: Difference
        let isSinceChanged: Bool
    }

    private let running: CompiledPolicies
    private let new: CompiledPolicies
    private var positions: [Key: Int] = [:]
    package private(set) var groups: [Group] = []
    package private(set) var decided = 0
    package private(set) var different = 0
    /// Records that accesses were about and that are not there any more.
    package private(set) var gone = 0

    package init(running: CompiledPolicies, new: CompiledPolicies) {
        self.running = running
        self.new = new
    }

    /// - Parameter facts: the access's records as they are today; `nil` when records cannot be looked at, so that what is shown at most
    ///   decides.
    package mutating func add(_ access: RecordedAccess, _ facts: [RecordID: RecordFacts]?) {
        decided += 1
        if let facts, ![.delete, .destroy].contains(access.action) { gone += access.records.filter { facts[$0] == nil }.count }
        let differences = Self.differences(access, new, facts)
        if differences.isEmpty { return }
        let today = Set(Self.differences(access, running, facts))
        different += 1
        for difference in differences {
            let key = Key(
                roles: access.request.principal.roles, action: access.action, resource: access.resource,
                purpose: access.request.purpose?.name, difference: difference, isSinceChanged: today.contains(difference)
            )
            if let known = positions[key] {
                groups[known].events.append(access.event)
            } else {
                positions[key] = groups.count
                groups.append(
                    Group(
                        roles: key.roles, action: key.action, resource: key.resource, purpose: key.purpose, difference: difference,
                        isSinceChanged: key.isSinceChanged, events: [access.event]))
            }
        }
    }

    // MARK: One access

    static func differences(
        _ access: RecordedAccess, _ policies: CompiledPolicies, _ facts: [RecordID: RecordFacts]?
    ) -> [Difference] {
        let ruling = policies.decide(access.request, access.action, on: access.resource)
        guard let entity = policies.catalog.entity(named: access.resource) else {
            if access.wasAllowed == ruling.isAllowed { return [] }
            return [access.wasAllowed ? .denied(rule: ruling.widest.rule) : .allowed(rule: ruling.widest.rule)]
        }
        if access.wasAllowed, !ruling.isAllowed { return [.denied(rule: ruling.widest.rule)] }
        // What was deleted cannot be asked about any more; what a list found nothing of never was.
        let present = [.delete, .destroy].contains(access.action) ? [] : access.records.compactMap { facts?[$0] }
        let verdicts = present.map { policies.verdict(access.request, access.action, on: access.resource, $0) }
        let allowed = verdicts.filter { $0.outcome == .allow }
        guard access.wasAllowed else {
            guard ruling.isAllowed, let first = allowed.first else {
                // A denial without a record was about all of them.
                return access.records.isEmpty && ruling.isAllowed ? [.allowed(rule: ruling.widest.rule)] : []
            }
            return [.allowed(rule: first.rule)]
        }
        if let refused = verdicts.first, allowed.isEmpty {
            return refused.outcome == .deny ? [.denied(rule: refused.rule)] : [.recordsLost(verdicts.count, of: access.records.count)]
        }
        var differences: [Difference] = []
        if allowed.count < verdicts.count { differences.append(.recordsLost(verdicts.count - allowed.count, of: access.records.count)) }
        if !allowed.isEmpty {
            differences += fields(access, entity, shown: allowed.map(\.shown), writable: allowed.map(\.writable))
        } else if facts == nil {
            differences += fields(access, entity, shown: [ruling.widest.access], writable: [ruling.widest.writable])
        }
        return differences
    }

    private static func fields(_ access: RecordedAccess, _ entity: Entity, shown: [[FieldAccess]], writable: [[Bool]]) -> [Difference] {
        var found: (masked: [String], hidden: [String], clear: [String], unwritable: [String]) = ([], [], [], [])
        for name in access.clear {
            let index = entity.position(of: name)
            guard access.action == .read else {
                // History fields and system fields change with others; nobody writes them.
                guard let index, !entity.fields[index].isSystem else { continue }
                if !writable.contains(where: { $0[index] }) { found.unwritable.append(name) }
                continue
            }
            switch index.map({ index in shown.map { $0[index] }.reduce(FieldAccess.hidden, FieldAccess.wider) }) ?? .hidden {
            case .clear: break
            case .masked: found.masked.append(name)
            case .hidden: found.hidden.append(name)
            }
        }
        for name in access.masked where access.action == .read {
            let sight = entity.position(of: name).map { index in shown.map { $0[index] }.reduce(FieldAccess.hidden, FieldAccess.wider) } ?? .hidden
            if sight.isClear { found.clear.append(name) } else if sight == .hidden { found.hidden.append(name) }
        }
        return [
            found.masked.isEmpty ? nil : .fieldsMasked(found.masked), found.hidden.isEmpty ? nil : .fieldsHidden(found.hidden),
            found.clear.isEmpty ? nil : .fieldsClear(found.clear), found.unwritable.isEmpty ? nil : .fieldsNotWritable(found.unwritable),
        ].compactMap { $0 }
    }
}
