/// Where a request stands. The last five are ends: nothing leads out of them.
package enum RequestState: String, Sendable, CaseIterable {
    /// On record; nobody has been asked for anything yet.
    case received
    /// Whoever asked has to show who they are.
    case identityCheck = "identity-check"
    /// A second person has to say yes.
    case awaitingApproval = "awaiting-approval"
    case inProgress = "in-progress"
    case fulfilled
    case partlyFulfilled = "partly-fulfilled"
    case refused
    case withdrawn
    /// Nobody has shown who they are until the answer was due.
    case expired

    package var isOpen: Bool {
        switch self {
        case .received, .identityCheck, .awaitingApproval, .inProgress: true
        case .fulfilled, .partlyFulfilled, .refused, .withdrawn, .expired: false
        }
    }

    /// Whether it is known yet whom the request is about.
    package var precedesProof: Bool { self == .received || self == .identityCheck }
}
