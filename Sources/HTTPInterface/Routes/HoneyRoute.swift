import NIOHTTP1
import Vocabulary

/// Routes of records that are traps, below `/v1/honey`.
enum HoneyRoute: Sendable {
    case list, place
    case remove(UUIDv7)

    static func routes(_ rest: ArraySlice<String>) -> [(HTTPMethod, HoneyRoute)] {
        if rest.isEmpty { return [(.GET, .list), (.POST, .place)] }
        guard rest.count == 1, let id = rest.first.flatMap({ UUIDv7($0) }) else { return [] }
        return [(.DELETE, .remove(id))]
    }

    var name: String { operation.name }

    var operation: Operation {
        switch self {
        case .list: .listHoney
        case .place: .placeHoney
        case .remove: .removeHoney
        }
    }
}
