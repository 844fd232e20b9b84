package import DurableFiles
import Vocabulary

/// A folder that takes the place of a mail server: each message is a file of its own, `ID.eml`, in the order of time, for its owner's eyes only.
///
/// For trying things out and for tests. Whoever can read the folder can follow every link in it.
package actor FileMailbox: Mailer {
    private let folder: DurableFolder
    private let from: MailAddress
    private let executor = BlockingExecutor("gatehouse.mailbox")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter folder: made when it is missing.
    package init(folder: DurableFolder, from: MailAddress) {
        self.folder = folder
        self.from = from
    }

    package func send(_ message: MailMessage) async throws(MailError) {
        guard let to = MailAddress(message.to.value) else { throw MailError(.refused) }
        let text = MailText(from: from, to: to, subject: message.subject, text: message.text.value, id: .make(), date: .now())
        do throws(FileError) {
            try folder.ensure()
            try folder.replace("\(text.id).eml", with: text.bytes(takes8Bit: true))
        } catch {
            throw MailError(.unwritable)
        }
    }
}
