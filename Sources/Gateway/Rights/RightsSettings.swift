package import Archives
package import Catalog
package import Mail
package import SubjectRights

/// What the gateway needs to answer to people: who the controller is, what it signs with, how it reaches a mailbox.
package struct RightsSettings: Sendable {
    package let processing: ProcessingDeclaration
    /// What people are asked with.
    package let notices: Notices
    /// What people may ask for, and until when it is answered.
    package let regulations: Regulations
    package let signer: DocumentSigner
    package let mailer: any Mailer
    /// Where people reach the gateway, for links in messages: no slash at the end.
    package let publicURL: String
    /// Where the repository of backups is told of erasures; `nil` where there is none. No erasure is certified that it does not know of.
    package let ledger: LedgerSource?
    /// Puts the vault as it is now into that repository, in the place of an older state of it. No epoch key is destroyed before.
    package var replacingVaultArchive: (@Sendable () async throws(ArchiveError) -> Void)?

    /// Whether events may be sent to an address: `nil`, or the code of what is wrong with it. None may until somebody can tell.
    package var judgeWebhook: @Sendable (_ url: String) async -> String? = { _ in "address-unresolved" }

    package init(
        processing: ProcessingDeclaration, notices: Notices = Notices(), regulations: Regulations, signer: DocumentSigner, mailer: any Mailer,
        publicURL: String, ledger: LedgerSource? = nil
    ) {
        self.processing = processing
        self.notices = notices
        self.regulations = regulations
        self.signer = signer
        self.mailer = mailer
        self.publicURL = publicURL
        self.ledger = ledger
    }
}
