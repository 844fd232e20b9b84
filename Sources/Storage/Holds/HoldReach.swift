package import Catalog
package import Expressions
package import PostgresLink
package import Vocabulary

/// Which records, and which people, the holds of a tenant reach.
///
/// A hold reaches further than the rows that it names. What a deletion takes with it by cascade is asked, too, and the history of a record is
/// part of it in both directions: a deal stays while a change of its stage is held, and the change stays while the deal is.
package struct HoldReach: Sendable {
    /// A hold on an entity; without a condition on every record of it.
    package struct Question: Sendable {
        package let hold: UUIDv7
        package let entity: String
        package let condition: RowCondition?

        package init(hold: UUIDv7, entity: String, condition: RowCondition?) {
            self.hold = hold
            self.entity = entity
            self.condition = condition
        }
    }

    /// What goes with a record that is deleted, for the question whether any of it is held.
    package enum Links: Sendable {
        /// What the database takes away by itself.
        case cascades
        /// Also records that only refer to it: deleting it would cut their reference.
        case references
    }

    /// A way from an entity to records that go with it, as joins of their tables.
    private struct Path {
        let entities: [Entity]
        let joins: [SQL]
        var end: Entity { entities[entities.count - 1] }
    }

    private let catalog: CompiledCatalog
    private let questions: [Question]
    private let tenant: TenantID

    /// - Parameter questions: the holds that stand and are not on people.
    package init(_ catalog: CompiledCatalog, _ questions: [Question], of tenant: TenantID) {
        self.catalog = catalog
        self.questions = questions
        self.tenant = tenant
    }

    /// Statements that answer rows of record and hold.
    ///
    /// - Parameter limit: what the records have to fit, in terms of their table; for instance ``isAny(of:in:)``.
    package func records(of entity: Entity, where limit: SQL, _ links: Links = .cascades) -> [SQL] {
        statements(of: entity, column: "id", where: limit, links)
    }

    /// Statements that answer rows of person and hold, for records of one entity about people.
    package func people(of entity: Entity, where limit: SQL) -> [SQL] {
        statements(of: entity, column: "subject_id", where: limit, .cascades)
    }

    /// People whom a hold reached when it was placed, also by records that have gone to the archive since.
    package func noted(_ people: [SubjectID]?) -> SQL {
        let limit: SQL = people.map { "subject_id = ANY(\(.uuids($0.map(\.uuid))))" } ?? "subject_id IS NOT NULL"
        return "SELECT DISTINCT subject_id, hold_id FROM hold_reach WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(limit)"
    }

    package static func isAny(of ids: [UUIDv7], in entity: Entity) -> SQL { "\(ColumnCoding.table(entity)).id = ANY(\(.uuids(ids)))" }

    package static func isAbout(anyOf ids: [SubjectID], in entity: Entity) -> SQL {
        "\(ColumnCoding.table(entity)).subject_id = ANY(\(.uuids(ids.map(\.uuid))))"
    }

    // MARK: Parts

    private func statements(of entity: Entity, column: SQL, where limit: SQL, _ links: Links) -> [SQL] {
        let table = ColumnCoding.table(entity)
        let place: SQL = "\(table).tenant_id = \(.uuid(tenant.uuid)) AND \(limit)"
        return paths(from: entity, links).flatMap { path -> [SQL] in
            let end = ColumnCoding.table(path.end)
            let tables: SQL = "\(table)\(joining: path.joins, by: "")"
            var statements: [SQL] = [
                """
                SELECT DISTINCT \(table).\(column), reached.hold_id FROM \(tables) JOIN hold_reach AS reached
                  ON reached.tenant_id = \(table).tenant_id AND reached.record_id = \(end).id AND reached.entity = \(.text(path.end.name))
                WHERE \(place)
                """
            ]
            if path.end.subject != .nobody {
                statements.append(
                    """
                    SELECT DISTINCT \(table).\(column), person.id FROM \(tables) JOIN legal_hold AS person
                      ON person.tenant_id = \(table).tenant_id AND person.subject_id = \(end).subject_id AND person.released_at IS NULL
                    WHERE \(place)
                    """
                )
            }
            for question in questions where question.entity == path.end.name {
                let condition: SQL = question.condition?.filter(path.end) ?? "TRUE"
                statements.append(
                    "SELECT DISTINCT \(table).\(column), \(.uuid(question.hold))::uuid FROM \(tables) WHERE \(place) AND \(condition)"
                )
            }
            return statements
        }
    }

    /// The record itself, what goes with it, and whose history it is; no entity twice.
    private func paths(from entity: Entity, _ links: Links) -> [Path] {
        var found = [Path(entities: [entity], joins: [])]
        var next = found
        while let path = next.popLast() {
            for further in further(path, links) {
                found.append(further)
                next.append(further)
            }
        }
        return found
    }

    private func further(_ path: Path, _ links: Links) -> [Path] {
        let (end, isAtStart) = (path.end, path.joins.isEmpty)
        var found: [Path] = []
        func append(_ entity: Entity, _ join: SQL) {
            if path.entities.contains(where: { $0 === entity }) { return }
            found.append(Path(entities: path.entities + [entity], joins: path.joins + [join]))
        }
        for other in catalog.entities {
            for field in other.fields where field.referenceTo == end.name && (field.cascadesOnDelete || (isAtStart && links == .references)) {
                let (table, referring) = (ColumnCoding.table(end), ColumnCoding.table(other))
                let join: SQL = """
                     JOIN \(referring) ON \(referring).tenant_id = \(table).tenant_id AND \(referring).\(ColumnCoding.column(field)) = \(table).id
                    """
                append(other, join)
            }
        }
        if isAtStart, let origin = end.historyOf.flatMap({ catalog.entity(named: $0.entity) }),
            let reference = end.fields.first(where: { $0.referenceTo == origin.name })
        {
            let (table, above) = (ColumnCoding.table(end), ColumnCoding.table(origin))
            append(origin, " JOIN \(above) ON \(above).tenant_id = \(table).tenant_id AND \(above).id = \(table).\(ColumnCoding.column(reference))")
        }
        return found
    }
}
