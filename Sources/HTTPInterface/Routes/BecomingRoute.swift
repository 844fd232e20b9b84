import Catalog
import NIOHTTP1
import Vocabulary

/// Routes by which records become others: converted, found to be the same, merged; and what their stages were.
enum BecomingRoute: Sendable {
    case convert(Entity, RecordID)
    case duplicates(Entity, RecordID)
    case merge(Entity)
    case history(Entity, RecordID)

    /// What there is below `/v1/{plural}`, for an entity whose catalog declares it.
    static func routes(_ rest: ArraySlice<String>, _ entity: Entity, _ catalog: CompiledCatalog) -> [(HTTPMethod, BecomingRoute)] {
        let rest = Array(rest)
        if rest == ["merge"] { return entity.duplicates.isEmpty ? [] : [(.POST, .merge(entity))] }
        guard rest.count == 2, let id = RecordID(rest[0]) else { return [] }
        switch rest[1] {
        case "convert" where entity.conversion != nil: return [(.POST, .convert(entity, id))]
        case "duplicates" where !entity.duplicates.isEmpty: return [(.GET, .duplicates(entity, id))]
        case "history" where catalog.hasHistory(entity): return [(.GET, .history(entity, id))]
        default: return []
        }
    }

    var entity: Entity {
        switch self {
        case .convert(let entity, _), .duplicates(let entity, _), .merge(let entity), .history(let entity, _): entity
        }
    }

    var operation: Operation {
        switch self {
        case .convert: .convertRecord
        case .duplicates: .findDuplicates
        case .merge: .mergeRecords
        case .history: .readHistory
        }
    }
}
