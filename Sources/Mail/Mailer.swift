package import Vocabulary

/// A message to one person, in plain text.
package struct MailMessage: Sendable {
    package let to: Personal<String>
    package let subject: String
    package let text: Personal<String>

    /// - Parameter to: one address, as `local@domain`.
    package init(to: Personal<String>, subject: String, text: Personal<String>) {
        self.to = to
        self.subject = subject
        self.text = text
    }
}

/// Why a message did not go out; says nothing of whom it was for.
package struct MailError: Error, Sendable, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        /// The server cannot be reached, or does not answer in time. Trying again may help.
        case unavailable = "mail-unavailable"
        /// The server will not take it, whatever is tried.
        case refused = "mail-refused"
        /// The mailbox cannot be written.
        case unwritable = "mailbox-unwritable"
    }

    package let code: Code
    package init(_ code: Code) { self.code = code }
}

/// A way to a person's mailbox.
package protocol Mailer: Sendable {
    /// Hands the message over; durable on the other side when this returns. Whoever is cancelled may have sent it.
    func send(_ message: MailMessage) async throws(MailError)
}
