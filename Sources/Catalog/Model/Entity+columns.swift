package import Expressions

extension Entity {
    /// What a condition may say of a record of this kind: its fields, its `id`, and, where records are about a person,
    /// whether that person has restricted or objected to processing (GDPR Art. 18, 21).
    ///
    /// Everything there is; who may speak of which column is for the caller to cut down.
    package var columns: [Column] {
        var columns = [Column("id", .identifier)]
        columns += fields.map(\.column)
        if subject != .nobody {
            if position(of: "restricted") == nil { columns.append(Column("restricted", .boolean, origin: .restricted)) }
            if position(of: "objected") == nil { columns.append(Column("objected", .boolean, origin: .objected)) }
        }
        return columns
    }
}

extension Field {
    package var column: Column {
        Column(name, columnKind, isSealed: isSealed, isSearchable: isExactlySearchable, choices: type == .choice ? choices : [])
    }

    /// The form that its values have in conditions.
    package var columnKind: Column.Kind {
        switch type {
        case .text, .longtext, .email, .phone, .url, .choice, .currency, .country, .user, .team: .text
        case .integer: .integer
        case .money: .decimal
        case .boolean: .boolean
        case .date: .date
        case .timestamp: .timestamp
        case .reference: .identifier
        }
    }
}
