package import Vocabulary

/// Who answers for the processing (GDPR Art. 4(7), 13(1)(a) and (b)), as `processing.yaml` names them.
package struct ControllerParty: Sendable, Hashable {
    package let name: String
    package let address: String
    package let email: String
    package let phone: String?
    package let url: String?
    /// ISO 3166-1 alpha-2.
    package let country: String
}

/// Somebody with an address that people may turn to: the data protection officer, a supervisory authority.
package struct ContactParty: Sendable, Hashable {
    package let name: String
    package let email: String?
    package let url: String?
}

/// To whom personal data is disclosed (GDPR Art. 4(9)), and what they may have it for.
package struct Recipient: Sendable, Hashable {
    package enum Role: String, Sendable, CaseIterable {
        /// Works on the controller's instructions (GDPR Art. 28); a service provider in the CCPA's words.
        case processor
        /// Decides for itself what it does with the data.
        case thirdParty = "third-party"
        /// Decides together with the controller (GDPR Art. 26).
        case jointController = "joint-controller"
    }

    package let name: String
    package let label: String
    package let role: Role
    package let purposes: [String]
    /// ISO 3166-1 alpha-2.
    package let country: String
    /// What makes a transfer to a country outside the EEA lawful (GDPR Art. 44 to 49).
    package let safeguard: String?
    /// Where it is told of erasures, rectifications, restrictions and opt-outs (GDPR Art. 19); `nil`: by hand.
    package let webhook: String?
}

/// What the records of processing say of the whole (GDPR Art. 30), and what deadlines are counted in.
package struct ProcessingDeclaration: Sendable {
    package let controller: ControllerParty
    package let dataProtectionOfficer: ContactParty?
    package let supervisoryAuthority: ContactParty?
    /// In the order of the file.
    package let recipients: [Recipient]
    /// Countries where the data rests, ISO 3166-1 alpha-2.
    package let storageLocations: [String]
    /// Technical and organisational measures (GDPR Art. 30(1)(g), 32).
    package let measures: [String]
    /// Where the data comes from when not from the people themselves (GDPR Art. 14(2)(f)).
    package let sources: [String]
    /// IANA name; days of deadlines are days there.
    package let timeZone: String
    /// Days that are no working days, beside Saturdays and Sundays.
    package let holidays: [CalendarDate]

    package func recipients(of purpose: String) -> [Recipient] { recipients.filter { $0.purposes.contains(purpose) } }
}
