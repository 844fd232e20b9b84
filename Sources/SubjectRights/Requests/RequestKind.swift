/// What a person asks for.
package enum RequestKind: String, Sendable, CaseIterable {
    /// A copy of the data and what is to be said with it (GDPR Art. 15; CCPA right to know, 1798.110).
    case access
    /// What the person gave, in a form that machines read (GDPR Art. 20).
    case portability
    /// GDPR Art. 17; CCPA 1798.105.
    case erasure
    /// GDPR Art. 16; CCPA 1798.106.
    case rectification
    /// GDPR Art. 18.
    case restriction
    /// GDPR Art. 21.
    case objection
    /// No sale or sharing (CCPA 1798.120).
    case optOut = "opt-out"
    /// Sensitive data only for what is necessary (CCPA 1798.121).
    case limit

    /// What it does cannot be taken back, so that a second person has to say yes.
    package var isDestructive: Bool { self == .erasure }
}
