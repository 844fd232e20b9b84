/// Why something of age (age-encryption.org/v1) was refused. Says nothing of what stood there.
package enum AgeError: String, Error, Sendable, CaseIterable {
    /// The text is no X25519 recipient (`age1…`), or one whose every shared secret is zero.
    case recipientMalformed = "recipient-malformed"
    /// The text is no X25519 identity (`AGE-SECRET-KEY-1…`).
    case identityMalformed = "identity-malformed"
    /// The file does not begin as one of age version 1; an armored file does not either.
    case versionUnknown = "version-unknown"
    /// The header is not written as the format says.
    case headerMalformed = "header-malformed"
    /// The file is not for any of the identities.
    case identityMissing = "identity-missing"
    /// The header was changed after it was made.
    case headerForged = "header-forged"
    /// The payload is too short, or ends in a chunk that nothing would have made.
    case payloadMalformed = "payload-malformed"
    /// The payload was changed, cut short, or continued.
    case payloadForged = "payload-forged"
}
