import NIOHTTP1
import Vocabulary

/// Routes around erasures: what one would do, its certificate, what recipients are told, and who is kept out.
enum ErasureRoute: Sendable {
    case plan(UUIDv7), certificate(UUIDv7)
    case notices, notice(UUIDv7), acknowledge(UUIDv7), retry(UUIDv7)
    case suppressions, lift

    /// Below `/v1/requests/{id}`.
    static func ofRequest(_ id: UUIDv7, _ last: String) -> [(HTTPMethod, ErasureRoute)] {
        switch last {
        case "plan": [(.GET, .plan(id))]
        case "certificate": [(.GET, .certificate(id))]
        default: []
        }
    }

    /// Below `/v1/recipients`.
    static func ofRecipients(_ rest: ArraySlice<String>) -> [(HTTPMethod, ErasureRoute)] {
        let rest = Array(rest)
        guard rest.first == "notices" else { return [] }
        if rest.count == 1 { return [(.GET, .notices)] }
        guard let id = UUIDv7(rest[1]) else { return [] }
        switch (rest.count, rest.last) {
        case (2, _): return [(.GET, .notice(id))]
        case (3, "acknowledge"): return [(.POST, .acknowledge(id))]
        case (3, "retry"): return [(.POST, .retry(id))]
        default: return []
        }
    }

    /// Below `/v1/suppressions`.
    static func ofSuppressions(_ rest: ArraySlice<String>) -> [(HTTPMethod, ErasureRoute)] {
        switch Array(rest) {
        case []: [(.GET, .suppressions)]
        case ["lift"]: [(.POST, .lift)]
        default: []
        }
    }

    var name: String { operation.name }

    var operation: Operation {
        switch self {
        case .plan: .planErasure
        case .certificate: .readErasureCertificate
        case .notices: .listRecipientNotices
        case .notice: .readRecipientNotice
        case .acknowledge: .acknowledgeNotice
        case .retry: .retryNotice
        case .suppressions: .listSuppressions
        case .lift: .liftSuppression
        }
    }
}
