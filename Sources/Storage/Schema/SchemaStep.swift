package import PostgresLink

/// One statement that takes a database towards the catalog, or one difference that no statement should mend by itself.
package enum SchemaStep: Sendable {
    /// Adds something; nothing is lost by it.
    case add(what: String, statement: SQL)
    /// Something is there that should not be, or is of another kind. A person has to decide.
    case conflict(what: String, hint: String)

    package var what: String {
        switch self {
        case .add(let what, _), .conflict(let what, _): what
        }
    }
}

/// What separates a database from what it should be.
package struct SchemaPlan: Sendable {
    package let database: String
    package let steps: [SchemaStep]
    /// The database has no tables at all: whatever the plan adds, nothing of anybody's is touched.
    package let isFresh: Bool

    package var isEmpty: Bool { steps.isEmpty }
    package var conflicts: [SchemaStep] { steps.filter { if case .conflict = $0 { true } else { false } } }
    package var statements: [SQL] { steps.compactMap { if case .add(_, let statement) = $0 { statement } else { nil } } }
}
