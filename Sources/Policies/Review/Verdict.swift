import Catalog
import Identity

/// What the gateway answers to one request about one record, worked out without a database.
package struct Verdict: Sendable {
    package enum Outcome: String, Sendable, CaseIterable {
        case allow, deny
        /// As if the record were not there.
        case notVisible = "not-visible"
    }

    package let outcome: Outcome
    /// The rule that decided; `default-deny` when none spoke.
    package let rule: String
    /// What would have to be given, where nothing else is missing.
    package let needs: Obligation?
    /// What the answer shows of each field: after a change, what the caller may read. Empty for what has no fields.
    package let shown: [FieldAccess]
    package let writable: [Bool]

    static func refused(_ outcome: Outcome, _ rule: String, needs: Obligation? = nil, fields: [Field]) -> Verdict {
        Verdict(outcome: outcome, rule: rule, needs: needs, shown: fields.map { _ in .hidden }, writable: fields.map { _ in false })
    }
}

extension CompiledPolicies {
    /// Answers as the gateway does: a record that may not be read is not there, one that may be read and not changed is refused.
    ///
    /// - Parameter record: the record as it is, or for `create` and `import` as it would be.
    package func verdict(_ request: AccessRequest, _ action: Action, on resource: String, _ record: RecordFacts) -> Verdict {
        let ruling = decide(request, action, on: resource)
        guard let entity = catalog.entity(named: resource) else {
            return ruling.isAllowed
                ? Verdict(outcome: .allow, rule: ruling.widest.rule, needs: nil, shown: [], writable: [])
                : .refused(.deny, ruling.widest.rule, needs: ruling.missing(for: request)?.obligation, fields: [])
        }
        let fields = entity.fields
        guard ruling.isAllowed else {
            return .refused(.deny, ruling.widest.rule, needs: ruling.missing(for: request)?.obligation, fields: fields)
        }
        let isAdmitted = record.admits(ruling.filter)
        if action == .read {
            guard isAdmitted else { return .refused(.notVisible, ruling.excluded.rule, fields: fields) }
            let decision = ruling.decision(record)
            return Verdict(outcome: .allow, rule: decision.rule, needs: nil, shown: decision.access, writable: decision.writable)
        }
        // The gateway writes histories itself, whatever the rules say.
        if entity.isWrittenByGatewayOnly { return .refused(.deny, ruling.excluded.rule, fields: fields) }
        let reading = decide(request, .read, on: resource)
        let isReadable = reading.isAllowed && record.admits(reading.filter)
        if [.update, .delete, .restore, .destroy].contains(action), !(reading.isAllowed ? isReadable : isAdmitted) {
            return .refused(.notVisible, ruling.excluded.rule, fields: fields)
        }
        guard isAdmitted else { return .refused(.deny, ruling.excluded.rule, fields: fields) }
        let decision = ruling.decision(record)
        let shown = ![.delete, .destroy].contains(action) && isReadable ? reading.decision(record).access : fields.map { _ in .hidden }
        return Verdict(outcome: .allow, rule: decision.rule, needs: nil, shown: shown, writable: decision.writable)
    }
}

extension Ruling {
    /// How a record that the filter admits is shown.
    package func decision(_ record: RecordFacts) -> Decision { decision(questions.map { record.admits($0) }) }

    /// The first thing that would have let some rule speak, when none did.
    package func missing(for request: AccessRequest) -> (rule: Rule, obligation: Obligation)? {
        guard !isAllowed, widest.rule == "default-deny" else { return nil }
        for rule in unmet {
            for obligation in [Obligation.reason, .stepUp, .secondPerson, .breakGlass] where rule.obligations.contains(obligation) {
                let isGiven =
                    switch obligation {
                    case .reason: request.reason != nil
                    case .stepUp: request.principal.isSteppedUp
                    case .secondPerson, .breakGlass: request.grantedRule == rule.name
                    }
                if !isGiven { return (rule, obligation) }
            }
        }
        return nil
    }
}
