package import Sealing
import Synchronization
package import Vocabulary

/// Why a credential was not taken. All refusals of a credential look the same to the caller.
package enum AuthenticationFailure: Error, Sendable, Equatable {
    case missing
    case invalid
    /// The key does not act for the user it names, or there is no such user; which of them is not told.
    case actsForNobody
    /// The store could not be asked.
    case unavailable
    /// The keys of the token's issuer are not at hand.
    case issuerUnavailable
}

/// What a request presents.
package struct PresentedCredential: Sendable {
    /// The key or token as sent; `nil` when the request has none.
    package var text: String?
    /// The user that a program says it acts for.
    package var onBehalfOf: String?
    /// The address at the other end of the connection.
    package var peer: String?
    /// The client certificate of the connection, verified, in DER.
    package var certificate: [UInt8]?
    /// A browser sends it, which shows its certificate for whatever page asks: there a certificate says nothing by itself.
    package var isOfPage: Bool

    package init(_ text: String?, onBehalfOf: String? = nil, peer: String? = nil, certificate: [UInt8]? = nil, isOfPage: Bool = false) {
        self.isOfPage = isOfPage
        self.text = text
        self.onBehalfOf = onBehalfOf
        self.peer = peer
        self.certificate = certificate
    }
}

/// Turns the credential of a request into a ``Principal``.
///
/// Records are kept for reuse: the transaction that uses the principal asks whether its ``Liveness`` still holds.
package final class Authenticator: Sendable {
    /// What is asked of the store. Each answer is `nil` for what is not there.
    package struct Lookups: Sendable {
        package typealias Credential = @Sendable (_ id: String) async throws -> CredentialRecord?
        package typealias Certificate = @Sendable (_ digest: [UInt8]) async throws -> CredentialRecord?
        package typealias User = @Sendable (_ user: UserReference, _ tenant: TenantID) async throws -> UserRecord?

        package let credential: Credential
        /// The key that a certificate opens, by the certificate's SHA-256; of several one that was not revoked.
        package let certificate: Certificate
        package let user: User
        package let tenant: @Sendable (_ name: String) async throws -> TenantID?

        package init(
            credential: @escaping Credential, certificate: @escaping Certificate = { _ in nil }, user: @escaping User = { _, _ in nil },
            tenant: @escaping @Sendable (_ name: String) async throws -> TenantID? = { _ in nil }
        ) {
            self.credential = credential
            self.certificate = certificate
            self.user = user
            self.tenant = tenant
        }
    }

    private struct Place: Hashable {
        let tenant: TenantID
        let user: UserReference
    }

    private let pepper: SymmetricKey
    private let lookups: Lookups
    private let tokens: TokenVerifier?
    private let known = Mutex<[String: CredentialRecord]>([:])
    /// The ids of keys that are opened by certificates.
    private let certificates = Mutex<[[UInt8]: String]>([:])
    /// Also that there is none.
    private let users = Mutex<[Place: UserRecord?]>([:])
    private let tenants = Mutex<[String: TenantID]>([:])
    private let used = Mutex<[String: Instant]>([:])
    private static let maximumKnown = 10_000

    package init(pepper: SymmetricKey, tokens: TokenVerifier? = nil, lookups: Lookups) {
        self.pepper = pepper
        self.lookups = lookups
        self.tokens = tokens
    }

    package func authenticate(_ presented: PresentedCredential, at now: Instant) async throws(AuthenticationFailure) -> Principal {
        guard let text = presented.text else { return try await authenticateByCertificate(presented, at: now) }
        if let key = APIKey(text) { return try await authenticate(key, presented, at: now) }
        guard let tokens else { throw .invalid }
        guard presented.onBehalfOf == nil else { throw .actsForNobody }
        return try await principal(try await tokens.verify(text, certificate: presented.certificate, at: now), at: now)
    }

    // MARK: Keys

    private func authenticate(_ key: APIKey, _ presented: PresentedCredential, at now: Instant) async throws(AuthenticationFailure) -> Principal {
        let code = key.code(under: pepper)
        var record = known.withLock { $0[key.id] }
        // A wrong secret of a known key takes the way of an unknown id: what is kept is not told by the time an answer takes. It also finds
        // a secret that was made since.
        if !Self.isRight(code, record, at: now) {
            do { record = try await lookups.credential(key.id) } catch { throw .unavailable }
            if let record { keep(record) }
        }
        guard Self.isRight(code, record, at: now), let record, record.certificate == nil else { throw .invalid }
        return try await admit(record, presented, at: now)
    }

    /// A certificate that no key is tied to is no credential: whoever connects with one may have a key or a token beside.
    private func authenticateByCertificate(_ presented: PresentedCredential, at now: Instant) async throws(AuthenticationFailure) -> Principal {
        guard let record = try await record(ofCertificate: presented, at: now) else { throw .missing }
        return try await admit(record, presented, at: now)
    }

    private func record(ofCertificate presented: PresentedCredential, at now: Instant) async throws(AuthenticationFailure) -> CredentialRecord? {
        guard let certificate = presented.certificate, !presented.isOfPage else { return nil }
        let digest = SHA256.hash(certificate)
        let id = certificates.withLock { $0[digest] }
        // What does not live any more may have a successor.
        if let id, let kept = known.withLock({ $0[id] }), kept.certificate == digest, kept.lives(at: now) { return kept }
        let record: CredentialRecord?
        do { record = try await lookups.certificate(digest) } catch { throw .unavailable }
        guard let record, record.certificate == digest else { return nil }
        keep(record)
        certificates.withLock { certificates in
            if certificates.count >= Self.maximumKnown { certificates.removeAll() }
            certificates[digest] = record.id
        }
        return record
    }

    /// Whether a request without a key or token presents a certificate that a key is tied to, be it one that does not live any more.
    package func knowsCertificate(_ presented: PresentedCredential, at now: Instant) async throws(AuthenticationFailure) -> Bool {
        guard presented.text == nil else { return false }
        return try await record(ofCertificate: presented, at: now) != nil
    }

    /// What every key has to be, whichever way it was opened.
    private func admit(
        _ record: CredentialRecord, _ presented: PresentedCredential, at now: Instant
    ) async throws(AuthenticationFailure) -> Principal {
        guard record.lives(at: now) else { throw .invalid }
        if !record.networks.isEmpty {
            guard let peer = presented.peer, record.networks.contains(where: { $0.contains(peer) }) else { throw .invalid }
        }
        let principal =
            if let handle = presented.onBehalfOf {
                try await principal(record, onBehalfOf: handle, at: now)
            } else {
                try await principal(record, at: now)
            }
        used.withLock { used in
            if used.count < Self.maximumKnown || used[record.id] != nil { used[record.id] = now }
        }
        return principal
    }

    /// Compares with both secrets, whether or not there are any, so that it takes the same time for all.
    private static func isRight(_ code: [UInt8], _ record: CredentialRecord?, at now: Instant) -> Bool {
        let nothing = [UInt8](repeating: 0, count: HMACSHA256.byteCount)
        let isCurrent = isEqualInConstantTime(code, record?.code ?? nothing)
        let isPrevious = isEqualInConstantTime(code, record?.previousCode ?? nothing)
        guard let record else { return false }
        return isCurrent || (isPrevious && record.previousCode != nil && record.previousUntil.map { now < $0 } ?? false)
    }

    /// A key of a registered user carries no role that the user does not have; of a user whom the store does not know, its own.
    private func principal(_ record: CredentialRecord, at now: Instant) async throws(AuthenticationFailure) -> Principal {
        let reference = record.user.map { UserReference.handle($0) }
        let user: UserRecord? = if let reference { try await self.user(reference, record.tenant) } else { nil }
        if let reference, user?.disabledAt != nil {
            forget(reference, record.tenant)
            throw .invalid
        }
        let held = user?.roles(at: now)
        return Principal(
            tenant: record.tenant, user: record.user, app: record.id, roles: record.roles.filter { held?.contains($0) ?? true },
            teams: user.map { Set(record.teams).union($0.teams(at: now)).sorted() } ?? record.teams, attributes: record.attributes,
            isSteppedUp: record.isSteppedUp, scopes: record.scopes, defaultPurpose: record.defaultPurpose,
            method: .apiKey(
                Liveness(
                    credential: record.id, generation: record.generation, user: reference, userGeneration: user?.generation ?? 0))
        )
    }

    /// A program that acts for a user has the roles that both have, and the user's teams.
    private func principal(
        _ record: CredentialRecord, onBehalfOf handle: String, at now: Instant
    ) async throws(AuthenticationFailure) -> Principal {
        guard record.actsForUsers, record.user == nil else { throw .actsForNobody }
        let reference = UserReference.handle(handle)
        guard let user = try await user(reference, record.tenant), user.disabledAt == nil else {
            forget(reference, record.tenant)
            throw .actsForNobody
        }
        let held = user.roles(at: now)
        return Principal(
            tenant: record.tenant, user: user.handle, app: record.id, roles: record.roles.filter(held.contains), teams: user.teams(at: now),
            scopes: record.scopes, defaultPurpose: record.defaultPurpose,
            method: .apiKey(
                Liveness(credential: record.id, generation: record.generation, user: reference, userGeneration: user.generation))
        )
    }

    /// Whoever a key belongs to, for what its owner has asked to be done later; `nil` when the key does not live. It may do no more than the
    /// key may by itself now, and its ``Liveness`` is asked again like that of a request. From where the key is taken does not matter: nobody
    /// sends it.
    package func owner(ofKey id: String, at now: Instant) async throws(AuthenticationFailure) -> Principal? {
        let record: CredentialRecord?
        do { record = try await lookups.credential(id) } catch { throw .unavailable }
        guard let record, record.lives(at: now) else { return nil }
        do throws(AuthenticationFailure) { return try await principal(record, at: now) } catch {
            if error == .unavailable { throw error }
            return nil
        }
    }

    // MARK: Tokens

    /// The roles that the issuer's settings map and those that were given here, together; a user who is disabled has none.
    private func principal(_ verified: TokenVerifier.Finding, at now: Instant) async throws(AuthenticationFailure) -> Principal {
        let token = verified.token
        let tenant = try await tenant(token.tenantName)
        let reference = UserReference.subject(token.subject, issuer: token.issuer)
        let user = try await user(reference, tenant)
        guard user?.disabledAt == nil else {
            forget(reference, tenant)
            throw .invalid
        }
        return Principal(
            tenant: tenant, user: user?.handle ?? token.userName, app: token.client, roles: token.roles + (user?.roles(at: now) ?? []),
            teams: Set(token.teams).union(user?.teams(at: now) ?? []).sorted(), attributes: token.attributes,
            isSteppedUp: token.steppedUpUntil.map { now < $0 } ?? false, stepUpTerms: verified.stepUp, scopes: token.scopes, defaultPurpose: nil,
            method: .token(Liveness(credential: nil, generation: 0, user: reference, userGeneration: user?.generation ?? 0))
        )
    }

    // MARK: What is kept

    /// Called when a transaction found the principal's state outdated: the next look is a fresh one.
    package func forget(_ principal: Principal) {
        guard let liveness = principal.liveness else { return }
        if let credential = liveness.credential { known.withLock { $0[credential] = nil } }
        if let user = liveness.user { forget(user, principal.tenant) }
    }

    /// Of whom nothing is kept there is nothing outdated: who is refused before any transaction is looked up anew each time.
    private func forget(_ user: UserReference, _ tenant: TenantID) {
        users.withLock { _ = $0.removeValue(forKey: Place(tenant: tenant, user: user)) }
    }

    /// The keys that were used since this was asked last, with the time of their last use.
    package func takeUses() -> [String: Instant] {
        used.withLock { used in
            defer { used = [:] }
            return used
        }
    }

    private func keep(_ record: CredentialRecord) {
        known.withLock { known in
            if known.count >= Self.maximumKnown { known.removeAll() }
            known[record.id] = record
        }
    }

    private func user(_ reference: UserReference, _ tenant: TenantID) async throws(AuthenticationFailure) -> UserRecord? {
        let place = Place(tenant: tenant, user: reference)
        if let kept = users.withLock({ $0[place] }) { return kept }
        let found: UserRecord?
        do { found = try await lookups.user(reference, tenant) } catch { throw .unavailable }
        users.withLock { users in
            if users.count >= Self.maximumKnown { users.removeAll() }
            users[place] = .some(found)
        }
        return found
    }

    /// Tenants are never renamed, and stay.
    private func tenant(_ name: String) async throws(AuthenticationFailure) -> TenantID {
        if let kept = tenants.withLock({ $0[name] }) { return kept }
        let found: TenantID?
        do { found = try await lookups.tenant(name) } catch { throw .unavailable }
        guard let found else { throw .invalid }
        tenants.withLock { tenants in
            if tenants.count >= Self.maximumKnown { tenants.removeAll() }
            tenants[name] = found
        }
        return found
    }
}
