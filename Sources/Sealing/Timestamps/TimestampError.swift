/// Why a time-stamp reply is none for what was asked; no text of the authority is in it.
package enum TimestampError: Error, Sendable, Equatable {
    /// No reply at all, or one that is not put together as RFC 3161 wants it.
    case malformed
    /// The authority gave no time, with its status as in RFC 3161 section 2.4.2.
    case refused(status: Int)
    /// It is about another digest, or answers another request.
    case mismatched
    /// The signature is wrong, or does not lead to an authority that is trusted for time-stamps.
    case untrusted
}
