package import Catalog
package import Expressions
package import PostgresLink
import Vocabulary

extension RowCondition {
    /// The condition over the table of an entity, where SQL's NULL is an error; in brackets of its own.
    ///
    /// Values are parameters, never text: conditions of the same form have the same text, whatever is in them.
    package func sql(_ entity: Entity) -> SQL {
        var writer = ConditionWriter(ColumnCoding.table(entity))
        writer.write(self)
        return "\(joining: writer.pieces, by: "")"
    }

    /// The rows that the condition allows, for a WHERE clause at its top or joined there with AND. An error allows nothing.
    ///
    /// This is `COALESCE(condition, FALSE)` without the words: WHERE keeps a row for TRUE alone, and an index can serve a
    /// comparison that no function is put around.
    package func filter(_ entity: Entity) -> SQL { sql(entity) }

    /// The rows that the condition does not deny, for a WHERE clause. An error denies.
    package func exclusion(_ entity: Entity) -> SQL { "NOT COALESCE(\(sql(entity)), TRUE)" }
}

/// Writes a condition as pieces that are joined once: joining at each level would read the same text over and over.
private struct ConditionWriter {
    private let table: SQLIdentifier
    private(set) var pieces: [SQL] = []

    init(_ table: SQLIdentifier) { self.table = table }

    mutating func write(_ condition: RowCondition) {
        switch condition {
        case .constant(let value): pieces.append(value ? "TRUE" : "FALSE")
        case .error, .sealed: pieces.append(Self.error)
        case .flag(let column): pieces.append(name(column))
        case .isNull(let column): pieces.append("(\(name(column)) IS NULL)")
        case .equal(let column, let value):
            pieces.append(Self.parameter(value, column).map { "(\(compared(column)) = \($0) AND \(name(column)) IS NOT NULL)" } ?? Self.error)
        case .anyOf(let column, let values, let orNull):
            guard let list = Self.parameter(values, column) else { return pieces.append(Self.error) }
            pieces.append("(\(compared(column)) = ANY(\(list)) AND \(name(column)) IS NOT NULL)")
            if orNull {
                pieces.insert("(", at: pieces.count - 1)
                pieces.append(" OR \(name(column)) IS NULL)")
            }
        case .same(let left, let right): pieces.append("(\(compared(left)) IS NOT DISTINCT FROM \(compared(right)))")
        case .ordered(let column, let order, let value):
            pieces.append(Self.parameter(value, column).map { "(\(ordered(column)) \(order.sql) \($0))" } ?? Self.error)
        case .relative(let left, let order, let right): pieces.append("(\(ordered(left)) \(order.sql) \(ordered(right)))")
        case .settled(let column, let value):
            pieces.append(value ? "(\(name(column)) IS NOT NULL OR NULL::boolean)" : "(\(name(column)) IS NULL AND NULL::boolean)")
        case .text(let column, let test, let part): pieces.append(text(name(column), test, .text(part.text)))
        case .length(let column, let order, let count): pieces.append("(char_length(\(name(column))) \(order.sql) \(.int8(count)))")
        case .identified(let records):
            // For a single record the plan that serves every value is as good as one for this value, and is kept.
            if records.count == 1, let record = records.first {
                pieces.append("(\(table).id = \(.uuid(record.uuid)))")
            } else {
                pieces.append("(\(table).id = ANY(\(.uuids(records.map(\.uuid)))))")
            }
        case .related(let column, let other, let condition): pieces.append(related(column, ColumnCoding.identifier(other), condition))
        case .subject(let condition): pieces.append(subject(condition))
        case .not(.isNull(let column)): pieces.append("(\(name(column)) IS NOT NULL)")
        case .not(let condition):
            pieces.append("(NOT ")
            write(condition)
            pieces.append(")")
        case .all(let conditions): write(conditions, " AND ", none: "TRUE")
        case .any(let conditions): write(conditions, " OR ", none: "FALSE")
        case .choice(let condition, let left, let right): write(condition, left, right)
        }
    }

    private static let error: SQL = "NULL::boolean"

    private mutating func write(_ conditions: [RowCondition], _ sign: SQL, none: SQL) {
        guard !conditions.isEmpty else { return pieces.append(none) }
        pieces.append("(")
        for (index, condition) in conditions.enumerated() {
            if index > 0 { pieces.append(sign) }
            write(condition)
        }
        pieces.append(")")
    }

    /// A condition that holds a choice itself is written once, not twice: choices in choices would double at every level.
    private mutating func write(_ condition: RowCondition, _ left: RowCondition, _ right: RowCondition) {
        let isOnce = condition.holdsChoice
        pieces.append(isOnce ? "(CASE " : "(CASE WHEN ")
        write(condition)
        pieces.append(isOnce ? " WHEN TRUE THEN " : " THEN ")
        write(left)
        if isOnce {
            pieces.append(" WHEN FALSE")
        } else {
            pieces.append(" WHEN NOT ")
            write(condition)
        }
        pieces.append(" THEN ")
        write(right)
        pieces.append(" END)")
    }

    // MARK: Columns

    private func name(_ column: Column) -> SQL {
        switch column.origin {
        case .stored: "\(table).\(ColumnCoding.identifier(column.name))"
        case .restricted: "EXISTS (SELECT FROM subject_restriction WHERE \(ofSubject("subject_restriction")))"
        case .objected: "EXISTS (SELECT FROM subject_objection WHERE \(ofSubject("subject_objection")))"
        }
    }

    /// An amount is compared as the double that it is in an expression, not to its last digit.
    private func compared(_ column: Column) -> SQL { column.kind == .decimal ? "(\(name(column)))::double precision" : name(column) }
    private func ordered(_ column: Column) -> SQL { column.kind == .text ? "\(name(column)) COLLATE \"C\"" : compared(column) }

