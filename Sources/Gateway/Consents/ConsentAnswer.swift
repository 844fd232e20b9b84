package import SubjectRights
package import Vocabulary

/// What a person said, on its way into the ledger.
package struct ConsentAnswer: Sendable {
    package var state: ConsentState
    /// When it ends by itself; where the notice says how long consents last, that is taken unless this is sooner.
    package var validUntil: Instant?
    /// Where the proof of it is; rests sealed under the person's key.
    package var evidence: Personal<String>?
    /// `marketing/1`, or `marketing` for its newest version.
    package var notice: String?
    package var language: String?
    /// The text that was shown, to be held against the notice's own.
    package var wording: String?
    package var expression: ConsentEvent.Expression = .expressed
    package var channel: ConsentEvent.Channel?
    package var method: ConsentEvent.Method?

    package init(_ state: ConsentState) { self.state = state }
}
