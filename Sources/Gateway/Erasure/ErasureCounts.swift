package import DataFormats
package import SubjectRights
package import Vocabulary

/// What an erasure has done, in numbers.
package struct ErasureCounts: Sendable {
    /// People whose key is gone, and with it everything that was sealed for them.
    package var people = 0
    /// People whom legal holds keep, and which; their processing is restricted instead.
    package var held: [SubjectID: [LegalHold]] = [:]
    /// People who were not due any more once nobody else could change them.
    package var passed = 0
    /// Records that are gone, by entity.
    package var deleted: [String: Int] = [:]
    /// Records that stay and are about nobody, by entity.
    package var blanked: [String: Int] = [:]
    /// References to them in records that stay, which were cut, by entity and field.
    package var cut: [String: Int] = [:]
    /// Rows of what they allowed and asked for, by table.
    package var rows: [String: Int] = [:]
    /// Records that stay, and why; for erasures on request.
    package var kept: [ErasurePlan.Kept] = []
    package var keys = 0
    package var searchTokens = 0
    /// What had come in between, and was found and removed by the second look.
    package var leftovers = 0

    package init() {}

    /// Of those who went.
    package var object: JSONObject {
        func object(_ counts: [String: Int]) -> JSONValue {
            var object = JSONObject()
            for (name, count) in counts.sorted(by: { $0.key < $1.key }) { object[name] = .number(JSONNumber(count)) }
            return .object(object)
        }
        return [
            "people": .number(JSONNumber(people)), "deleted": object(deleted), "blanked": object(blanked), "references_cut": object(cut),
            "rows": object(rows), "keys": .number(JSONNumber(keys)), "search_tokens": .number(JSONNumber(searchTokens)),
            "leftovers": .number(JSONNumber(leftovers)), "kept": .array(kept.map { .object($0.object) }),
        ]
    }

    /// From ``object`` as text; empty where it is none.
    init(text: String) {
        self.init()
        guard let object = (try? JSONReader.read(Array(text.utf8)))?.objectValue else { return }
        func number(_ value: JSONValue?) -> Int { if case .number(let number)? = value { Int(number.integer ?? 0) } else { 0 } }
        func counts(_ name: String) -> [String: Int] {
            Dictionary((object[name]?.objectValue?.members ?? []).map { ($0.name, number($0.value)) }, uniquingKeysWith: { first, _ in first })
        }
        (people, keys) = (number(object["people"]), number(object["keys"]))
        (searchTokens, leftovers) = (number(object["search_tokens"]), number(object["leftovers"]))
        kept = (object["kept"]?.arrayValue ?? []).compactMap { value in
            guard let object = value.objectValue, let entity = object["entity"]?.stringValue, let basis = object["basis"]?.stringValue else {
                return nil
            }
            return ErasurePlan.Kept(
                entity: entity, rule: object["rule"]?.stringValue, basis: basis, count: number(object["count"]),
                until: object["until"]?.stringValue.flatMap { Instant($0) })
        }
        (deleted, blanked, cut, rows) = (counts("deleted"), counts("blanked"), counts("references_cut"), counts("rows"))
    }

    package var text: String { String(decoding: JSONValue.object(object).encoded(), as: UTF8.self) }
}
