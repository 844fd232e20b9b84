import Catalog
import NIOHTTP1
import Vocabulary

/// Routes of records beside reading and changing one: below `/v1/{plural}`.
enum RecordRoute: Sendable {
    case restore(Entity, RecordID), destroy(Entity, RecordID)
    case put(Entity, String)
    case batch(Entity)

    static func routes(_ entity: Entity, _ rest: ArraySlice<String>) -> [(HTTPMethod, RecordRoute)] {
        let rest = Array(rest)
        switch (rest.count, rest.first, rest.last) {
        case (1, "batch", _): return [(.POST, .batch(entity))]
        case (2, "by-external-id", let id?): return [(.PUT, .put(entity, id))]
        case (2, let id?, "restore"): return RecordID(id).map { [(.POST, .restore(entity, $0))] } ?? []
        case (2, let id?, "destroy"): return RecordID(id).map { [(.POST, .destroy(entity, $0))] } ?? []
        default: return []
        }
    }

    var entity: Entity {
        switch self {
        case .restore(let entity, _), .destroy(let entity, _), .put(let entity, _), .batch(let entity): entity
        }
    }

    var operation: Operation {
        switch self {
        case .restore: .restoreRecord
        case .destroy: .destroyRecord
        case .put: .putRecord
        case .batch: .changeRecords
        }
    }
}
