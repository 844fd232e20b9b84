package import Catalog
package import PostgresLink
package import Vocabulary

/// What retention does to many records of an entity at once. What a record is a part of, and what refers to it, is for the caller to ask first.
extension RecordTable {
    private var name: SQLIdentifier { ColumnCoding.table(entity) }

    private func these(_ ids: [RecordID], _ tenant: TenantID) -> SQL {
        "\(name).tenant_id = \(.uuid(tenant.uuid)) AND \(name).id = ANY(\(.uuids(ids.map(\.uuid))))"
    }

    package func delete(_ ids: [RecordID], tenant: TenantID) -> SQL { "DELETE FROM \(name) WHERE \(these(ids, tenant))" }

    /// Cuts what points to records of another entity by one field.
    package func cut(_ field: Field, to ids: [RecordID], at now: Instant, tenant: TenantID) -> SQL {
        """
        UPDATE \(name) SET \(ColumnCoding.column(field)) = NULL, version = version + 1, updated_at = \(.timestamp(now))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(ColumnCoding.column(field)) = ANY(\(.uuids(ids.map(\.uuid))))
        """
    }

    /// Those of the records that records of this entity point to by one field.
    package func pointed(by field: Field, to ids: [RecordID], tenant: TenantID) -> SQL {
        """
        SELECT DISTINCT \(ColumnCoding.column(field)) FROM \(name)
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(ColumnCoding.column(field)) = ANY(\(.uuids(ids.map(\.uuid))))
        """
    }

    /// Empties what is personal, cuts what points to people, and leaves the records to nobody.
    ///
    /// - Parameter references: fields that point to records that are people, or about people.
    package func anonymise(_ ids: [RecordID], cutting references: [Field], at now: Instant, tenant: TenantID) -> SQL {
        let emptied = entity.fields.filter { field in
            field.goesWithThePerson(in: entity) || references.contains { $0 === field }
        }
        let set = emptied.map { field -> SQL in "\(ColumnCoding.column(field)) = NULL" }
        return """
            UPDATE \(name) SET \(joining: set + ["subject_id = NULL", "version = version + 1", "updated_at = \(.timestamp(now))"])
            WHERE \(these(ids, tenant))
            """
    }

    /// Rows that point to records of another entity by one field, and go with them.
    package func delete(pointingTo ids: [RecordID], by field: Field, tenant: TenantID) -> SQL {
        """
        DELETE FROM \(name)
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(ColumnCoding.column(field)) = ANY(\(.uuids(ids.map(\.uuid))))
        """
    }

    // MARK: Archive

    /// Copies rows into the archive as they are: what is sealed stays sealed, and opens for the place that it was sealed for.
    package func archive(_ ids: [RecordID], run: UUIDv7, rule: String, at now: Instant, tenant: TenantID) -> SQL {
        archive(where: these(ids, tenant), run: run, rule: rule, at: now)
    }

    /// The same for rows that point to others and go with them.
    package func archive(
        pointingTo ids: [RecordID], by field: Field, run: UUIDv7, rule: String, at now: Instant, tenant: TenantID
    ) -> SQL {
        archive(
            where: """
                \(name).tenant_id = \(.uuid(tenant.uuid)) AND \(name).\(ColumnCoding.column(field)) = ANY(\(.uuids(ids.map(\.uuid))))
                """,
            run: run, rule: rule, at: now
        )
    }

    private func archive(where these: SQL, run: UUIDv7, rule: String, at now: Instant) -> SQL {
        """
        INSERT INTO archived_record (tenant_id, entity, id, subject_id, run_id, rule, archived_at, contents)
        SELECT \(name).tenant_id, \(.text(entity.name)), \(name).id, \(name).subject_id, \(.uuid(run)), \(.text(rule)), \(.timestamp(now)),
          to_jsonb(\(name).*)
        FROM \(name) WHERE \(these) ON CONFLICT DO NOTHING
        """
    }

    /// The ids of archived records about people.
    package func archivedIDs(ofSubjects subjects: [SubjectID], tenant: TenantID) -> SQL {
        """
        SELECT id FROM archived_record
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND entity = \(.text(entity.name)) AND subject_id = ANY(\(.uuids(subjects.map(\.uuid)))) ORDER BY id
        """
    }

    /// Archived records by their ids, read as if they still stood in their table.
    package func archived(_ ids: [RecordID], _ shape: RecordShape, tenant: TenantID) -> SQL {
        """
        SELECT \(shape.columns) FROM (\(restored(where: "id = ANY(\(.uuids(ids.map(\.uuid))))", tenant: tenant))) AS \(name) ORDER BY id
        """
    }

    /// Writes down the archived records that a hold reaches.
    package func noteArchivedReach(of hold: UUIDv7, where condition: SQL, tenant: TenantID) -> SQL {
        """
        INSERT INTO hold_reach (tenant_id, hold_id, entity, record_id, subject_id)
        SELECT \(name).tenant_id, \(.uuid(hold)), \(.text(entity.name)), \(name).id, \(name).subject_id
        FROM (\(restored(where: "TRUE", tenant: tenant))) AS \(name) WHERE \(condition)
        """
    }

    private func restored(where these: SQL, tenant: TenantID) -> SQL {
        """
        SELECT (jsonb_populate_record(NULL::\(name), contents)).* FROM archived_record
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND entity = \(.text(entity.name)) AND \(these)
        """
    }

    /// Writes sealed values of an archived record anew; for a transaction that holds its row.
    package func reseal(_ id: RecordID, _ values: [(field: Field, new: [UInt8])], tenant: TenantID) -> SQL {
        let members = values.map { value -> SQL in "\(.text(value.field.name))::text, \(.bytes(value.new))::bytea" }
        return """
            UPDATE archived_record SET contents = contents || jsonb_build_object(\(joining: members))
            WHERE tenant_id = \(.uuid(tenant.uuid)) AND entity = \(.text(entity.name)) AND id = \(.uuid(id.uuid))
            """
    }
}

extension StoreDatabase {
    /// The next records of the archive, held by the transaction: entity and id.
    package static func archivedPage(after id: UUIDv7?, limit: Int, tenant: TenantID) -> SQL {
        let further: SQL = id.map { " AND id > \(.uuid($0))" } ?? ""
        return """
            SELECT entity, id FROM archived_record WHERE tenant_id = \(.uuid(tenant.uuid))\(further)
            ORDER BY id LIMIT \(.int8(Int64(limit))) FOR UPDATE
            """
    }
}
