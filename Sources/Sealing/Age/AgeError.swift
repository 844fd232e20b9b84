/// Why something of age (age-encryption.org/v1) was refused. Says nothing of what stood there.
package enum AgeError: String, Error, Sendable, CaseIterable {
    /// The text is no X25519 recipient (`age1…`), or one whose every shared secret is zero.
    case recipientMalformed = "recipient-malformed"
    /// The text is no X25519 identity (`AGE-SECRET-KEY-1…`).
    case identityMalformed = "identity-malformed"
    /// The file does not begin as one of age version 1, binary or armored.
    case versionUnknown = "version-unknown"
    /// What the armor says around the file, or how it writes the file, is not as the format says.
    case armorMalformed = "armor-malformed"
    /// The header is not written as the format says, or has more than a megabyte.
    case headerMalformed = "header-malformed"
    /// The file is not for any of the identities.
    case identityMissing = "identity-missing"
    /// The file is for a passphrase, and none was told.
    case passphraseMissing = "passphrase-missing"
    /// The passphrase is another one.
    case passphraseWrong = "passphrase-wrong"
    /// The passphrase would take more work, or more memory, than a reader should give.
    case workFactorExcessive = "work-factor-excessive"
    /// The header was changed after it was made.
    case headerForged = "header-forged"
    /// The payload is too short, or ends in a chunk that nothing would have made.
    case payloadMalformed = "payload-malformed"
    /// The payload was changed, cut short, or continued.
    case payloadForged = "payload-forged"
}
