package import Sealing
import Synchronization
package import Vocabulary

/// Why a credential was not taken. All refusals of a key look the same to the caller.
package enum AuthenticationFailure: Error, Sendable, Equatable {
    case missing
    case invalid
    /// The store could not be asked.
    case unavailable
}

/// Turns the credential of a request into a ``Principal``.
///
/// Records are kept for reuse: the transaction that uses the principal asks whether its ``Liveness`` still holds.
package final class Authenticator: Sendable {
    package typealias Lookup = @Sendable (_ id: String) async throws -> CredentialRecord?

    private let pepper: SymmetricKey
    private let lookup: Lookup
    private let known = Mutex<[String: CredentialRecord]>([:])
    private static let maximumKnown = 10_000

    package init(pepper: SymmetricKey, lookup: @escaping Lookup) {
        self.pepper = pepper
        self.lookup = lookup
    }

    /// - Parameter key: the key as sent, or `nil` when the request has none.
    package func authenticate(key text: String?, at now: Instant) async throws(AuthenticationFailure) -> Principal {
        guard let text else { throw .missing }
        guard let key = APIKey(text) else { throw .invalid }
        let code = key.code(under: pepper)
        let record: CredentialRecord?
        if let kept = known.withLock({ $0[key.id] }) {
            record = kept
        } else {
            do { record = try await lookup(key.id) } catch { throw .unavailable }
            if let record { keep(record) }
        }
        // An unknown id is compared, too, so that it takes the same time as a wrong secret.
        let expected = record?.code ?? [UInt8](repeating: 0, count: HMACSHA256.byteCount)
        guard isEqualInConstantTime(code, expected), let record, record.revokedAt == nil else { throw .invalid }
        if let expiry = record.expiresAt, expiry <= now { throw .invalid }
        return Principal(
            tenant: record.tenant, user: record.user, app: record.id, roles: record.roles, teams: record.teams,
            attributes: record.attributes, isSteppedUp: record.isSteppedUp, defaultPurpose: record.defaultPurpose,
            method: .apiKey(Liveness(credential: record.id, generation: record.generation))
        )
    }

    /// Called when a transaction found the principal's state outdated: the next look is a fresh one.
    package func forget(_ liveness: Liveness) {
        known.withLock { $0[liveness.credential] = nil }
    }

    private func keep(_ record: CredentialRecord) {
        known.withLock { known in
            if known.count >= Self.maximumKnown { known.removeAll() }
            known[record.id] = record
        }
    }
}
