package import Sealing

/// The ledger of a repository that need not answer yet: opened when it is first asked for, again and again until it is.
///
/// A gateway starts without its repository; what has to be recorded waits.
package actor LedgerSource {
    private let opening: @Sendable () async throws(ArchiveError) -> ArchiveRepository
    private let recipients: [AgeRecipient]
    private var opened: ErasureLedger?

    /// - Parameters:
    ///   - recipients: whom entries are sealed for; at least two.
    ///   - opening: opens the repository; asked until it does.
    package init(recipients: [AgeRecipient], _ opening: @escaping @Sendable () async throws(ArchiveError) -> ArchiveRepository) {
        self.recipients = recipients
        self.opening = opening
    }

    package func ledger() async throws(ArchiveError) -> ErasureLedger {
        if let opened { return opened }
        let ledger = ErasureLedger(try await opening(), recipients: recipients)
        // Two who opened it at the same moment go on with one.
        if let opened { return opened }
        opened = ledger
        return ledger
    }
}
