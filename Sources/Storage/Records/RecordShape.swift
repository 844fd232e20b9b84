package import Catalog
package import Expressions
import PostgresLink
import Synchronization
import Vocabulary

/// Which columns of an entity a query asks for: id, version and subject, then only the fields the caller may know of.
/// A hidden field is not even fetched.
package final class RecordShape: Sendable {
    package let entity: Entity
    /// Columns and answers, the parameters of the answers in place.
    let columns: SQL
    /// The same with the table's name before each, for a statement that joins.
    let qualifiedColumns: SQL
    /// For each field its column in the answer, or -1.
    let columnOf: [Int]
    /// Behind the columns, what was asked of each row.
    let firstAnswer: Int
    private let selections = Mutex<[RowCondition: SQL]>([:])
    private let asked = Mutex<[[RowCondition]: RecordShape]>([:])
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
        self.firstAnswer = columns.count
        self.answerCount = 0
    }

    /// The same columns, and a yes or no to each question about the row: an error answers no.
    ///
    /// Made once for the same questions, within reason: they hold what the caller and the request put into them.
    package func asking(_ questions: [RowCondition]) -> RecordShape {
        if questions.isEmpty { return self }
        if let made = asked.withLock({ $0[questions] }) { return made }
        let shape = RecordShape(self, questions)
        asked.withLock { asked in
            if asked.count >= 256 { asked.removeAll() }
            asked[questions] = shape
        }
        return shape
    }

    private init(_ shape: RecordShape, _ questions: [RowCondition]) {
        entity = shape.entity
        columnOf = shape.columnOf
        firstAnswer = shape.firstAnswer + shape.answerCount
        answerCount = questions.count
        let answers = questions.map { question -> SQL in "COALESCE(\(question.sql(shape.entity)), FALSE)" }
        columns = "\(shape.columns), \(joining: answers)"
        qualifiedColumns = "\(shape.qualifiedColumns), \(joining: answers)"
    }

    /// One record of a tenant, if it fits. The text is made once for each condition; it is the hot path.
    func selection(of id: RecordID, tenant: TenantID, where condition: RowCondition) -> SQL {
        let place = [SQLParameter.uuid(tenant.uuid), .uuid(id.uuid)]
        if let made = selections.withLock({ $0[condition] }) {
            return made.with(columns.parameters + place + made.parameters.dropFirst(columns.parameters.count + place.count))
        }
        let rest: SQL = condition.isAlways ? "" : " AND \(condition.filter(entity))"
        let selection: SQL = """
            SELECT \(columns) FROM \(ColumnCoding.table(entity)) WHERE tenant_id = \(place[0]) AND id = \(place[1])\(rest)
            """
        selections.withLock { selections in
            if selections.count >= 256 { selections.removeAll() }
            selections[condition] = selection
        }
        return selection
    }

}
