package import Catalog
package import PostgresLink
package import Vocabulary

/// Statements that only a restore needs: what an older copy may have of people who were erased, beside what erasures find.
extension StoreDatabase {
    /// That holds reach records of theirs. Holds that an erasure has to do with were released before; an older copy does not know that yet.
    package static func releaseHeldRecords(_ people: ErasedPeople) -> SQL {
        "DELETE FROM hold_reach WHERE tenant_id = \(.uuid(people.tenant.uuid)) AND \(people.holds("subject_id"))"
    }

    /// Pseudonyms in the trail, in their order.
    package static func pseudonyms(after pseudonym: UUIDv7?, limit: Int, tenant: TenantID) -> SQL {
        let beyond: SQL = pseudonym.map { "AND pseudonym > \(.uuid($0))" } ?? ""
        return """
            SELECT DISTINCT pseudonym FROM audit_subject WHERE tenant_id = \(.uuid(tenant.uuid)) \(beyond)
            ORDER BY pseudonym LIMIT \(.int8(Int64(limit)))
            """
    }

    /// How many rows of each table that is not an entity's are theirs.
    package static func remainders(of people: ErasedPeople) -> [(table: StaticString, statement: SQL)] {
        let tenant = SQLParameter.uuid(people.tenant.uuid)
        let reached = SystemReach.store.compactMap { reach -> (table: StaticString, statement: SQL)? in
            guard case .rows(let column) = reach.erasure else { return nil }
            let (table, subject) = (TableDeclaration.known(reach.table), TableDeclaration.known(column))
            return (reach.table, "SELECT count(*) FROM \(table) WHERE tenant_id = \(tenant) AND \(people.holds("\(table).\(subject)"))")
        }
        return reached + [
            ("hold_reach", "SELECT count(*) FROM hold_reach WHERE tenant_id = \(tenant) AND \(people.holds("subject_id"))"),
            ("export_package", "SELECT count(*) FROM export_package WHERE tenant_id = \(tenant) AND subject_ids && \(.uuids(people.subjects))"),
        ]
    }
}

extension RecordTable {
    /// How many records are about these people.
    package func countOf(_ people: ErasedPeople) -> SQL { count(people.holds("subject_id"), people) }

    /// How many records point to them by a field.
    package func countPointing(by field: Field, to people: ErasedPeople) -> SQL { count(people.holds("\(ColumnCoding.column(field))"), people) }

    private func count(_ condition: SQL, _ people: ErasedPeople) -> SQL {
        "SELECT count(*) FROM \(ColumnCoding.table(entity)) WHERE tenant_id = \(.uuid(people.tenant.uuid)) AND \(condition)"
    }
}
