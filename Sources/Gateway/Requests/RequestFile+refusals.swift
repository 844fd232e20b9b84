package import SubjectRights
import Vocabulary

/// What is said when something cannot happen to a request: the rule, and the article it comes from.
extension RequestFile {
    func refusal(_ problem: RequestProblem, of event: RequestEvent) -> Refusal {
        switch problem {
        case .wrongState(let state) where !state.isOpen:
            return Refusal(.requestState, "the request has ended: it is \(state.rawValue)", hint: "a request is never opened again; open another")
        case .wrongState(let state):
            return Refusal(
                .requestState, "this cannot be done to a request that is \(state.rawValue)", hint: "next: \(Self.next(state))")
        case .ownApproval:
            return Refusal(
                .denied, "nobody approves a request that they opened or made themselves (rule second-person, GDPR Art. 5(1)(f))",
                hint: "any other officer or administrator may")
        case .ownExecution:
            return Refusal(
                .denied, "nobody carries out a request that they approved (rule second-person, GDPR Art. 5(1)(f))",
                hint: "the officer who asked for approval may, or any other")
        case .notExtendable:
            return Refusal(.requestState, "there is no more time for \(kind.rawValue) (\(terms.answer.citation))")
        case .extendedAlready:
            return Refusal(
                .requestState, "more time was taken already, and can be taken once (\(terms.extended?.citation ?? terms.answer.citation))",
                hint: "the last day is \(machine.due.date)")
        case .firstPeriodOver:
            return Refusal(
                .requestState,
                "more time had to be taken, and told, by \(machine.deadlines.answer.date) (\(terms.extended?.citation ?? terms.answer.citation))")
        case .begunAlready:
            return Refusal(
                .requestState, "it was begun and cannot be taken back (\(terms.article))", hint: "run it again: it goes on where it stopped")
        case .notDue: return Refusal(.requestState, "the time of the request is not over yet")
        }
    }

    /// What has to be done to a request in a state.
    package static func next(_ state: RequestState) -> String {
        switch state {
        case .received, .identityCheck: "verify who asks"
        case .awaitingApproval: "approve, by somebody else"
        case .inProgress: "run"
        case .fulfilled, .partlyFulfilled, .refused, .withdrawn, .expired: "nothing"
        }
    }

    /// A reason to refuse this kind, by its name in the regulation.
    func reason(_ name: String) throws(Refusal) -> RefusalReason {
        if let reason = version.refusal(name, of: kind) { return reason }
        let known = version.refusals.filter { $0.kinds.contains(kind) }.map { "\($0.name) (\($0.citation))" }
        throw Refusal(
            .valueInvalid, "\(regulation.name) knows no such reason to refuse \(kind.rawValue)", hint: "one of " + known.joined(separator: ", "),
            members: [.init("reason", "choice-unknown", "reason is one of " + known.joined(separator: ", "))]
        )
    }
}
