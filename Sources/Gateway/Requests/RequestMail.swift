import Catalog
import Mail
import SubjectRights
import Vocabulary

/// What the gateway writes to people about their requests: numbers, dates and articles, nothing of what the records say.
enum RequestMail {
    static let code = "code"
    /// To the data protection officer; the others go to the person.
    static let reminder = "reminder"
    static let receipt = RequestAction.Notice.receipt.rawValue

    /// The code that shows that somebody reads the mailbox of the record.
    static func code(_ code: String, to address: String, _ file: RequestFile, _ rights: RightsSettings) -> MailMessage {
        message(
            address, "Your code for request \(file.id)",
            """
            Somebody, probably you, has asked \(rights.processing.controller.name) for \(words(file.kind)) (\(file.terms.article)).

            Your code is \(code). It is good for fifteen minutes and for this request alone.

            If it was not you, do nothing: without the code nothing happens.
            """, rights)
    }

    static func notice(_ notice: RequestAction.Notice, to address: String, _ file: RequestFile, _ rights: RightsSettings) -> MailMessage {
        let asked = "You have asked \(rights.processing.controller.name) for \(words(file.kind)) (\(file.terms.article))."
        let body =
            switch notice {
            case .receipt:
                """
                \(asked) We received it on \(file.machine.deadlines.received), as request \(file.id).

                We answer by \(file.machine.due.date) (\(file.terms.answer.citation)). We may have to ask you first to show who you are.
                """
            case .delay:
                """
                \(asked) We need more time, \(extensionReason(file)): we answer by \(file.machine.due.date) (\(file.terms.extended?.citation ?? "")).
                """
            case .refusal:
                """
                \(asked) We cannot do that: \(refusal(file)).

                \(remedies(rights.processing))
                """
            case .completion:
                """
                \(asked) It is done\(partly(file)).

                \(file.state == .partlyFulfilled ? remedies(rights.processing) : "")
                """
            }
        return message(address, "Your request \(file.id)", body, rights)
    }

    /// To the officer: that a day comes near. Not a word about the person.
    static func reminder(_ reminder: Reminder, _ file: RequestFile, to address: String) -> MailMessage {
        let day = reminder.duty == .confirm ? file.machine.deadlines.confirm : file.machine.due
        let rule = reminder.duty == .confirm ? file.terms.confirm?.citation : file.terms.answer.citation
        let what = reminder.duty == .confirm ? "has to be confirmed" : "has to be answered"
        return MailMessage(
            to: Personal(address), subject: "Request \(file.id): \(reminder.urgency.name)",
            text: Personal(
                """
                Request \(file.id) (\(file.kind.rawValue), \(file.regulation.name)) is \(file.state.rawValue).
                It \(what) by \(day.map { "\($0.date)" } ?? "") (\(rule ?? "")).

                gatehouse request show \(file.id)
                """))
    }

    private static func message(_ address: String, _ subject: String, _ body: String, _ rights: RightsSettings) -> MailMessage {
        let controller = rights.processing.controller
        let text = body.withoutTrailingSpace() + "\n\n-- \n\(controller.name), \(controller.address)\n\(controller.email)\n"
        return MailMessage(to: Personal(address), subject: subject, text: Personal(text))
    }

    static func words(_ kind: RequestKind) -> String {
        switch kind {
        case .access: "a copy of your data"
        case .portability: "your data in a form that machines read"
        case .erasure: "your data to be erased"
        case .rectification: "your data to be corrected"
        case .restriction: "your data not to be used for now"
        case .objection: "your data not to be used against your wish"
        case .optOut: "your data not to be sold or shared"
        case .limit: "your sensitive data to be used for what is necessary only"
        }
    }

    private static func extensionReason(_ file: RequestFile) -> String {
        ExtensionReason(rawValue: file.extensionReason ?? "")?.says ?? ExtensionReason.complex.says
    }

    private static func refusal(_ file: RequestFile) -> String {
        if file.state == .expired { return "nobody has shown in time who asks" }
        guard let reason = file.machine.reason.flatMap({ file.version.refusal($0, of: file.kind) }) else {
            return "a reason of the law stands against it"
        }
        return "\(reason.says) (\(reason.citation))"
    }

    private static func partly(_ file: RequestFile) -> String {
        guard file.state == .partlyFulfilled, let reason = file.machine.reason.flatMap({ file.version.refusal($0, of: file.kind) }) else { return "" }
        return ", but for a part of it: \(reason.says) (\(reason.citation))"
    }

    /// GDPR Art. 12(4).
    private static func remedies(_ processing: ProcessingDeclaration) -> String {
        let authority = processing.supervisoryAuthority.map { authority in
            "\(authority.name)" + ((authority.url ?? authority.email).map { " (\($0))" } ?? "")
        }
        return "You may complain to \(authority ?? "the supervisory authority"), and you may go to court."
    }
}

extension String {
    fileprivate func withoutTrailingSpace() -> String { String(reversed().drop(while: \.isWhitespace).reversed()) }
}
