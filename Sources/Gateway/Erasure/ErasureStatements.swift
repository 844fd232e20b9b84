import Catalog
import PostgresLink
import Storage

/// Everything in the store that an erasure changes, in its order, and what each statement counts.
struct ErasureStatements {
    enum Effect {
        case deleted(String), blanked(String), cut(String), rows(String)
    }

    private(set) var effects: [(effect: Effect, statement: SQL)] = []

    init(_ people: ErasedPeople, _ reach: Reach, _ catalog: CompiledCatalog, _ table: (Entity) -> RecordTable) {
        for entity in reach.entities {
            for (history, reference, isPersonal) in reach.histories(of: entity) {
                let statement = table(history).dropHistory(of: table(entity), by: reference, isPersonal: isPersonal, people)
                append(.deleted(history.name), statement)
            }
        }
        for entity in reach.entities {
            for link in reach.links(to: entity) {
                append(.cut("\(link.entity.name).\(link.field.name)"), table(link.entity).cut(link, to: table(entity), people))
            }
        }
        for entity in reach.entities { append(.blanked(entity.name), table(entity).blank(people, catalog)) }
        for entity in reach.entities { append(.deleted(entity.name), table(entity).delete(people)) }
        for (table, statement) in StoreDatabase.packageDeletions(people) + StoreDatabase.deletions(people) { append(.rows("\(table)"), statement) }
    }

    private mutating func append(_ effect: Effect, _ statement: SQL?) {
        if let statement { effects.append((effect, statement)) }
    }

    var statements: [SQL] { effects.map(\.statement) }

    /// Adds what the statements have done.
    func count(_ results: [ResultSet], into counts: inout ErasureCounts) -> Int {
        var total = 0
        for ((effect, _), result) in zip(effects, results) {
            let rows = result.affectedRows
            if rows == 0 { continue }
            total += rows
            switch effect {
            case .deleted(let name): counts.deleted[name, default: 0] += rows
            case .blanked(let name): counts.blanked[name, default: 0] += rows
            case .cut(let name): counts.cut[name, default: 0] += rows
            case .rows(let name): counts.rows[name, default: 0] += rows
            }
        }
        return total
    }
}
