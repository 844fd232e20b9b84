import DurableFiles
import Foundation
import Mail

/// How messages to people go out.
///
/// | variable | meaning |
/// |---|---|
/// | `GATEHOUSE_SMTP_URL` | the mail server: `smtp://user@host:587` (STARTTLS, or none to this host alone) or `smtps://user@host:465` |
/// | `GATEHOUSE_SMTP_PASSWORD_FILE` | a file with the password that goes with the user |
/// | `GATEHOUSE_SMTP_CA_FILE` | authorities in PEM that its certificate has to lead to, instead of those that the system trusts |
/// | `GATEHOUSE_MAIL_FROM` | the address messages come from; the controller's of `processing.yaml` when not set |
///
/// Without a server, messages are files in the folder `mailbox` of the state directory.
enum MailSettings {
    static func mailer(environment: [String: String], _ state: StateDirectory, controller: String) throws(CommandFailure) -> any Mailer {
        let sender = environment["GATEHOUSE_MAIL_FROM"] ?? controller
        guard let from = MailAddress(sender) else {
            throw CommandFailure(.unfit, "GATEHOUSE_MAIL_FROM, or the controller's e-mail in processing.yaml, is no address", hint: "local@domain")
        }
        guard let url = environment["GATEHOUSE_SMTP_URL"], !url.isEmpty else {
            return FileMailbox(folder: DurableFolder(state.mailbox), from: from)
        }
        let file = environment["GATEHOUSE_SMTP_PASSWORD_FILE"]
        let password: @Sendable () -> [UInt8]? = {
            guard let data = file.flatMap({ FileManager.default.contents(atPath: $0) }) else { return nil }
            return Array(data.prefix { $0 != 0x0A && $0 != 0x0D })
        }
        guard let server = SMTPServer(url: url, password: password) else {
            throw CommandFailure(
                .unfit, "GATEHOUSE_SMTP_URL is no address of a mail server", hint: "smtps://user@host:465, and no password in it")
        }
        guard server.user == nil || password()?.isEmpty == false else {
            throw CommandFailure(.unfit, "GATEHOUSE_SMTP_URL names a user, and GATEHOUSE_SMTP_PASSWORD_FILE no file with a password")
        }
        guard server.user == nil || server.protection != .none else {
            throw CommandFailure(
                .unfit, "GATEHOUSE_SMTP_URL would send a password without TLS", hint: "use smtps://, or leave the user out on this host")
        }
        do {
            return try SMTPMailer(to: server, from: from, trusting: environment["GATEHOUSE_SMTP_CA_FILE"])
        } catch {
            throw CommandFailure(.unfit, "GATEHOUSE_SMTP_CA_FILE holds no certificates in PEM")
        }
    }
}
