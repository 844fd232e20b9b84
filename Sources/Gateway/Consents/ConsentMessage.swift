import Mail
import SubjectRights
import Vocabulary

/// What is written to people about their consents, around the words of the notice: in German to whoever reads it in German, else in English.
struct ConsentMessage {
    let controller: String
    let wording: Notice.Wording
    let to: Personal<String>

    private var isGerman: Bool { wording.language.hasPrefix("de") }

    /// Asks for the second step of a double opt-in.
    func request(link: String, validFor days: Int) -> MailMessage {
        message(
            subject: isGerman ? "Bitte bestätigen: \(wording.title)" : "Please confirm: \(wording.title)",
            isGerman
                ? """
                \(controller) bittet um Ihre Einwilligung:

                \(wording.text)

                Wenn Sie einverstanden sind, öffnen Sie diese Seite und bestätigen Sie dort:
                \(link)

                Der Link gilt \(days) Tage und nur einmal. Wenn Sie nichts tun, gilt das nicht als Einwilligung.
                """
                : """
                \(controller) asks for your consent:

                \(wording.text)

                If you agree, open this page and confirm there:
                \(link)

                The link works once, for \(days) days. If you do nothing, that counts as no consent.
                """
        )
    }

    /// Says that it was given, and how it is taken back.
    func confirmation(link: String) -> MailMessage {
        message(
            subject: isGerman ? "Ihre Einwilligung: \(wording.title)" : "Your consent: \(wording.title)",
            isGerman
                ? """
                Sie haben \(controller) diese Einwilligung gegeben:

                \(wording.text)

                Sie können sie jederzeit auf dieser Seite widerrufen:
                \(link)
                """
                : """
                You gave \(controller) this consent:

                \(wording.text)

                You can take it back at any time on this page:
                \(link)
                """
        )
    }

    private func message(subject: String, _ text: String) -> MailMessage { MailMessage(to: to, subject: subject, text: Personal(text)) }
}
