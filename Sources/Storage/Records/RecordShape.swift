package import Catalog
import PostgresLink

/// Which columns of an entity a query asks for: id, version and subject, then only the fields the caller may know of.
/// A hidden field is not even fetched.
package final class RecordShape: Sendable {
    package let entity: Entity
    let columns: SQL
    /// The same with the table's name before each, for a statement that joins.
    let qualifiedColumns: SQL
    /// One record of a tenant, its parameters still to be filled in.
    let selection: SQL
    /// For each field its column in the answer, or -1.
    let columnOf: [Int]

    package init(_ entity: Entity, visible: (Int) -> Bool) {
        self.entity = entity
        var columns: [SQL] = ["id", "version", "subject_id"]
        var columnOf: [Int] = []
        for (position, field) in entity.fields.enumerated() {
            if visible(position) {
                columnOf.append(columns.count)
                columns.append(ColumnCoding.selection(field))
            } else {
                columnOf.append(-1)
            }
        }
        self.columns = "\(joining: columns)"
        let table = ColumnCoding.table(entity)
        self.qualifiedColumns = "\(joining: columns.map { column -> SQL in "\(table).\(column)" })"
        self.columnOf = columnOf
        self.selection = """
            SELECT \(self.columns) FROM \(table) WHERE tenant_id = \(SQLParameter.uuid(nil)) AND id = \(SQLParameter.uuid(nil))
            """
    }

    package static func whole(_ entity: Entity) -> RecordShape { RecordShape(entity) { _ in true } }
}
