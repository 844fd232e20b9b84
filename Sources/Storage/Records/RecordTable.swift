package import Catalog
package import Expressions
package import PostgresLink
package import Vocabulary

/// One value on its way into a column.
package enum Cell: Sendable {
    case plain(FieldValue?)
    case sealed([UInt8]?)
}

/// A whole row on its way into a table; `cells` is parallel to the entity's fields.
package struct RecordRow: Sendable {
    package let id: RecordID
    package let version: Int64
    package let subject: SubjectID?
    package let cells: [Cell]

    package init(id: RecordID, version: Int64, subject: SubjectID?, cells: [Cell]) {
        self.id = id
        self.version = version
        self.subject = subject
        self.cells = cells
    }
}

/// The table of one entity: statements, their text made once.
package final class RecordTable: Sendable {
    package let entity: Entity
    /// Every column.
    package let whole: RecordShape
    private let table: SQLIdentifier
    private let insertion: SQL
    private let update: SQL

    package init(_ entity: Entity) {
        self.entity = entity
        whole = RecordShape(entity) { _ in true }
        table = ColumnCoding.table(entity)
        let names: [SQL] = ["tenant_id", "id", "version", "subject_id"] + entity.fields.map { "\(ColumnCoding.column($0))" }
        let blank = [SQLParameter.uuid(nil), .uuid(nil), .int8(nil), .uuid(nil)] + entity.fields.map { Self.blank($0) }
        let marks = blank.map { parameter -> SQL in "\(parameter)" }
        insertion = "INSERT INTO \(table) (\(joining: names)) VALUES (\(joining: marks))"
        // A row of values set against the row of columns keeps the parameters in the order of an insertion.
        update = """
            UPDATE \(table) SET (\(joining: Array(names.dropFirst(2)))) = (new.\(joining: Array(names.dropFirst(2)), by: ", new."))
            FROM (VALUES (\(joining: marks))) AS new (\(joining: names)) WHERE \(table).tenant_id = new.tenant_id AND \(table).id = new.id
            """
    }

    private static func blank(_ field: Field) -> SQLParameter { field.isSealed ? .bytes(nil) : ColumnCoding.parameter(nil, field) }

    /// - Parameter shape: what of the new row comes back; nothing when `nil`.
    package func insert(_ row: RecordRow, tenant: TenantID, returning shape: RecordShape? = nil) -> SQL {
        insertion.with([.uuid(tenant.uuid), .uuid(row.id.uuid)] + values(row)).returning(shape)
    }

    /// Writes every column of a row that the transaction has locked.
    package func update(_ row: RecordRow, tenant: TenantID, returning shape: RecordShape? = nil) -> SQL {
        update.with([.uuid(tenant.uuid), .uuid(row.id.uuid)] + values(row)).returning(shape)
    }

    package func delete(_ id: RecordID, tenant: TenantID) -> SQL {
        "DELETE FROM \(table) WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id.uuid))"
    }

    private func values(_ row: RecordRow) -> [SQLParameter] {
        var values: [SQLParameter] = [.int8(row.version), .uuid(row.subject?.uuid)]
        values.reserveCapacity(row.cells.count + 4)
        for (field, cell) in zip(entity.fields, row.cells) {
            switch cell {
            case .plain(let value): values.append(ColumnCoding.parameter(value, field))
            case .sealed(let bytes): values.append(.bytes(bytes))
            }
        }
        return values
    }

    // MARK: Reading

    /// One record, if it fits the condition.
    package func select(
        _ id: RecordID, _ shape: RecordShape, tenant: TenantID, where condition: RowCondition = .constant(true), forUpdate: Bool = false
    ) -> SQL {
        let selection = shape.selection(of: id, tenant: tenant, where: condition)
        return forUpdate ? "\(selection) FOR UPDATE" : selection
    }

    /// Those of the records that fit the condition.
    package func select(
        _ ids: [RecordID], _ shape: RecordShape, tenant: TenantID, where condition: RowCondition = .constant(true), forUpdate: Bool = false
    ) -> SQL {
        if ids.count == 1 { return select(ids[0], shape, tenant: tenant, where: condition, forUpdate: forUpdate) }
        let lock: SQL = forUpdate ? " FOR UPDATE" : ""
        return """
            SELECT \(shape.columns) FROM \(table) WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = ANY(\(.uuids(ids.map(\.uuid))))
              AND \(condition.filter(entity)) ORDER BY id\(lock)
            """
    }

    /// Ids of the records that have these values in a plain unique field, and fit the condition.
    package func ids(where field: Field, isAnyOf values: [String], and condition: RowCondition, tenant: TenantID) -> SQL {
        """
        SELECT \(ColumnCoding.column(field)), id FROM \(table)
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(ColumnCoding.column(field)) = ANY(\(.texts(values))) AND \(condition.filter(entity))
        """
    }

    package func subjects(of ids: [RecordID], tenant: TenantID) -> SQL {
        "SELECT id, subject_id FROM \(table) WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = ANY(\(.uuids(ids.map(\.uuid))))"
    }

    package func groups(_ rows: ResultSet, _ grouping: RecordGrouping) -> StoredGroups { StoredGroups(rows, grouping) }
    package func records(_ rows: ResultSet, _ shape: RecordShape) -> [StoredRecord] { StoredRecord.all(rows, shape) }

    package func list(_ page: RecordPage, _ shape: RecordShape, tenant: TenantID) -> SQL {
        var conditions: [SQL] = ["tenant_id = \(.uuid(tenant.uuid))"]
        if !page.condition.isAlways { conditions.append(page.condition.filter(entity)) }
        let ascending = !page.isDescending
        if let after = page.after { conditions.append(beyond(after, page.sort, ascending)) }
        let limit = SQLParameter.int8(Int64(page.limit))
        let direction: SQL = ascending ? "ASC" : "DESC"
        let order: SQL =
            page.sort.map { "\(ColumnCoding.column(entity.fields[$0])) \(direction), id \(direction)" } ?? "id \(direction)"
        return "SELECT \(shape.columns) FROM \(table) WHERE \(joining: conditions, by: " AND ") ORDER BY \(order) LIMIT \(limit)"
    }

    /// How many records of the tenant the condition holds for.
    package func count(_ condition: RowCondition, tenant: TenantID) -> SQL {
        "SELECT count(*) FROM \(table) WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(condition.filter(entity))"
    }

    /// How many records are about a person.
    package func count(ofSubject subject: SubjectID, tenant: TenantID) -> SQL {
        "SELECT count(*) FROM \(table) WHERE tenant_id = \(.uuid(tenant.uuid)) AND subject_id = \(.uuid(subject.uuid))"
    }

    /// The ids of records about a person.
    package func ids(ofSubject subject: SubjectID, limit: Int, tenant: TenantID) -> SQL {
        """
        SELECT id FROM \(table) WHERE tenant_id = \(.uuid(tenant.uuid)) AND subject_id = \(.uuid(subject.uuid)) LIMIT \(.int8(Int64(limit)))
        """
    }

    /// Counts, people and sums of each group.
    package func groups(_ grouping: RecordGrouping, tenant: TenantID) -> SQL {
        let keys = grouping.by.map { position -> SQL in "\(table).\(ColumnCoding.column(entity.fields[position]))" }
        let shown = grouping.by.map { position -> SQL in
            let field = entity.fields[position]
            return field.type == .money ? "\(table).\(ColumnCoding.column(field))::text" : "\(table).\(ColumnCoding.column(field))"
        }
        let counts: [SQL] = ["count(*)", "count(DISTINCT subject_id)"]
        let sums = grouping.sums.map { position -> SQL in "sum(\(table).\(ColumnCoding.column(entity.fields[position])))::text" }
        return """
            SELECT \(joining: shown + counts + sums) FROM \(table)
            WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(grouping.condition.filter(entity))
            GROUP BY \(joining: keys) ORDER BY \(joining: keys) LIMIT \(.int8(Int64(grouping.limit)))
            """
    }

    /// What comes behind a row in the order of an index over (column, id): NULL is last going up and first going down.
    private func beyond(_ after: RecordPage.Position, _ sort: Int?, _ ascending: Bool) -> SQL {
        let id = SQLParameter.uuid(after.id.uuid)
        guard let sort else { return ascending ? "id > \(id)" : "id < \(id)" }
        let field = entity.fields[sort]
        let column = ColumnCoding.column(field)
        guard let value = after.value else {
            return ascending ? "(\(column) IS NULL AND id > \(id))" : "((\(column) IS NULL AND id < \(id)) OR \(column) IS NOT NULL)"
        }
        let mark = ColumnCoding.parameter(value, field)
        return ascending
            ? "((\(column), id) > (\(mark), \(id)) OR \(column) IS NULL)"
            : "(\(column), id) < (\(mark), \(id))"
    }
}

extension SQL {
    fileprivate func returning(_ shape: RecordShape?) -> SQL {
        guard let shape else { return self }
        return "\(self) RETURNING \(shape.qualifiedColumns)"
    }
}

/// One page of a list.
package struct RecordPage: Sendable {
    /// The last row of the page before.
    package struct Position: Sendable {
        package let value: FieldValue?
        package let id: RecordID
        package init(value: FieldValue?, id: RecordID) {
            self.value = value
            self.id = id
        }
    }

    /// Only records for which it holds.
    package var condition = RowCondition.constant(true)
    /// The position of a plain indexed field; `nil` sorts by id, which is the order of creation.
    package var sort: Int?
    package var isDescending = false
    package var after: Position?
    package var limit = 50
    package init() {}
}
