package import Expressions
package import Vocabulary

extension RetentionRule {
    /// What the rule's condition asks of a row at a moment. Its period is not part of it.
    package func rows(at now: Instant) -> RowCondition { condition?.rows(MomentBindings(now: now)) ?? .constant(true) }
}

extension Entity {
    /// What keeps records for a time whatever the person wants (GDPR Art. 17(3)(b)).
    package var floors: [RetentionRule] { retention.filter { $0.action == .keep } }
}

/// `now`, and nothing else: retention knows of no caller.
private struct MomentBindings: Bindings {
    let now: Instant

    func value(of variable: String) -> Value? { variable == "now" ? Timestamp(now).map { .timestamp($0) } : nil }
    func member(_ name: String, of variable: String) -> MemberValue? { nil }
}
