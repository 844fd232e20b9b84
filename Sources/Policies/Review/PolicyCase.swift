package import Vocabulary
import Catalog

/// One sentence about the policies that has to be true: who, wanting what, of which records, gets which answer.
package struct PolicyCase: Sendable {
    package let name: String
    package let position: SourcePosition
    let request: AccessRequest
    let actions: [Action]
    let resource: String
    /// One at least.
    let records: [RecordFacts]
    let expectation: Expectation

    struct Expectation: Sendable {
        let position: SourcePosition
        /// `nil` where ``visible`` says it of each record.
        var outcome: Verdict.Outcome?
        var rule: String?
        var needs: Obligation?
        /// Which of the records are allowed, counted from 0.
        var visible: [Int]?
        var fields: [FieldExpectation] = []
    }

    struct FieldExpectation: Sendable {
        enum Wanted: Sendable, Equatable { case seen(FieldAccess), written(Bool) }

        let name: String
        /// In the entity.
        let index: Int
        let wanted: Wanted
        let position: SourcePosition
    }
}

extension PolicyCase {
    /// What is not as it should be; empty when the case holds.
    package func failures(under policies: CompiledPolicies) -> [Diagnostic] {
        actions.flatMap { action in
            let verdicts = records.map { policies.verdict(request, action, on: resource, $0) }
            return failures(action, verdicts)
        }
    }

    private func failures(_ action: Action, _ verdicts: [Verdict]) -> [Diagnostic] {
        var failures: [Diagnostic] = []
        func fail(_ message: String, at position: SourcePosition? = nil) {
            failures.append(Diagnostic(position ?? expectation.position, message, hint: "case '\(name)', \(action.rawValue)"))
        }
        if let visible = expectation.visible {
            let found = verdicts.indices.filter { verdicts[$0].outcome == .allow }
            if found != visible { fail("visible are \(Self.list(found)), not \(Self.list(visible))") }
        }
        for (index, verdict) in verdicts.enumerated() {
            let which = verdicts.count > 1 ? "record \(index): " : ""
            if let outcome = expectation.outcome, verdict.outcome != outcome {
                let missing = verdict.needs.map { ", which needs \($0.rawValue)" } ?? ""
                fail("\(which)the decision is \(verdict.outcome.rawValue) (rule \(verdict.rule))\(missing), not \(outcome.rawValue)")
                continue
            }
            if expectation.visible != nil, verdict.outcome != .allow { continue }
            if let rule = expectation.rule, verdict.rule != rule { fail("\(which)rule \(verdict.rule) decides, not \(rule)") }
            if let needs = expectation.needs, verdict.needs != needs {
                fail("\(which)it needs \(verdict.needs?.rawValue ?? "nothing"), not \(needs.rawValue)")
            }
            for field in expectation.fields {
                switch field.wanted {
                case .seen(let wanted):
                    let found = verdict.shown[field.index]
                    if found != wanted { fail("\(which)\(field.name) is \(found.words), not \(wanted.words)", at: field.position) }
                case .written(let wanted):
                    guard verdict.writable[field.index] != wanted else { break }
                    fail("\(which)\(field.name) \(wanted ? "cannot" : "can") be written", at: field.position)
                }
            }
        }
        return failures
    }

    private static func list(_ positions: [Int]) -> String { "[" + positions.map(String.init).joined(separator: ", ") + "]" }
}

extension FieldAccess {
    /// As tables and diagnostics call it.
    package var words: String {
        switch self {
        case .clear: "clear"
        case .masked(let mask): "masked (\(mask.rawValue))"
        case .hidden: "hidden"
        }
    }
}

/// What came of all cases.
package struct PolicyCaseReport: Sendable {
    package let passed: [PolicyCase]
    package let failed: [(policyCase: PolicyCase, failures: [Diagnostic])]
    /// Rules that could be deleted without any case noticing.
    package let unguarded: [Rule]
    /// How many rules there are.
    package let rules: Int

    package var guarded: Int { rules - unguarded.count }
    package var isPassed: Bool { failed.isEmpty }
    package var failures: [Diagnostic] { failed.flatMap(\.failures) }
}

extension CompiledPolicies {
    /// Runs every case, and all of them again without each rule in turn.
    ///
    /// - Parameter guards: whether to look for rules that no case guards; it is asked of passing cases only.
    package func run(_ cases: [PolicyCase], guards: Bool = true) -> PolicyCaseReport {
        var passed: [PolicyCase] = []
        var failed: [(PolicyCase, [Diagnostic])] = []
        for policyCase in cases {
            let failures = policyCase.failures(under: self)
            if failures.isEmpty { passed.append(policyCase) } else { failed.append((policyCase, failures)) }
        }
        let unguarded = guards ? rules.filter { rule in isUnguarded(rule, by: passed) } : []
        return PolicyCaseReport(passed: passed, failed: failed, unguarded: unguarded, rules: rules.count)
    }

    private func isUnguarded(_ rule: Rule, by cases: [PolicyCase]) -> Bool {
        let without = without(rule: rule.name)
        return cases.allSatisfy { policyCase in
            // A change is decided by what may be read, too, so every rule of the resource can matter.
            guard rule.speaks(of: policyCase.resource) else { return true }
            return policyCase.failures(under: without).isEmpty
        }
    }
}
