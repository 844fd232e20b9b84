package import Catalog
package import DataFormats
package import Gateway
import Vocabulary

/// How far a stolen credential reached, on the wire: numbers first, ids where they were asked for.
package enum BreachReportCoding {
    /// Ids of one kind that a list has at most; a shorter stretch of time gives the others.
    package static let longestList = 100_000

    package static func object(_ report: BreachReport, _ catalog: CompiledCatalog, withList: Bool) -> JSONObject {
        var object: JSONObject = [
            "actor": .string(report.actor), "app": text(report.app), "events": number(report.events), "first_at": text(report.first?.description),
            "last_at": text(report.last?.description), "people": number(report.people.count), "records": number(report.records(catalog)),
            "is_exact": .bool(report.isComplete), "events_without_records": number(report.withoutRecords),
            "denials": number(report.denials), "changes": number(report.changes), "lists": bulk(report.lists), "imports": bulk(report.imports),
            "activity": .array(
                report.activities.sorted { $0.key < $1.key }.map { activity, events in
                    .object([
                        "entity": .string(activity.entity), "action": .string(activity.action), "outcome": .string(activity.outcome),
                        "events": number(events),
                    ])
                }),
            "seen": classes(report.seen(catalog)), "written": classes(report.written(catalog)), "article_33": .object(article33(report, catalog)),
        ]
        if withList { object["list"] = .object(list(report, catalog)) }
        return object
    }

    /// What GDPR Art. 33(3)(a) asks: categories and approximate numbers of data subjects and of records.
    private static func article33(_ report: BreachReport, _ catalog: CompiledCatalog) -> JSONObject {
        var subjects: [JSONValue] = report.categories(catalog).map { entity, people in
            .object(["category": .string(entity.label), "people": number(people)])
        }
        let others = report.peopleThroughOthers(catalog)
        if others > 0 { subjects.append(.object(["category": "known through other records only", "people": number(others)])) }
        let seen = report.seen(catalog)
        let records: [JSONValue] = catalog.entities.compactMap { entity in
            guard let extent = report.extents[entity.name], extent.records.count > 0 else { return nil }
            let classes = seen.filter { group in group.fields.contains { $0.name.hasPrefix(entity.name + ".") } }.map(\.fieldClass.rawValue)
            return .object([
                "category": .string(entity.label), "records": number(extent.records.count), "classes": .array(classes.map { .string($0) }),
            ])
        }
        return [
            "people": number(report.people.count), "categories_of_people": .array(subjects), "records": number(report.records(catalog)),
            "categories_of_records": .array(records),
        ]
    }

    private static func list(_ report: BreachReport, _ catalog: CompiledCatalog) -> JSONObject {
        var records = JSONObject()
        var isComplete = report.isComplete && report.people.count <= longestList
        for entity in catalog.entities {
            guard let extent = report.extents[entity.name], extent.records.count > 0 else { continue }
            records[entity.name] = .array(extent.records.ids.sorted().prefix(longestList).map { .string($0.description) })
            isComplete = isComplete && extent.records.count <= longestList
        }
        var list: JSONObject = [
            "pseudonyms": .array(report.people.ids.sorted().prefix(longestList).map { .string(Hex.encode($0.bytes)) }), "records": .object(records),
        ]
        if let subjects = report.subjects {
            list["subjects"] = .array(subjects.prefix(longestList).map { .string($0.description) })
            isComplete = isComplete && subjects.count <= longestList
        }
        list["is_complete"] = .bool(isComplete)
        return list
    }

    private static func classes(_ groups: [(fieldClass: FieldClass, fields: [(name: String, times: Int)])]) -> JSONValue {
        .array(
            groups.map { group in
                .object([
                    "class": .string(group.fieldClass.rawValue), "is_sensitive": .bool(group.fieldClass.isNamedOnly),
                    "fields": .array(group.fields.map { .object(["field": .string($0.name), "times": number($0.times)]) }),
                ])
            })
    }

    private static func bulk(_ bulk: BreachReport.Bulk) -> JSONValue { .object(["events": number(bulk.events), "rows": number(bulk.rows)]) }
    private static func number(_ number: Int) -> JSONValue { .number(JSONNumber(number)) }
    private static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
