package import DataFormats
import Gateway
import NIOHTTP1
package import Storage
import Vocabulary

/// Records that are traps: for whoever may place them.
extension API {
    func answer(_ route: HoneyRoute, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        switch route {
        case .list:
            let isAll = try request.flag("state", of: ["standing": false, "all": true]) ?? false
            let marks = try await gateway.honey(includesRemoved: isAll, context)
            let data = JSONValue.array(marks.map { .object(HoneyCoding.object($0)) })
            return APIResponse(.ok, body: JSONValue.object(["data": data, "next": .null]).encoded())
        case .place:
            let texts = try request.texts(required: ["entity", "record"])
            guard let record = texts["record"].flatMap({ RecordID($0) }) else {
                throw Refusal(
                    .valueInvalid, "a member of the body is wrong",
                    members: [.init("record", Refusal.Code.valueInvalid.rawValue, "record is the id of a record")])
            }
            let mark = try await gateway.placeHoney(on: record, of: texts["entity"] ?? "", context)
            return APIResponse(.created, body: JSONValue.object(HoneyCoding.object(mark)).encoded())
        case .remove(let id):
            try await gateway.removeHoney(id, context)
            return APIResponse(.noContent, contentType: nil)
        }
    }
}

/// Marks of traps on the wire.
package enum HoneyCoding {
    package static func object(_ mark: HoneyMark) -> JSONObject {
        [
            "id": .string(mark.id.description), "state": .string(mark.removedAt == nil ? "standing" : "removed"), "entity": .string(mark.entity),
            "record": .string(mark.record.description), "placed_at": .string(mark.placedAt.description), "placed_by": .string(mark.placedBy),
            "removed_at": mark.removedAt.map { .string($0.description) } ?? .null, "removed_by": mark.removedBy.map { .string($0) } ?? .null,
        ]
    }
}
