import NIOHTTP1
import Vocabulary

/// Routes of retention, below `/v1/retention`.
enum RetentionRoute: Sendable {
    case plan, listRuns, begin, report(UUIDv7), listReviews, markReviewed

    static func routes(_ rest: ArraySlice<String>) -> [(HTTPMethod, RetentionRoute)] {
        let rest = Array(rest)
        if rest == ["plan"] { return [(.GET, .plan)] }
        if rest == ["runs"] { return [(.GET, .listRuns), (.POST, .begin)] }
        if rest == ["reviews"] { return [(.GET, .listReviews), (.POST, .markReviewed)] }
        guard rest.count == 3, rest[0] == "runs", rest[2] == "report", let id = UUIDv7(rest[1]) else { return [] }
        return [(.GET, .report(id))]
    }

    var name: String { operation.name }

    var operation: Operation {
        switch self {
        case .plan: .planRetention
        case .listRuns: .listRetentionRuns
        case .begin: .beginRetention
        case .report: .readRetentionReport
        case .listReviews: .listRetentionReviews
        case .markReviewed: .markReviewed
        }
    }
}
