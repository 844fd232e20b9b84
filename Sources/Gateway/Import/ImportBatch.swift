import Catalog
import DataFormats

/// Cuts rows into runs in which no two are the same record by `external_id` or by e-mail, and none refers to another.
enum ImportBatch {
    static func split(_ rows: [ImportRow], _ entity: Entity) -> [[ImportRow]] {
        let ownReferences = Set(entity.fields.filter { $0.referenceTo == entity.name }.map(\.name))
        let lookedUp = Set(rows.flatMap(\.lookups).filter { ownReferences.contains($0.member) }.map(\.field))
        var batches: [[ImportRow]] = []
        var current: [ImportRow] = []
        var seen: Set<String> = []
        var offered: Set<String> = []
        for row in rows {
            let names = ["external_id", "email"].compactMap { name -> String? in
                guard let text = row.members[name]?.stringValue, let field = entity.field(named: name) else { return nil }
                return name + ":" + String(decoding: field.searchForm(of: .text(text)), as: UTF8.self)
            }
            let needs = row.lookups.filter { ownReferences.contains($0.member) }.map { "\($0.field):\($0.value)" }
            if names.contains(where: seen.contains) || needs.contains(where: offered.contains) {
                batches.append(current)
                current = []
                seen = []
                offered = []
            }
            seen.formUnion(names)
            offered.formUnion(lookedUp.compactMap { field in row.members[field]?.stringValue.map { "\(field):\($0)" } })
            current.append(row)
        }
        if !current.isEmpty { batches.append(current) }
        return batches
    }
}
