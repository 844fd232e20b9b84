import NIOHTTP1
import Vocabulary

/// Routes of legal holds, below `/v1/holds`.
enum HoldRoute: Sendable {
    case list, place
    case show(UUIDv7), release(UUIDv7), review(UUIDv7)

    static func routes(_ rest: ArraySlice<String>) -> [(HTTPMethod, HoldRoute)] {
        let rest = Array(rest)
        if rest.isEmpty { return [(.GET, .list), (.POST, .place)] }
        guard let id = UUIDv7(rest[0]) else { return [] }
        switch (rest.count, rest.last) {
        case (1, _): return [(.GET, .show(id)), (.DELETE, .release(id))]
        case (2, "review"): return [(.POST, .review(id))]
        default: return []
        }
    }

    var name: String { operation.name }

    var operation: Operation {
        switch self {
        case .list: .listHolds
        case .place: .placeHold
        case .show: .readHold
        case .release: .releaseHold
        case .review: .reviewHold
        }
    }
}
