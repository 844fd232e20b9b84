import Sealing
import Synchronization
import Vocabulary

/// Where the keys of an issuer come from. They are kept, and fetched again when they are due or when a key is missing.
package struct IssuerKeys: Sendable {
    /// What is known now, without waiting for anybody, with a number that another set changes.
    package let current: @Sendable () -> (keys: KeySet, version: Int)?
    /// The same, fetched anew if that is due, or if the key of this name is not in it and looking is allowed again.
    package let refreshed: @Sendable (_ missing: String) async -> (keys: KeySet, version: Int)?

    package init(
        current: @escaping @Sendable () -> (keys: KeySet, version: Int)?,
        refreshed: @escaping @Sendable (_ missing: String) async -> (keys: KeySet, version: Int)?
    ) {
        self.current = current
        self.refreshed = refreshed
    }
}

/// Verifies access tokens of the issuers that are trusted.
///
/// What was verified is remembered by the token's SHA-256 until it expires or its issuer's keys are others: a signature costs more than all the
/// rest. Times, bindings and users are looked at each time.
package final class TokenVerifier: Sendable {
    package struct Finding: Sendable {
        let token: VerifiedToken
        let stepUp: Issuer.StepUp?
    }

    private struct Remembered: Sendable {
        let token: VerifiedToken
        let issuer: Int
        let version: Int
    }

    private let issuers: [(issuer: Issuer, keys: IssuerKeys)]
    private let remembered = Mutex<[[UInt8]: Remembered]>([:])
    private let observe: @Sendable (_ issuer: String, TokenFlaw) -> Void
    private static let maximumRemembered = 10_000

    package init(_ issuers: [(issuer: Issuer, keys: IssuerKeys)], observe: @escaping @Sendable (_ issuer: String, TokenFlaw) -> Void) {
        self.issuers = issuers
        self.observe = observe
    }

    func verify(_ text: String, certificate: [UInt8]?, at now: Instant) async throws(AuthenticationFailure) -> Finding {
        guard text.utf8.count <= SignedToken.greatestByteCount else { throw .invalid }
        let digest = SHA256.hash(Array(text.utf8))
        let (token, issuer): (VerifiedToken, Issuer)
        if let known = recall(digest, at: now) {
            (token, issuer) = (known.token, issuers[known.issuer].issuer)
        } else {
            (token, issuer) = try await verifyAnew(text, digest, at: now)
        }
        if let bound = token.certificate {
            guard let certificate, isEqualInConstantTime(SHA256.hash(certificate), bound) else {
                observe(issuer.name, .binding)
                throw .invalid
            }
        }
        return Finding(token: token, stepUp: issuer.stepUp)
    }

    private func recall(_ digest: [UInt8], at now: Instant) -> Remembered? {
        guard let known = remembered.withLock({ $0[digest] }), now < known.token.expiresAt,
            issuers[known.issuer].keys.current()?.version == known.version
        else { return nil }
        return known
    }

    private func verifyAnew(_ text: String, _ digest: [UInt8], at now: Instant) async throws(AuthenticationFailure) -> (VerifiedToken, Issuer) {
        var name = "none"
        do throws(TokenFlaw) {
            let signed = try SignedToken(text)
            guard let index = issuers.firstIndex(where: { $0.issuer.identifier.utf8.elementsEqual(signed.claimedIssuer.utf8) }) else {
                throw .issuerUnknown
            }
            let (issuer, keys) = issuers[index]
            name = issuer.name
            // A token that fails for what is known already is no reason to ask the issuer anything.
            guard issuer.algorithms.contains(signed.algorithm) else { throw .algorithm }
            var set = keys.current()
            if set?.keys.has(signed.keyName) != true { set = await keys.refreshed(signed.keyName) }
            guard let set else { throw .keysUnavailable }
            let token = try VerifiedToken(signed, of: issuer, keys: set.keys, at: now)
            remember(Remembered(token: token, issuer: index, version: set.version), digest)
            return (token, issuer)
        } catch {
            observe(name, error)
            throw error == .keysUnavailable ? .issuerUnavailable : .invalid
        }
    }

    private func remember(_ token: Remembered, _ digest: [UInt8]) {
        remembered.withLock { remembered in
            if remembered.count >= Self.maximumRemembered { remembered.removeAll() }
            remembered[digest] = token
        }
    }
}
