/// What recipients of somebody's data are told (GDPR Art. 19; CCPA 1798.105(c), 11 CCR 7026(f)).
package enum NoticeKind: String, Sendable, CaseIterable {
    case erasure, rectification, restriction
    /// No sale or sharing any more.
    case optOut = "opt-out"

    /// The type of the event on the wire.
    package var event: String {
        switch self {
        case .erasure: "subject.erased"
        case .rectification: "subject.rectified"
        case .restriction: "subject.restricted"
        case .optOut: "subject.opted_out"
        }
    }
}
