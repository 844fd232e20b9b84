import NIOHTTP1
import Vocabulary

/// Routes of imports and exports of many records, below `/v1/jobs`.
enum JobRoute: Sendable {
    case list, open
    case show(UUIDv7), end(UUIDv7)
    case fill(UUIDv7, Int32), fetch(UUIDv7, Int32)
    case start(UUIDv7), refused(UUIDv7), revert(UUIDv7)

    static func routes(_ rest: ArraySlice<String>) -> [(HTTPMethod, JobRoute)] {
        let rest = Array(rest)
        if rest.isEmpty { return [(.GET, .list), (.POST, .open)] }
        guard let id = UUIDv7(rest[0]) else { return [] }
        switch (rest.count, rest.last) {
        case (1, _): return [(.GET, .show(id)), (.DELETE, .end(id))]
        case (2, "start"): return [(.POST, .start(id))]
        case (2, "refused"): return [(.GET, .refused(id))]
        case (2, "revert"): return [(.POST, .revert(id))]
        case (3, let number?) where rest[1] == "parts":
            guard let number = Int32(number), number > 0, String(number) == rest[2] else { return [] }
            return [(.PUT, .fill(id, number)), (.GET, .fetch(id, number))]
        default: return []
        }
    }

    var operation: Operation {
        switch self {
        case .list: .listJobs
        case .open: .openJob
        case .show: .readJob
        case .end: .deleteJob
        case .fill: .fillJob
        case .fetch: .fetchJobPart
        case .start: .startJob
        case .refused: .listRefusedRows
        case .revert: .revertJob
        }
    }
}
