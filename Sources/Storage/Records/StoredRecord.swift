package import Catalog
import PostgresLink
package import Vocabulary

/// A row as PostgreSQL returned it, sealed fields still sealed. Cannot be encoded: only a disclosure can.
package struct StoredRecord: Sendable {
    package let id: RecordID
    package let version: Int64
    package let subject: SubjectID?
    package let shape: RecordShape
    private let rows: ResultSet
    private let row: Int

    init?(_ rows: ResultSet, _ row: Int, _ shape: RecordShape) {
        guard row < rows.rowCount, let id = rows.uuid(row, 0), let version = rows.int64(row, 1) else { return nil }
        self.id = RecordID(id)
        self.version = version
        self.subject = rows.uuid(row, 2).map { SubjectID($0) }
        self.shape = shape
        self.rows = rows
        self.row = row
    }

    static func all(_ rows: ResultSet, _ shape: RecordShape) -> [StoredRecord] {
        (0..<rows.rowCount).compactMap { StoredRecord(rows, $0, shape) }
    }

    /// Lends the cells by the position of their field: bytes as PostgreSQL sent them, `nil` when NULL or not asked for.
    package func withCells<Value>(_ body: (_ cell: (Int) -> UnsafeRawBufferPointer?) -> Value) -> Value {
        rows.withRow(row) { cells in
            body { position in
                let column = shape.columnOf[position]
                return column < 0 ? nil : cells[column]
            }
        }
    }

    /// The value of a plain field; `nil` when NULL, sealed or not asked for.
    package func plainValue(_ position: Int) -> FieldValue? {
        let column = shape.columnOf[position]
        let field = shape.entity.fields[position]
        guard column >= 0, !field.isSealed else { return nil }
        return ColumnCoding.value(of: field.type, rows, row, column)
    }

    /// The envelope of a sealed field.
    package func sealedBytes(_ position: Int) -> [UInt8]? {
        let column = shape.columnOf[position]
        guard column >= 0, shape.entity.fields[position].isSealed else { return nil }
        return rows.bytes(row, column)
    }

    /// Whether the row answers yes to a question of its shape; see ``RecordShape/asking(_:)``.
    package func answer(_ question: Int) -> Bool {
        precondition(question >= 0 && question < shape.answerCount, "the shape asks no such question")
        return rows.bool(row, shape.firstAnswer + question) ?? false
    }

    package var answers: [Bool] { answers(from: 0, count: shape.answerCount) }
    package func answers(from first: Int, count: Int) -> [Bool] { (first..<first + count).map { answer($0) } }
}
