package import Catalog
package import Expressions
import PostgresLink

/// Which columns of an entity a query asks for: id, version and subject, then only the fields the caller may know of.
/// A hidden field is not even fetched.
package final class RecordShape: Sendable {
    package let entity: Entity
    /// Columns and answers, the parameters of the answers in place.
    let columns: SQL
    /// The same with the table's name before each, for a statement that joins.
    let qualifiedColumns: SQL
    /// One record of a tenant, its last two parameters still to be filled in.
    let selection: SQL
    /// For each field its column in the answer, or -1.
    let columnOf: [Int]
    /// Behind the columns, what was asked of each row.
    let firstAnswer: Int
    package let answerCount: Int

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
        self.selection = Self.selection(self.columns, table)
        self.firstAnswer = columns.count
        self.answerCount = 0
    }

    /// The same columns, and a yes or no to each question about the row: an error answers no.
    ///
    /// Made for one request, because the questions hold what the caller and the request put into them; a shape without
    /// questions is made once and kept.
    package func asking(_ questions: [RowCondition]) -> RecordShape { questions.isEmpty ? self : RecordShape(self, questions) }

    private init(_ shape: RecordShape, _ questions: [RowCondition]) {
        entity = shape.entity
        columnOf = shape.columnOf
        firstAnswer = shape.firstAnswer + shape.answerCount
        answerCount = questions.count
        let answers = questions.map { question -> SQL in "COALESCE(\(question.sql(shape.entity)), FALSE)" }
        columns = "\(shape.columns), \(joining: answers)"
        qualifiedColumns = "\(shape.qualifiedColumns), \(joining: answers)"
        selection = Self.selection(columns, ColumnCoding.table(entity))
    }

    private static func selection(_ columns: SQL, _ table: SQLIdentifier) -> SQL {
        "SELECT \(columns) FROM \(table) WHERE tenant_id = \(SQLParameter.uuid(nil)) AND id = \(SQLParameter.uuid(nil))"
    }

    package static func whole(_ entity: Entity) -> RecordShape { RecordShape(entity) { _ in true } }
}
