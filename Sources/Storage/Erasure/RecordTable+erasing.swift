package import Catalog
import Expressions
package import PostgresLink
import Vocabulary

/// What an erasure does to the records of one entity. Statements for many people at once; each finds nothing to do the second time.
///
/// They belong into one transaction, in this order over all entities: lock the people, drop histories, cut, blank, delete.
extension RecordTable {
    private var name: SQLIdentifier { ColumnCoding.table(entity) }

    private func own(_ people: ErasedPeople) -> SQL {
        "\(name).tenant_id = \(.uuid(people.tenant.uuid)) AND \(people.holds("\(name).subject_id"))"
    }

    /// What a floor keeps: its condition holds, and its period has not run out, or has not even begun.
    private func kept(by rule: RetentionRule, _ people: ErasedPeople) -> SQL {
        "(COALESCE(\(rule.rows(at: people.now).sql(entity)), FALSE) AND COALESCE(\(end(of: rule)) > \(.timestamp(people.now)), TRUE))"
    }

    private func end(of rule: RetentionRule) -> SQL {
        let since = ColumnCoding.identifier(rule.since)
        let zone: SQL = entity.field(named: rule.since)?.type == .date ? " AT TIME ZONE 'UTC'" : ""
        return "((\(name).\(since) + \(.text(rule.after))::interval)\(zone))"
    }

    /// Whether a row of somebody who goes stays without them.
    private func stays(_ people: ErasedPeople) -> SQL {
        if entity.erasure.action == .blank { return "TRUE" }
        let floors = entity.floors.map { kept(by: $0, people) }
        return floors.isEmpty ? "FALSE" : "(\(joining: floors, by: " OR "))"
    }

    private var canStay: Bool { entity.erasure.action == .blank || !entity.floors.isEmpty }
    private var canGo: Bool { entity.erasure.action == .delete }

    /// Holds the rows that are the people: whoever is about to write something that points to them waits, and then finds them gone.
    package func lock(_ people: ErasedPeople) -> SQL { "SELECT id FROM \(name) WHERE \(own(people)) ORDER BY id FOR UPDATE" }

    /// Rows of a history that tell of records that go, or of personal values of those that stay.
    package func dropHistory(of owner: RecordTable, by reference: Field, isPersonal: Bool, _ people: ErasedPeople) -> SQL? {
        if !isPersonal, reference.cascadesOnDelete || !owner.canGo { return nil }
        let which: SQL = isPersonal ? "TRUE" : "NOT \(owner.stays(people))"
        return """
            DELETE FROM \(name) WHERE tenant_id = \(.uuid(people.tenant.uuid))
              AND \(ColumnCoding.column(reference)) IN (SELECT id FROM \(owner.name) WHERE \(owner.own(people)) AND \(which))
            """
    }

    /// Cuts what points from these records to people who go, or to records that go with them; records that go themselves are left alone
    /// unless those they point to go first.
    package func cut(_ link: Reach.Link, to target: RecordTable, _ people: ErasedPeople) -> SQL? {
        let column = ColumnCoding.column(link.field)
        let points: SQL
        if link.field.cascadesOnDelete {
            // What points to a record that goes, goes with it.
            guard target.canStay, target.entity.subject == .itself else { return nil }
            points = "\(name).\(column) IN (SELECT id FROM \(target.name) WHERE \(target.own(people)) AND \(target.stays(people)))"
        } else if target.entity.subject == .itself {
            points = people.holds("\(name).\(column)")
        } else if target.canGo {
            points = "\(name).\(column) IN (SELECT id FROM \(target.name) WHERE \(target.own(people)) AND NOT \(target.stays(people)))"
        } else {
            return nil
        }
        let goes: SQL =
            entity.subject == .nobody || !canGo || link.isCircular
            ? "TRUE" : "(\(name).subject_id IS NULL OR NOT \(people.holds("\(name).subject_id")) OR \(stays(people)))"
        return """
            UPDATE \(name) SET \(column) = NULL, version = version + 1, updated_at = \(.timestamp(people.now))
            WHERE \(name).tenant_id = \(.uuid(people.tenant.uuid)) AND \(points) AND \(goes)
            """
    }

    /// Empties what is personal in records that stay, and leaves them to nobody, or to the next person they point to.
    package func blank(_ people: ErasedPeople, _ catalog: CompiledCatalog) -> SQL? {
        guard canStay else { return nil }
        let emptied = entity.fields.filter { $0.goesWithThePerson(in: entity) }.map { field -> SQL in "\(ColumnCoding.column(field)) = NULL" }
        let set: [SQL] =
            emptied + ["subject_id = \(heir(people, catalog))", "version = version + 1", "updated_at = \(.timestamp(people.now))"]
        return "UPDATE \(name) SET \(joining: set) WHERE \(own(people)) AND \(stays(people))"
    }

    /// Whom a record is about once its references to those who go are cut.
    private func heir(_ people: ErasedPeople, _ catalog: CompiledCatalog) -> SQL {
        guard case .via(let relations) = entity.subject, relations.count > 1 else { return "NULL" }
        let cases = relations.compactMap { relation -> SQL? in
            guard let field = entity.field(named: relation), let target = field.referenceTo else { return nil }
            let (column, other) = (ColumnCoding.column(field), ColumnCoding.identifier(target))
            return """
                WHEN \(name).\(column) IS NOT NULL THEN (SELECT subject_id FROM \(other) WHERE \(other).tenant_id = \(name).tenant_id
                  AND \(other).id = \(name).\(column) AND NOT COALESCE(\(people.holds("\(other).subject_id")), FALSE))
                """
        }
        return "CASE \(joining: cases, by: " ") ELSE NULL END"
    }

    package func delete(_ people: ErasedPeople) -> SQL? {
        guard canGo else { return nil }
        let which: SQL = entity.floors.isEmpty ? "" : " AND NOT \(stays(people))"
        return "DELETE FROM \(name) WHERE \(own(people))\(which)"
    }

    // MARK: What it would do

    /// How many records the people have; how many of them go; and for each floor how many it keeps, and until when the last of them.
    package func plan(_ people: ErasedPeople) -> SQL {
        let floors = entity.floors.map { rule -> SQL in
            let kept = kept(by: rule, people)
            return "count(*) FILTER (WHERE \(kept)), max(\(end(of: rule))) FILTER (WHERE \(kept))"
        }
        let columns: [SQL] = ["count(*)", "count(*) FILTER (WHERE NOT \(stays(people)))"] + floors
        return "SELECT \(joining: columns) FROM \(name) WHERE \(own(people))"
    }

    /// How many records of others, or of nobody, point to them.
    package func countLinks(_ link: Reach.Link, to target: RecordTable, _ people: ErasedPeople) -> SQL {
        let column = ColumnCoding.column(link.field)
        return """
            SELECT count(*) FROM \(name) WHERE \(name).tenant_id = \(.uuid(people.tenant.uuid))
              AND \(name).\(column) IN (SELECT id FROM \(target.name) WHERE \(target.own(people)))
              AND (\(name).subject_id IS NULL OR NOT \(people.holds("\(name).subject_id")))
            """
    }
}
