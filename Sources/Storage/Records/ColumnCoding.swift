import Catalog
import PostgresLink
import Vocabulary

/// How each field type rests in a column, and how its values travel.
enum ColumnCoding {
    /// As `format_type` of PostgreSQL prints it.
    static func columnType(_ field: Field) -> String {
        if field.isSealed { return "bytea" }
        return switch field.type {
        case .integer: "bigint"
        case .boolean: "boolean"
        case .date: "date"
        case .timestamp: "timestamp with time zone"
        case .reference: "uuid"
        case .money: "numeric"
        case .text, .longtext, .email, .phone, .url, .choice, .currency, .country, .user, .team: "text"
        }
    }

    /// Text sorts by code point, as CEL and keyset cursors expect.
    static func declaration(_ field: Field) -> SQL {
        if field.isSealed { return "bytea" }
        return switch field.type {
        case .integer: "bigint"
        case .boolean: "boolean"
        case .date: "date"
        case .timestamp: "timestamp with time zone"
        case .reference: "uuid"
        case .money: "numeric"
        case .text, .longtext, .email, .phone, .url, .choice, .currency, .country, .user, .team: "text COLLATE \"C\""
        }
    }

    static func identifier(_ name: String) -> SQLIdentifier {
        guard let identifier = SQLIdentifier(name) else { preconditionFailure("the catalog compiler lets no such name through") }
        return identifier
    }

    static func column(_ field: Field) -> SQLIdentifier { identifier(field.name) }
    static func table(_ entity: Entity) -> SQLIdentifier { identifier(entity.name) }

    /// The text form of a numeric is exact and needs no decoding.
    static func selection(_ field: Field) -> SQL {
        !field.isSealed && field.type == .money ? "\(column(field))::text" : "\(column(field))"
    }

    static func parameter(_ value: FieldValue?, _ field: Field) -> SQLParameter {
        switch field.type {
        case .integer: if case .integer(let value) = value { .int8(value) } else { .int8(nil) }
        case .boolean: if case .boolean(let value) = value { .bool(value) } else { .bool(nil) }
        case .date: if case .date(let value) = value { .date(value) } else { .date(nil) }
        case .timestamp: if case .timestamp(let value) = value { .timestamp(value) } else { .timestamp(nil) }
        case .reference: if case .reference(let value) = value { .uuid(value.uuid) } else { .uuid(nil) }
        case .money: if case .decimal(let value) = value { .numeric(value) } else { .numeric(nil) }
        case .phone: if case .phone(let raw, _) = value { .text(raw) } else { .text(nil) }
        case .text, .longtext, .email, .url, .choice, .currency, .country, .user, .team:
            if case .text(let value) = value { .text(value) } else { .text(nil) }
        }
    }

    static func value(of type: FieldType, _ rows: ResultSet, _ row: Int, _ column: Int) -> FieldValue? {
        switch type {
        case .integer: rows.int64(row, column).map { .integer($0) }
        case .boolean: rows.bool(row, column).map { .boolean($0) }
        case .date: rows.date(row, column).map { .date($0) }
        case .timestamp: rows.timestamp(row, column).map { .timestamp($0) }
        case .reference: rows.uuid(row, column).map { .reference(RecordID($0)) }
        case .money: rows.text(row, column).map { .decimal($0) }
        case .phone: rows.bytes(row, column).flatMap { FieldValue(plaintext: $0, type: .phone) }
        case .text, .longtext, .email, .url, .choice, .currency, .country, .user, .team: rows.text(row, column).map { .text($0) }
        }
    }
}
