import Catalog
import Expressions
import Synchronization

/// The rules that may speak in answer to one question, with what is the same for every request that asks it.
///
/// A rule without conditions speaks or does not. One with conditions is asked at each request; what its answers come to is
/// remembered, so that only the conditions themselves cost anything.
final class Candidates: Sendable {
    /// What a rule does to a record for which it holds.
    enum Role: Sendable {
        case allow, deny
        /// Takes sight of fields away.
        case limit
        /// The same for reading, where the question is about changing: what one may change one also reads.
        case sightAllow, sightDeny, sightLimit

        var isGrant: Bool { self == .allow || self == .sightAllow }
    }

    struct Candidate: Sendable {
        let rule: Rule
        let role: Role
        /// Conditions of the derived roles of which one has to hold; `nil` when a plain role suffices.
        let membership: [Condition]?
        let when: Condition?
        /// For which records the law itself asks it, whoever the caller is; `nil` for a rule of the policies.
        let law: RowCondition?

        let isFixed: Bool
        let dependsOnRequest: Bool

        init(rule: Rule, role: Role, membership: [Condition]? = nil, when: Condition? = nil, law: RowCondition? = nil) {
            self.law = law
            self.rule = rule
            self.role = role
            self.membership = membership
            self.when = when
            isFixed = membership == nil && when == nil
            dependsOnRequest = when?.dependsOnRequest == true || membership?.contains { $0.dependsOnRequest } == true
        }

        /// For which records the rule holds.
        func rows(_ bindings: RequestBindings) -> RowCondition {
            if let law { return law }
            let isMember = membership.map { RowCondition.disjunction($0.map { $0.rows(bindings) }) } ?? .constant(true)
            return RowCondition.conjunction([isMember, when.map { $0.rows(bindings) } ?? .constant(true)])
        }
    }

    /// Whether a rule holds, before any record is known.
    enum Outcome: UInt8, Sendable { case no, yes, byRecord }

    /// What a vector of outcomes comes to.
    final class Shape: Sendable {
        /// Candidates whose condition the database has to answer for each record, because it makes a difference.
        let asked: [Int]
        /// What holds whatever is answered.
        let base: Holding
        /// The most that any record shows; `nil` when nothing is allowed.
        let widest: Decision
        init(asked: [Int], base: Holding, widest: Decision) {
            self.asked = asked
            self.base = base
            self.widest = widest
        }
    }

    let resource: String
    let action: Action
    let entity: Entity?
    let all: [Candidate]
    /// Allows that speak once something more is given: a reason, another person, a grant.
    let unmet: [Rule]
    /// No rule has a condition: all callers with the same roles are told the same.
    let isFixed: Bool
    /// Some condition speaks of the request: nothing that is told now holds for the next one.
    let dependsOnRequest: Bool
    let excluded: Decision
    private let decisions = Mutex<[Holding: Decision]>([:])
    private let shapes = Mutex<[[UInt8]: Shape]>([:])

    init(resource: String, action: Action, entity: Entity?, all: [Candidate], unmet: [Rule]) {
        self.resource = resource
        self.action = action
        self.entity = entity
        self.all = all
        self.unmet = unmet
        isFixed = all.allSatisfy(\.isFixed)
        dependsOnRequest = all.contains(where: \.dependsOnRequest)
        excluded = .denied(resource, action, rule: "default-deny", fields: entity?.fields ?? [])
    }

    /// The decision for a record for which exactly these candidates hold.
    func decision(_ holding: Holding) -> Decision {
        if let kept = decisions.withLock({ $0[holding] }) { return kept }
        let decision = compute(holding)
        decisions.withLock { kept in
            if kept.count > 4096 { kept.removeAll() }
            kept[holding] = decision
        }
        return decision
    }

