import Gateway
import KeyProviders
import KeyRing
import Storage
import Vocabulary

/// Why a command ends without success: one sentence, what to do about it, and the exit code.
struct CommandFailure: Error, CustomStringConvertible {
    /// The exit codes of every command; the table stands in `docs/errors.md`.
    enum Kind: Int32, CaseIterable {
        case failed = 1
        /// Some rows or items were refused; the others went through.
        case partly = 2
        case denied = 3
        case notFound = 4
        case invalid = 5
        case unavailable = 6
        /// The configuration, a policy file or the database's schema is not fit to serve.
        case unfit = 7
    }

    let kind: Kind
    let message: String
    let hint: String?

    init(_ kind: Kind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }

    static let restoring = CommandFailure(
        .unavailable, "the databases are being restored from a backup, and closed until that has ended",
        hint: "wait for it, or run 'gatehouse backup restore' again where it was broken off"
    )

    init(_ refusal: Refusal) {
        let kind: Kind =
            switch refusal.code {
            case .denied, .actsForNobody, .scopeInsufficient, .ownRights, .fieldNotWritable, .reasonRequired, .stepUpRequired, .approvalRequired,
                .grantInvalid, .credentialMissing, .credentialInvalid, .proofInvalid, .codeExpired, .peopleStepUp:
                .denied
            case .notFound, .routeUnknown, .linkInvalid: .notFound
            case .storeUnavailable, .vaultUnavailable, .auditUnavailable, .outcomeUnknown, .mailUnavailable, .repositoryUnavailable, .restoring,
                .issuerUnavailable, .busy, .rateLimited, .budgetExhausted:
                .unavailable
            case .subjectKeyMissing, .internalError: .failed
            case .lastAdministrator, .credentialMalformed, .methodNotAllowed, .notAcceptable, .bodyTooLarge, .bodyMalformed, .mediaTypeUnsupported,
                .parameterInvalid, .fieldUnknown,
                .filterInvalid, .cursorInvalid, .purposeUnknown, .memberUnknown, .valueInvalid, .valueTaken, .referenceUnknown, .recordInUse,
                .holdInTheWay, .subjectErased, .alreadyConverted, .requestOpenAlready, .requestState, .consentNotAskable, .mailboxUnknown,
                .preconditionRequired,
                .preconditionFailed, .idempotencyKeyRequired, .idempotencyUnsupported, .idempotencyKeyReused, .idempotencyKeyInUse,
                .idempotencyAnswerGone:
                .invalid
            }
        let members = refusal.members.map { "\n  \($0.pointer.dropFirst(2)): \($0.detail)" }.joined()
        self.init(kind, "\(refusal.detail) (\(refusal.code.rawValue))\(members)", hint: refusal.hint)
    }

    init(_ error: StorageError) {
        if error.isRestoring {
            self = .restoring
            return
        }
        self.init(.unavailable, "\(error)", hint: "is the database running, and may this role connect to it?")
    }

    init(_ error: KeyRingError) {
        switch error {
        case .unreadable:
            self.init(.unfit, "\(error)", hint: "use the keys that the vault was made with")
        case .otherProvider(let vault, _):
            self.init(.unfit, "\(error)", hint: "set GATEHOUSE_KEY_PROVIDER to \(vault)")
        case .provider(let error): self.init(error)
        case .vault(let error) where error.isRestoring: self = .restoring
        case .escrow(let message): self.init(.unfit, message, hint: "make the folder writable, or free some room")
        case .vault, .exhausted: self.init(.unavailable, "\(error)")
        }
    }

    init(_ error: KeyProviderError) {
        self.init(error.code == .unavailable ? .unavailable : .unfit, error.message, hint: error.hint)
    }

    init(_ error: Diagnostics) {
        self.init(.unfit, error.description)
    }

    var description: String { "error: \(message)" + (hint.map { "\n  hint: \($0)" } ?? "") }
}
