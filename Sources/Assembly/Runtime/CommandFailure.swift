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

    init(_ refusal: Refusal) {
        let kind: Kind =
            switch refusal.code {
            case .denied, .fieldNotWritable, .reasonRequired, .stepUpRequired, .approvalRequired, .grantInvalid, .credentialMissing,
                .credentialInvalid:
                .denied
            case .notFound, .routeUnknown: .notFound
            case .storeUnavailable, .vaultUnavailable, .auditUnavailable, .outcomeUnknown, .busy: .unavailable
            case .subjectKeyMissing, .internalError: .failed
            case .methodNotAllowed, .notAcceptable, .bodyTooLarge, .bodyMalformed, .mediaTypeUnsupported, .parameterInvalid, .fieldUnknown,
                .filterInvalid, .cursorInvalid, .purposeUnknown, .memberUnknown, .valueInvalid, .valueTaken, .referenceUnknown, .recordInUse,
                .subjectErased, .preconditionRequired, .preconditionFailed:
                .invalid
            }
        let members = refusal.members.map { "\n  \($0.pointer.dropFirst(2)): \($0.detail)" }.joined()
        self.init(kind, "\(refusal.detail) (\(refusal.code.rawValue))\(members)", hint: refusal.hint)
    }

    init(_ error: StorageError) {
        self.init(.unavailable, "\(error)", hint: "is the database running, and may this role connect to it?")
    }

    init(_ error: KeyRingError) {
        switch error {
        case .unreadable:
            self.init(.unfit, "\(error)", hint: "use the keys that the vault was made with")
        case .otherProvider(let vault, _):
            self.init(.unfit, "\(error)", hint: "set GATEHOUSE_KEY_PROVIDER to \(vault)")
        case .provider(let error): self.init(error)
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
