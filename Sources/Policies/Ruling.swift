import Catalog
package import Expressions

/// The answer of the policies to one request: denied, or allowed for the records that a condition admits, each shown as the rules
/// that hold for it say.
package struct Ruling: Sendable {
    package let resource: String
    package let action: Action
    /// Which records the caller may touch; what the law asks of their data subjects is part of it.
    package let filter: RowCondition
    /// What the database has to answer for each record before ``decision(_:)`` can tell how it is shown; empty when all
    /// are shown alike.
    package let questions: [RowCondition]
    /// The most that any record shows. A denial when no record can be admitted.
    package let widest: Decision
    /// Allows that would have spoken, had something more been given.
    package let unmet: [Rule]
    /// Whether rules keep records out; ``filter`` keeps those out, too, that the law does.
    package let limitsRecords: Bool
    /// Rules whose condition came to an error before any record was looked at.
    package let failed: [String]
    private let candidates: Candidates
    private let shape: Candidates.Shape
    let conditions: [RowCondition]

    init(
        _ candidates: Candidates, _ shape: Candidates.Shape, filter: RowCondition, questions: [RowCondition], conditions: [RowCondition],
        widest: Decision, limitsRecords: Bool, failed: [String]
    ) {
        self.limitsRecords = limitsRecords
        self.failed = failed
        self.candidates = candidates
        self.shape = shape
        self.filter = filter
        self.questions = questions
        self.conditions = conditions
        self.widest = widest
        resource = candidates.resource
        action = candidates.action
        unmet = candidates.unmet
    }

    /// The same for those records only for which something else holds, too.
    package func limited(to condition: RowCondition) -> Ruling {
        Ruling(
            candidates, shape, filter: RowCondition.conjunction([filter, condition]), questions: questions, conditions: conditions, widest: widest,
            limitsRecords: true, failed: failed
        )
    }

    /// The same for records that stand in some way: that are not deleted, for instance. No rule keeps the others out.
    package func standing(_ condition: RowCondition) -> Ruling {
        if condition.isAlways || !isAllowed { return self }
        return Ruling(
            candidates, shape, filter: RowCondition.conjunction([filter, condition]), questions: questions, conditions: conditions, widest: widest,
            limitsRecords: limitsRecords, failed: failed
        )
    }

    package var isAllowed: Bool { widest.isAllowed }
    /// What holds for a record that the filter does not admit.
    package var excluded: Decision { candidates.excluded }

    /// How a record that the filter admits is shown.
    ///
    /// - Parameter answers: of ``questions``, in their order; an error counts as false.
    package func decision(_ answers: [Bool]) -> Decision {
        if questions.isEmpty { return widest }
        var holding = shape.base
        for (index, answer) in zip(shape.asked, answers) where answer == candidates.all[index].role.isGrant { holding.insert(index) }
        return candidates.decision(holding)
    }

    /// For which records a field is shown in the clear. A query that uses the field is limited to these, so that a mask holds
    /// under every query; never, for a field that is masked, hidden or does not exist.
    package func clearRecords(_ position: Int) -> RowCondition {
        guard widest.isAllowed, widest.access[position].isClear else { return .constant(false) }
        guard !questions.isEmpty, let field = candidates.entity?.fields[position] else { return .constant(true) }
        var shown: [RowCondition] = []
        var limits: [RowCondition] = []
        for (index, candidate) in candidates.all.enumerated() {
            let isAsked = shape.asked.contains(index)
            switch candidate.role {
            case .allow where candidate.rule.access(to: field).isClear:
                if shape.base.contains(index) { shown.append(.constant(true)) } else if isAsked { shown.append(conditions[index]) }
            case .limit where !candidate.rule.limit(on: field).isClear:
                if shape.base.contains(index) {
                    limits.append(.constant(true))
                } else if isAsked {
                    limits.append(conditions[index])
                }
            default: break
            }
        }
        return RowCondition.conjunction([RowCondition.disjunction(shown), RowCondition.negation(RowCondition.disjunction(limits))])
    }

    /// Whether a field is shown in the clear for some record, so that it may be used in queries at all.
    package func isUsable(_ position: Int) -> Bool { !clearRecords(position).isNever }
}

extension Ruling {
    /// Each rule about the action itself that was asked, with the records for which it holds.
    package var findings: [(rule: Rule, outcome: RowCondition)] {
        zip(candidates.all, conditions).compactMap { candidate, condition in
            switch candidate.role {
            case .allow, .deny, .limit: (candidate.rule, condition)
            case .sightAllow, .sightDeny, .sightLimit: nil
            }
        }
    }
}