    private func text(_ column: SQL, _ test: RowCondition.TextTest, _ part: SQLParameter) -> SQL {
        switch test {
        case .startsWith: "(starts_with(\(column), \(part)))"
        case .endsWith: "(right(\(column), char_length(\(part))) = $1)"
        case .contains: "(position(\(part) in \(column)) > 0)"
        }
    }

    // MARK: Other records

    private func related(_ column: Column, _ other: SQLIdentifier, _ condition: RowCondition) -> SQL {
        var inner = ConditionWriter(other)
        inner.write(condition)
        return """
            (EXISTS (SELECT FROM \(other) WHERE \(other).tenant_id = \(table).tenant_id AND \(other).id = \(name(column)) \
            AND \(joining: inner.pieces, by: "")))
            """
    }

    // MARK: People

    private func subject(_ condition: SubjectCondition) -> SQL {
        switch condition {
        case .consents(let purpose, let retired): consents(to: purpose, retired: retired)
        case .isUnrestricted: "(NOT EXISTS (SELECT FROM subject_restriction WHERE \(ofSubject("subject_restriction"))))"
        case .doesNotObject(to: nil): "(NOT EXISTS (SELECT FROM subject_objection WHERE \(ofSubject("subject_objection"))))"
        case .doesNotObject(to: let purpose?):
            """
            (NOT EXISTS (SELECT FROM subject_objection WHERE \(ofSubject("subject_objection")) \
            AND subject_objection.purpose = \(.text(purpose))))
            """
        case .allowsSale: "(NOT EXISTS (SELECT FROM subject_opt_out WHERE \(ofSubject("subject_opt_out")) AND subject_opt_out.kind = 'sale'))"
        case .allowsSensitiveUse:
            "(NOT EXISTS (SELECT FROM subject_opt_out WHERE \(ofSubject("subject_opt_out")) AND subject_opt_out.kind = 'sensitive'))"
        }
    }

    /// The last decisive event is a valid one. It is looked for by its number from behind, which the primary key of the ledger answers with one
    /// look; nothing is kept beside the ledger that could say something else.
    private func consents(to purpose: String, retired: [String]) -> SQL {
        let standing: SQL = retired.isEmpty ? "" : " AND (said.notice IS NULL OR said.notice <> ALL(\(.texts(retired))))"
        return """
            (\(table).subject_id IS NULL OR (SELECT said.state IN ('given', 'renewed') AND (said.valid_until IS NULL OR said.valid_until > now())\(standing) \
            FROM consent_event AS said WHERE \(ofSubject("said")) AND said.purpose = \(.text(purpose)) AND said.state <> 'requested' \
            ORDER BY said.sequence DESC LIMIT 1) IS TRUE)
            """
    }

    /// Rows about the person that the record is about; none for a record about nobody.
    private func ofSubject(_ other: SQL) -> SQL {
        "\(other).tenant_id = \(table).tenant_id AND \(other).subject_id = \(table).subject_id"
    }

    // MARK: Values

    private static func parameter(_ value: Value, _ column: Column) -> SQLParameter? {
        switch (column.kind, value) {
        case (.text, .string(let text)): .text(text)
        case (.integer, .int(let number)): .int8(number)
        case (.decimal, .double(let number)): .double(number)
        case (.boolean, .bool(let flag)): .bool(flag)
        case (.date, .timestamp(let time)): .date(CalendarDate(time))
        case (.timestamp, .timestamp(let time)): .timestamp(Instant(time))
        case (.identifier, .string(let text)): UUIDv7(text).map { .uuid($0) }
        default: nil
        }
    }

    /// The values as one array; `nil` when one of them does not have the form of the column.
    private static func parameter(_ values: [Value], _ column: Column) -> SQLParameter? {
        func all<Element>(_ element: (Value) -> Element?) -> [Element]? {
            let elements = values.compactMap(element)
            return elements.count == values.count ? elements : nil
        }
        return switch column.kind {
        case .text: all { if case .string(let text) = $0 { text } else { nil } }.map { .texts($0) }
        case .integer: all { if case .int(let number) = $0 { number } else { nil } }.map { .int8s($0) }
        case .decimal: all { if case .double(let number) = $0 { number } else { nil } }.map { .doubles($0) }
        case .boolean: all { if case .bool(let flag) = $0 { flag } else { nil } }.map { .bools($0) }
        case .date: all { if case .timestamp(let time) = $0 { CalendarDate(time) } else { nil } }.map { .dates($0) }
        case .timestamp: all { if case .timestamp(let time) = $0 { Instant(time) } else { nil } }.map { .timestamps($0) }
        case .identifier: all { if case .string(let text) = $0 { UUIDv7(text) } else { nil } }.map { .uuids($0) }
        }
    }
}

extension RowCondition {
    fileprivate var holdsChoice: Bool {
        switch self {
        case .choice: true
        case .not(let condition): condition.holdsChoice
        case .all(let conditions), .any(let conditions): conditions.contains { $0.holdsChoice }
        default: false
        }
    }
}

extension RowCondition.Order {
    fileprivate var sql: SQL {
        switch self {
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        case .greaterOrEqual: ">="
        case .equal: "="
        case .notEqual: "<>"
        }
    }
}

extension CalendarDate {
    /// The day that a midnight begins.
    fileprivate init(_ midnight: Timestamp) { self.init(daysSince1970: Int32(midnight.seconds / 86_400)) }
}

extension Instant {
    /// A time of whole microseconds.
    fileprivate init(_ time: Timestamp) { self.init(microseconds: time.seconds * 1_000_000 + Int64(time.nanoseconds) / 1000) }
}
