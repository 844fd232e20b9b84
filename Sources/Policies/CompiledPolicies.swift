package import Catalog
import Expressions
import Identity
import Synchronization
package import Vocabulary

/// The rules of all resources, checked against the catalog. No rule means deny.
package final class CompiledPolicies: Sendable {
    package let roles: Set<String>
    /// Where `roles.yaml` declares them.
    package var rolePositions: [String: SourcePosition] { declared.positions }
    /// What credentials may say of their owners.
    package let attributes: [String: AttributeKind]
    package let rules: [Rule]
    /// Groups of fewer people are not shown in aggregates to callers who may not see persons; by entity.
    package let smallestGroups: [String: Int]
    /// What each policy's `let` says, by entity and name, as it was written.
    let definitions: [String: [String: String]]
    package let catalog: CompiledCatalog
    package let limits: Limits
    private let kept = Mutex<[Question: Candidates]>([:])
    private let rulings = Mutex(KeptRulings())

    /// What selects the rules that may speak.
    private struct Question: Hashable {
        let roles: String
        let resource: String
        let action: Action
        let purpose: String?
        let hasReason: Bool
        let isSteppedUp: Bool
        let grantedRule: String?
        let hasPrivacySignal: Bool
        let scopes: String?
    }

    private let declared: DeclaredRoles

    init(
        _ declared: DeclaredRoles, rules: [Rule], smallestGroups: [String: Int], definitions: [String: [String: String]], catalog: CompiledCatalog,
        limits: Limits
    ) {
        roles = declared.names
        attributes = declared.attributes
        self.declared = declared
        self.rules = rules
        self.smallestGroups = smallestGroups
        self.definitions = definitions
        self.catalog = catalog
        self.limits = limits
    }

    /// A group of this many people is shown; unless the policy says otherwise, five.
    package func smallestGroup(of entity: Entity) -> Int { smallestGroups[entity.name] ?? smallestGroups["*"] ?? 5 }

    /// What callers with these roles come for when they do not say: the usual purpose of the first of them in `roles.yaml` that has one.
    package func purpose(of roles: [String]) -> String? { declared.purposes.first { roles.contains($0.role) }?.purposes.first }

    /// What a role may come for, its usual purpose first; `nil` for anything.
    func purposes(of role: String) -> [String]? { declared.purposes.first { $0.role == role }?.purposes }

    /// Those of the roles that may come for the purpose: the others are as if the caller did not have them.
    package func roles(_ roles: [String], for purpose: String?) -> Set<String> { Set(roles.filter { declared.comes($0, for: purpose) }) }

    /// Decides for all records of a resource at once.
    package func decide(_ request: AccessRequest, _ action: Action, on resource: String) -> Ruling {
        let question = Question(
            roles: request.principal.roleKey, resource: resource, action: action, purpose: request.purpose?.name,
            hasReason: request.reason != nil, isSteppedUp: request.principal.isSteppedUp, grantedRule: request.grantedRule,
            hasPrivacySignal: request.hasPrivacySignal, scopes: request.principal.scopeKey
        )
        let candidates = candidates(question, request)
        let place = KeptRulings.Place(candidates: ObjectIdentifier(candidates), caller: candidates.isFixed ? "" : request.principal.identity)
        let kept = rulings.withLock { $0.known[place] }
        if let kept, !candidates.dependsOnRequest { return kept }
        let ruling = rule(candidates, request, known: kept?.conditions)
        if kept == nil { rulings.withLock { $0.keep(ruling, at: place, weight: candidates.all.count + 1) } }
        return ruling
    }

    /// Rulings until the policies change: for all callers with the same roles, or for one caller. Where some rule speaks of the
    /// request, what is kept is the first of them, for the conditions of the other rules.
    private struct KeptRulings {
        struct Place: Hashable {
            /// Alive as long as a ruling of theirs is kept.
            let candidates: ObjectIdentifier
            let caller: String
        }

        private(set) var known: [Place: Ruling] = [:]
        private var weight = 0

        mutating func keep(_ ruling: Ruling, at place: Place, weight: Int) {
            if self.weight > 200_000 {
                known.removeAll()
                self.weight = 0
            }
            self.weight += weight
            known[place] = ruling
        }
    }

    /// The same policies with one rule deleted.
    package func without(rule name: String) -> CompiledPolicies {
        CompiledPolicies(
            declared, rules: rules.filter { $0.name != name }, smallestGroups: smallestGroups, definitions: definitions, catalog: catalog,
            limits: limits
        )
    }

    // MARK: Which rules may speak

    private func candidates(_ question: Question, _ request: AccessRequest) -> Candidates {
        if let known = kept.withLock({ $0[question] }) { return known }
        let found = select(question, roles(request.principal.roles, for: request.purpose?.name), request)
        kept.withLock { kept in
            if kept.count > 10_000 { kept.removeAll() }
            kept[question] = found
        }
        return found
    }

    private func select(_ question: Question, _ roles: Set<String>, _ request: AccessRequest) -> Candidates {
        var all: [Candidates.Candidate] = []
        var unmet: [Rule] = []
        func add(_ action: Action, allow: Candidates.Role, deny: Candidates.Role, limit: Candidates.Role) {
            // What the credential is not for, no rule allows; denials hold all the same.
            let isInScope = request.principal.admits(action.rawValue, on: question.resource)
            for rule in rules
            where rule.concerns(question.resource, action) && rule.isFor(purpose: question.purpose) && (isInScope || rule.effect == .deny) {
                guard let membership = membership(of: roles, in: rule, on: question.resource) else { continue }
                guard isMet(rule, request) else {
                    if action == question.action { unmet.append(rule) }
                    continue
                }
                let role = rule.effect == .allow ? allow : (rule.limitsFieldsOnly ? limit : deny)
                all.append(
                    .init(rule: rule, role: role, membership: membership.conditions, when: rule.conditions[question.resource])
                )
            }
        }
        add(question.action, allow: .allow, deny: .deny, limit: .limit)
        if question.action == .update || question.action == .import {
            add(.read, allow: .sightAllow, deny: .sightDeny, limit: .sightLimit)
        }
        let entity = catalog.entity(named: question.resource)
        if let entity { all += limits(on: entity, request.purpose, question.action, all.map(\.rule)) }
        return Candidates(resource: question.resource, action: question.action, entity: entity, all: all, unmet: unmet)
    }

    /// Who limits the use of sensitive data has it used for what is necessary alone (CCPA, Civil Code 1798.121): for other purposes such
    /// fields are hidden, whatever the rules say. Nothing is asked where no rule shows any.
    private func limits(on entity: Entity, _ purpose: Purpose?, _ action: Action, _ rules: [Rule]) -> [Candidates.Candidate] {
        guard entity.subject != .nobody, purpose?.isNecessary != true else { return [] }
        let sensitive = entity.fields.filter { $0.fieldClass.isSensitive }
        guard sensitive.contains(where: { field in rules.contains { $0.effect == .allow && $0.access(to: field) != .hidden } }) else { return [] }
        let rule = Rule.hiding(sensitive, of: entity)
        let law = RowCondition.negation(.subject(.allowsSensitiveUse))
        let isChange = action == .update || action == .import
        return (isChange ? [.limit, .sightLimit] : [.limit]).map { Candidates.Candidate(rule: rule, role: $0, law: law) }
    }

    /// `nil` when no role of the caller is meant; conditions when only derived ones are.
    private func membership(of roles: Set<String>, in rule: Rule, on resource: String) -> (conditions: [Condition]?, Void)? {
        guard let meant = rule.members.roles, meant.isDisjoint(with: roles) else { return (nil, ()) }
        let derived = rule.members.derived.filter { $0.from.map { !$0.isDisjoint(with: roles) } ?? true }
        let conditions = derived.compactMap { $0.conditions[resource] }
        return conditions.isEmpty ? nil : (conditions, ())
    }

    /// Whether a rule is for this caller and purpose, whatever the record, and whatever else it asks.
    package func isFor(_ request: AccessRequest, _ rule: Rule) -> Bool {
        let roles = roles(request.principal.roles, for: request.purpose?.name)
        return rule.isFor(purpose: request.purpose?.name)
            && (rule.members.roles.map { !$0.isDisjoint(with: roles) } ?? true
                || rule.members.derived.contains { $0.from.map { !$0.isDisjoint(with: roles) } ?? true })
    }

    private func isMet(_ rule: Rule, _ request: AccessRequest) -> Bool {
        rule.obligations.allSatisfy { obligation in
            switch obligation {
            case .reason: request.reason != nil
            case .stepUp: request.principal.isSteppedUp
            case .secondPerson, .breakGlass: request.grantedRule == rule.name
            }
        }
    }

    // MARK: What they say

    /// - Parameter known: conditions of an earlier ruling of the same caller; those that do not depend on the request hold still.
    private func rule(_ candidates: Candidates, _ request: AccessRequest, known: [RowCondition]?) -> Ruling {
        let bindings = RequestBindings(request, attributes: attributes)
        var conditions: [RowCondition] = []
        var outcomes: [UInt8] = []
        var allows: [RowCondition] = []
        var denies: [RowCondition] = []
        var failed: [String] = []
        conditions.reserveCapacity(candidates.all.count)
        outcomes.reserveCapacity(candidates.all.count)
        for (index, candidate) in candidates.all.enumerated() {
            let condition: RowCondition
            if let law = candidate.law {
                condition = law
            } else if candidate.isFixed {
                condition = .constant(true)
            } else if let known, !candidate.dependsOnRequest {
                condition = known[index]
            } else {
                condition = candidate.rows(bindings)
            }
            conditions.append(condition)
            // An error counts as "does not hold" in an allow, and as "holds" in a deny.
            let outcome: Candidates.Outcome =
                switch condition {
                case .constant(true): .yes
                case .constant(false): .no
                case .error: candidate.role.isGrant ? .no : .yes
                default: candidate.role.isGrant && condition.cannotHold ? .no : .byRecord
                }
            outcomes.append(outcome.rawValue)
            if outcome != .byRecord, !condition.isAlways, !condition.isNever { failed.append(candidate.rule.name) }
            switch candidate.role {
            case .allow where outcome != .no: allows.append(condition)
            case .deny where outcome != .no: denies.append(condition)
            default: break
            }
        }
        let shape = candidates.shape(outcomes)
        let admitted = RowCondition.conjunction([RowCondition.disjunction(allows), RowCondition.negation(RowCondition.disjunction(denies))])
        var filter = RowCondition.conjunction([admitted, subjectCondition(candidates, request)])
        if case .error = filter { filter = .constant(false) }
        // A deny that holds for every record denies; so does an allow that holds for none.
        var widest = shape.widest
        let fields = candidates.entity?.fields ?? []
        for (index, candidate) in candidates.all.enumerated()
        where candidate.role == .deny && outcomes[index] == Candidates.Outcome.yes.rawValue {
            widest = .denied(candidates.resource, candidates.action, rule: candidate.rule.name, fields: fields)
            break
        }
        if widest.isAllowed, filter.isNever {
            widest = .denied(candidates.resource, candidates.action, rule: "default-deny", fields: fields)
        }
        let questions =
            widest.isAllowed
            ? shape.asked.map { index in
                // A limit is lifted only where it surely does not hold.
                candidates.all[index].role.isGrant ? conditions[index] : RowCondition.negation(conditions[index])
            } : []
        return Ruling(
            candidates, shape, filter: widest.isAllowed ? filter : .constant(false), questions: questions, conditions: conditions,
            widest: widest, limitsRecords: !admitted.isAlways, failed: failed
        )
    }

    /// What the law asks of the person, for the declared purpose. Without a purpose the strictest holds, as nothing can be
    /// weighed against an objection.
    private func subjectCondition(_ candidates: Candidates, _ request: AccessRequest) -> RowCondition {
        guard let entity = candidates.entity, entity.subject != .nobody else { return .constant(true) }
        // Nothing can be known yet of a person whose first record this is.
        if candidates.action == .create, entity.subject == .itself { return .constant(true) }
        guard let purpose = request.purpose else {
            return RowCondition.conjunction([.subject(.isUnrestricted), .subject(.doesNotObject(to: nil)), .subject(.allowsSale)])
        }
        // The signal speaks for the person behind the request, whoever that is (11 CCR 7025).
        if purpose.isSaleOrSharing, request.hasPrivacySignal { return .constant(false) }
        var conditions: [RowCondition] = []
        if purpose.basis == .consent { conditions.append(.subject(.consents(to: purpose.name, retired: purpose.retiredNotices))) }
        if purpose.isSaleOrSharing { conditions.append(.subject(.allowsSale)) }
        if !purpose.holdsDespiteRestriction { conditions.append(.subject(.isUnrestricted)) }
        if purpose.canBeObjectedTo { conditions.append(.subject(.doesNotObject(to: purpose.name))) }
        return RowCondition.conjunction(conditions)
    }
}
