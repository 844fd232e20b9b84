/// What one event says of a consent (ISO/IEC TS 27560 5.5; the Data Privacy Vocabulary's consent statuses).
package enum ConsentState: String, Sendable, CaseIterable {
    /// The person was asked, and has not answered yet. Says nothing about an earlier answer.
    case requested
    case given
    /// Given again before it ran out.
    case renewed
    case refused
    case withdrawn
    /// Ended by the one who asked: its time is over, or what it rested on.
    case expired

    /// Processing may rest on it (DPV: ConsentGiven, RenewedConsentGiven).
    package var isValidForProcessing: Bool { self == .given || self == .renewed }
    /// Takes the place of what was said before.
    package var isDecisive: Bool { self != .requested }

    /// The individual of the Data Privacy Vocabulary.
    package var vocabularyName: String {
        switch self {
        case .requested: "ConsentRequested"
        case .given: "ConsentGiven"
        case .renewed: "RenewedConsentGiven"
        case .refused: "ConsentRefused"
        case .withdrawn: "ConsentWithdrawn"
        case .expired: "ConsentExpired"
        }
    }
}
