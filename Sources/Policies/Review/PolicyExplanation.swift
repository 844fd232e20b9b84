import Catalog
import Expressions
import Identity
import Vocabulary

/// Why a request comes out as it does: each rule that is about it, then the outcome, the records and the fields.
package struct PolicyExplanation: Sendable {
    package enum Standing: String, Sendable { case holds, byRecord = "by record", silent }

    package struct Step: Sendable {
        package let rule: Rule
        package let standing: Standing
        /// For which records it holds, or why it does not speak; empty when it simply holds.
        package let reason: String
    }

    package struct FieldStep: Sendable {
        package let name: String
        package let access: FieldAccess
        package let isWritable: Bool
        /// The rules that show it so, or that keep it from being shown.
        package let rules: [String]
    }

    package let resource: String
    package let action: Action
    package let steps: [Step]
    package let outcome: Verdict.Outcome
    package let rule: String
    package let missing: (rule: String, obligation: Obligation)?
    /// Which records are admitted, in words; `nil` when a record was given.
    package let records: String?
    /// What the law asks of the person the record is about, and is not so; whatever the rules say, the record is not found then.
    package let unheard: [String]
    package let fields: [FieldStep]
}

extension CompiledPolicies {
    /// - Parameter record: a record at hand; without one the explanation is about all records, and tells what is shown at most.
    package func explain(_ request: AccessRequest, _ action: Action, on resource: String, _ record: RecordFacts? = nil) -> PolicyExplanation {
        let ruling = decide(request, action, on: resource)
        var findings: [String: RowCondition] = [:]
        for (rule, outcome) in ruling.findings { findings[rule.name] = outcome }
        let unmet = Set(ruling.unmet.map(\.name))
        let steps = rules.filter { $0.concerns(resource, action) }.map { rule in
            let (standing, reason) = finding(rule, findings[rule.name], isUnmet: unmet.contains(rule.name), request, resource, record)
            return PolicyExplanation.Step(rule: rule, standing: standing, reason: reason)
        }
        let missing = ruling.missing(for: request).map { ($0.rule.name, $0.obligation) }
        let entity = catalog.entity(named: resource)
        let verdict = record.map { self.verdict(request, action, on: resource, $0) }
        let decision = record.map { entity == nil ? ruling.widest : ruling.decision($0) } ?? ruling.widest
        let isAllowed = verdict.map { $0.outcome == .allow } ?? ruling.isAllowed
        let holding = steps.filter { $0.standing != .silent }.map(\.rule)
        let fields = (entity?.fields ?? []).enumerated().map { index, field in
            let access = isAllowed ? decision.access[index] : .hidden
            return PolicyExplanation.FieldStep(
                name: field.name, access: access, isWritable: isAllowed && action != .read && decision.writable[index],
                rules: isAllowed ? Self.cause(of: access, field, holding) : []
            )
        }
        return PolicyExplanation(
            resource: resource, action: action, steps: steps, outcome: verdict?.outcome ?? (ruling.isAllowed ? .allow : .deny),
            rule: verdict?.rule ?? ruling.widest.rule, missing: missing,
            records: record == nil && ruling.isAllowed && entity != nil ? ruling.filter.text : nil,
            unheard: record.map { ruling.filter.unheard(of: $0) } ?? [], fields: fields
        )
    }

    private func finding(
        _ rule: Rule, _ outcome: RowCondition?, isUnmet: Bool, _ request: AccessRequest, _ resource: String, _ record: RecordFacts?
    ) -> (PolicyExplanation.Standing, String) {
        guard let outcome else { return (.silent, silence(rule, isUnmet: isUnmet, request)) }
        let written = written(rule, on: resource)
        switch outcome {
        case .constant(true): return (.holds, "")
        case .constant(false): return (.silent, "its condition is false: \(written)")
        case .error where rule.effect == .allow: return (.silent, "its condition comes to an error, so it does not hold: \(written)")
        case .error: return (.holds, "its condition comes to an error, so it holds: \(written)")
        default:
            guard let record else { return (.byRecord, "where \(outcome.text)") }
            switch record.truth(of: outcome) {
            case .yes: return (.holds, "this record: \(outcome.text)")
            case .no: return (.silent, "not this record: \(outcome.text)")
            case .error where rule.effect == .allow: return (.silent, "an error for this record, so it does not hold: \(outcome.text)")
            case .error: return (.holds, "an error for this record, so it holds: \(outcome.text)")
            }
        }
    }

