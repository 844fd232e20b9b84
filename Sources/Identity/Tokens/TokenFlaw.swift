/// What is wrong with a token, as a word for observations. Whoever sent it is told that it is not valid, and no more.
package enum TokenFlaw: String, Error, Sendable, CaseIterable {
    case tooLong = "too-long"
    case malformed
    case issuerUnknown = "issuer-unknown"
    case algorithm
    case critical
    case type
    case keyUnknown = "key-unknown"
    /// None of the issuer's keys are at hand: the token may well be true.
    case keysUnavailable = "keys-unavailable"
    case signature
    case issuer
    case audience
    case expired
    case future
    case lifetime
    case idToken = "id-token"
    case binding
    case claims
    case tenant
}
