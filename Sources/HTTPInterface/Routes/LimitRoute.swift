import NIOHTTP1
import Vocabulary

/// Routes of limits that were lifted for somebody, below `/v1/limits`.
enum LimitRoute: Sendable {
    case list, lift
    case end(UUIDv7)

    static func routes(_ rest: ArraySlice<String>) -> [(HTTPMethod, LimitRoute)] {
        if rest.isEmpty { return [(.GET, .list), (.POST, .lift)] }
        guard rest.count == 1, let id = rest.first.flatMap({ UUIDv7($0) }) else { return [] }
        return [(.DELETE, .end(id))]
    }

    var name: String { operation.name }

    var operation: Operation {
        switch self {
        case .list: .listLifts
        case .lift: .raiseLimit
        case .end: .endLift
        }
    }
}