    private func silence(_ rule: Rule, isUnmet: Bool, _ request: AccessRequest) -> String {
        if !rule.isFor(purpose: request.purpose?.name) {
            let declared = request.purpose.map { "the request is for \($0.name)" } ?? "the request declares no purpose"
            return "is for \((rule.purposes ?? []).sorted().joined(separator: ", ")); \(declared)"
        }
        let silenced = Set(request.principal.roles).subtracting(roles(request.principal.roles, for: request.purpose?.name))
        if let purpose = request.purpose, rule.members.mayMean(silenced) {
            return "\(silenced.sorted().joined(separator: ", ")) does not come for \(purpose.name)"
        }
        if isUnmet { return "needs " + rule.obligations.sorted { $0.rawValue < $1.rawValue }.map(\.words).joined(separator: " and ") }
        return "is for \(rule.members.words)"
    }

    private func written(_ rule: Rule, on resource: String) -> String {
        let parts = rule.members.derived.compactMap { $0.condition(on: resource)?.text } + [rule.condition(on: resource)?.text].compactMap { $0 }
        return parts.joined(separator: "; ")
    }

    /// Which of the rules that hold make a field what it is.
    private static func cause(of access: FieldAccess, _ field: Field, _ holding: [Rule]) -> [String] {
        let limits = holding.filter { $0.limitsFieldsOnly && !$0.limit(on: field).isClear && $0.limit(on: field) == access }
        if !limits.isEmpty { return limits.map(\.name) }
        if access == .hidden { return [] }
        return holding.filter { $0.effect == .allow && $0.access(to: field) == access }.map(\.name)
    }
}

extension RowCondition {
    /// The conditions about the person that a record does not meet.
    fileprivate func unheard(of record: RecordFacts) -> [String] {
        var found: [String] = []
        _ = mapped { part in
            if case .subject(let condition) = part, !record.admits(part) { found.append(condition.text) }
            return nil
        }
        return found
    }
}

extension Obligation {
    /// What is to be given, for people.
    package var words: String {
        switch self {
        case .reason: "a reason"
        case .stepUp: "a stepped-up credential"
        case .secondPerson: "somebody else's approval"
        case .breakGlass: "broken glass"
        }
    }
}

extension Rule.Members {
    /// Whether one of these roles could be meant.
    fileprivate func mayMean(_ names: Set<String>) -> Bool {
        (roles.map { !$0.isDisjoint(with: names) } ?? false) || derived.contains { $0.from.map { !$0.isDisjoint(with: names) } ?? false }
    }

    package var words: String {
        guard let roles else { return "everybody" }
        let derived = derived.map { "\($0.name) (\($0.from?.sorted().joined(separator: ", ") ?? "anybody"))" }
        return roles.isEmpty && derived.isEmpty ? "nobody" : (roles.sorted() + derived).joined(separator: ", ")
    }
}

extension PolicyExplanation {
    /// For a terminal.
    package var lines: [String] {
        var lines = ["\(action.rawValue) \(resource): \(outcome.rawValue) (rule \(rule))"]
        if let missing { lines.append("  rule \(missing.rule) would speak, given \(missing.obligation.words)") }
        if let records { lines.append("  \(records == "true" ? "every record" : "records where \(records)")") }
        for condition in unheard { lines.append("  not so: \(condition)") }
        lines.append("rules")
        if steps.isEmpty { lines.append("  none is about this") }
        let width = steps.map(\.rule.name.count).max() ?? 0
        for step in steps {
            let effect = step.rule.effect == .allow ? "allow" : (step.rule.limitsFieldsOnly ? "limit" : "deny ")
            let name = step.rule.name.padding(to: width)
            lines.append("  \(step.standing.rawValue.padding(to: 9))  \(effect)  \(name)  \(step.reason)".trimmedEnd)
        }
        guard !fields.isEmpty, outcome == .allow else { return lines }
        lines.append(records == nil ? "fields" : "fields, at most")
        let names = fields.map(\.name.count).max() ?? 0
        for field in fields {
            let sight = (field.access.words + (field.isWritable ? ", writable" : "")).padding(to: 22)
            lines.append("  \(field.name.padding(to: names))  \(sight)  \(field.rules.joined(separator: ", "))".trimmedEnd)
        }
        return lines
    }
}

extension String {
    func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    var trimmedEnd: String { String(reversed().drop { $0 == " " }.reversed()) }
}
