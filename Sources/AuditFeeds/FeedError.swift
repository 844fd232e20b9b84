/// Why a collector did not take events; no text of the other side is in it.
package struct FeedError: Error, Sendable, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        /// Nobody answers, not in time, or the connection broke before the collector had taken everything.
        case unreachable
        /// Who answers cannot prove to be the collector: its certificate does not lead to a trusted one, or it speaks no TLS of today.
        case unverified
        /// The collector answered that it does not take them.
        case refused
        /// An event that is none: the entry cannot be read.
        case malformed
        /// Something on this side is not as the settings say: the token file cannot be read, or holds no token.
        case misconfigured
    }

    package let code: Code
    package init(_ code: Code) { self.code = code }
}
