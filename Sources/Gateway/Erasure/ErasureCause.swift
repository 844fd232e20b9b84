package import Vocabulary

/// Why people are erased.
package enum ErasureCause: Sendable, Equatable {
    /// They asked for it (GDPR Art. 17; CCPA 1798.105). They are kept from being brought back, and recipients are told.
    case request(UUIDv7)
    /// Their data has lasted its time (GDPR Art. 5(1)(e)). They may come again.
    case retention(run: UUIDv7, rule: String)

    /// How it rests.
    var text: String {
        switch self {
        case .request: "request"
        case .retention(let run, let rule): "retention:\(run):\(rule)"
        }
    }

    static func isRequest(_ text: String) -> Bool { text == "request" }
}