    private func compute(_ holding: Holding) -> Decision {
        let fields = entity?.fields ?? []
        func rules(_ role: Role) -> [Rule] { all.enumerated().filter { $1.role == role && holding.contains($0) }.map(\.1.rule) }
        if let deny = rules(.deny).first { return .denied(resource, action, rule: deny.name, fields: fields) }
        let allows = rules(.allow)
        guard let first = allows.first else { return .denied(resource, action, rule: "default-deny", fields: fields) }
        let access = Self.access(to: fields, allows, rules(.limit))
        var sight = access
        if action == .update || action == .import {
            sight = rules(.sightDeny).isEmpty ? Self.access(to: fields, rules(.sightAllow), rules(.sightLimit)) : fields.map { _ in .hidden }
        }
        // What a caller may change it also reads in the clear: whether a change changes anything would else tell the value.
        let writable = fields.indices.map { position in
            access[position].isClear && sight[position].isClear && !fields[position].isSystem
                && allows.contains { $0.mayWrite(fields[position]) }
        }
        return Decision(resource: resource, action: action, isAllowed: true, rule: first.name, access: access, writable: writable)
    }

    private static func access(to fields: [Field], _ allows: [Rule], _ limits: [Rule]) -> [FieldAccess] {
        fields.map { field in
            let widest = allows.map { $0.access(to: field) }.reduce(FieldAccess.hidden, FieldAccess.wider)
            return limits.map { $0.limit(on: field) }.reduce(widest, FieldAccess.narrower)
        }
    }

    /// What has to be asked of each record, given what is known already.
    func shape(_ outcomes: [UInt8]) -> Shape {
        if let kept = shapes.withLock({ $0[outcomes] }) { return kept }
        let shape = makeShape(outcomes)
        shapes.withLock { kept in
            if kept.count > 1024 { kept.removeAll() }
            kept[outcomes] = shape
        }
        return shape
    }

    private func makeShape(_ outcomes: [UInt8]) -> Shape {
        var base = Holding(count: all.count)
        var open: [Int] = []
        for (index, outcome) in outcomes.enumerated() {
            switch Outcome(rawValue: outcome) {
            case .yes: base.insert(index)
            case .byRecord where all[index].role != .deny: open.append(index)
            default: break
            }
        }
        // A record passes the filter only if some allow holds: the only one there is need not be asked.
        let allows = open.filter { all[$0].role == .allow }
        if allows.count == 1, let only = allows.first, !base.contains(where: { all[$0].role == .allow }) {
            base.insert(only)
            open.removeAll { $0 == only }
        }
        // An allow that adds nothing to what holds anyway is not asked either; limits are, as they take away. What the law takes away it
        // takes from every allow alike, so that it keeps none of them from being left out.
        let limited = open.contains { !all[$0].role.isGrant && all[$0].law == nil }
        if !limited, decision(base).isAllowed { open.removeAll { addsNothing($0, to: base) } }
        var widest = base
        for index in open where all[index].role.isGrant { widest.insert(index) }
        return Shape(asked: open, base: base, widest: decision(widest))
    }
}

extension Candidates {
    /// Whether an allow shows and lets write no more than those of its kind that hold anyway, whatever else holds: writing takes
    /// one rule to see, one to read and one to write, so that looking at what it changes alone would not do.
    private func addsNothing(_ index: Int, to base: Holding) -> Bool {
        let (rule, role) = (all[index].rule, all[index].role)
        guard role.isGrant else { return false }
        let held = all.indices.filter { all[$0].role == role && base.contains($0) }.map { all[$0].rule }
        return (entity?.fields ?? []).allSatisfy { field in
            let shown = held.map { $0.access(to: field) }.reduce(FieldAccess.hidden, FieldAccess.wider)
            return FieldAccess.wider(shown, rule.access(to: field)) == shown
                && (role == .sightAllow || !rule.mayWrite(field) || held.contains { $0.mayWrite(field) })
        }
    }
}

/// Which candidates hold.
struct Holding: Hashable, Sendable {
    private var words: [UInt64]

    init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

    mutating func insert(_ index: Int) { words[index >> 6] |= 1 << UInt64(index & 63) }
    func contains(_ index: Int) -> Bool { words[index >> 6] & (1 << UInt64(index & 63)) != 0 }
    func with(_ index: Int) -> Holding {
        var copy = self
        copy.insert(index)
        return copy
    }
    func contains(where matches: (Int) -> Bool) -> Bool {
        for (number, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                if matches(number << 6 + rest.trailingZeroBitCount) { return true }
                rest &= rest - 1
            }
        }
        return false
    }
}
