package import Vocabulary

/// One thing that happened to a person's consent to one purpose: an entry of the ledger, never changed.
///
/// What may identify the person, the evidence, is not part of it: it rests sealed beside the event.
package struct ConsentEvent: Sendable, Equatable {
    /// Where the person was asked.
    package enum Channel: String, Sendable, CaseIterable {
        case web, app, email, phone, post
        case inPerson = "in-person"
        /// Taken over from another system.
        case importing = "import"
        case other
    }

    /// By which act the person said it.
    package enum Method: String, Sendable, CaseIterable {
        case checkbox, button, signature, spoken, written
        /// A link that was sent to the person's own mailbox.
        case confirmedLink = "confirmed-link"
        case signal, other
    }

    /// How clearly it was said.
    package enum Expression: String, Sendable, CaseIterable {
        case implied, expressed
        /// As GDPR Art. 9(2)(a) asks of special categories.
        case explicit

        package var vocabularyName: String {
            switch self {
            case .implied: "ImpliedConsent"
            case .expressed: "ExpressedConsent"
            case .explicit: "ExplicitlyExpressedConsent"
            }
        }
    }

    package let id: UUIDv7
    package let purpose: String
    package let state: ConsentState
    package let at: Instant
    /// When a given consent ends by itself; `nil` when it lasts until it is withdrawn.
    package let validUntil: Instant?
    /// The version of the notice that was shown.
    package let notice: NoticeReference?
    /// Of the wording that was shown (BCP 47).
    package let language: String?
    /// SHA-256 over the exact wording that was shown; see ``Notice/Wording``.
    package let wordingHash: [UInt8]?
    package let expression: Expression
    package let channel: Channel?
    package let method: Method?
    /// Who wrote it down: a user, a key, or the person.
    package let recordedBy: String

    package init(
        id: UUIDv7 = .make(), purpose: String, state: ConsentState, at: Instant, validUntil: Instant? = nil, notice: NoticeReference? = nil,
        language: String? = nil, wordingHash: [UInt8]? = nil, expression: Expression = .expressed, channel: Channel? = nil, method: Method? = nil,
        recordedBy: String
    ) {
        self.id = id
        self.purpose = purpose
        self.state = state
        self.at = at
        self.validUntil = validUntil
        self.notice = notice
        self.language = language
        self.wordingHash = wordingHash
        self.expression = expression
        self.channel = channel
        self.method = method
        self.recordedBy = recordedBy
    }

    /// Whether processing may rest on this event, if nothing decisive came after it.
    ///
    /// - Parameter retired: notices on which no consent rests any more.
    package func isInForce(at now: Instant, retired: some Collection<String> = []) -> Bool {
        guard state.isValidForProcessing, validUntil.map({ $0 > now }) != false else { return false }
        return notice.map { !retired.contains($0.description) } ?? true
    }
}
