import PostgresLink
import Vocabulary

/// How export, erasure and retention reach a table that is not derived from the catalog, or the reason why they need not.
///
/// Every column of every such table stands in one of these, so that a new one is thought about: a test compares them with the schema. Erasure
/// makes its statements from them.
package struct SystemReach: Sendable {
    package enum Export: Sendable {
        /// The person is shown its rows.
        case shown
        case not(because: String)
    }

    package enum Erasure: Sendable {
        /// The rows of the person go, found by this column.
        case rows(by: StaticString)
        /// Something else than a row going makes it tell of nobody any more.
        case step(String)
        case not(because: String)
    }

    package enum Retention: Sendable {
        /// Goes when the person goes.
        case withThePerson
        /// Goes by a period of its own.
        case after(String)
        case not(because: String)
    }

    package let table: StaticString
    /// Beside `tenant_id`.
    package let columns: [StaticString]
    package let export: Export
    package let erasure: Erasure
    package let retention: Retention
    /// Its rows are never changed or removed, but by an erasure that says so to the guard of the table; see ``ConsentSchema``.
    var isGuarded = false

    /// A table that holds nothing about people who are somebody's customers.
    static func nobody(_ table: StaticString, because reason: String, _ columns: [StaticString]) -> SystemReach {
        SystemReach(
            table: table, columns: columns, export: .not(because: reason), erasure: .not(because: reason), retention: .not(because: reason))
    }

    /// Rows of a person, by the column that names the person.
    static func person(
        _ table: StaticString, by column: StaticString, _ columns: [StaticString], isGuarded: Bool = false
    ) -> SystemReach {
        SystemReach(
            table: table, columns: columns, export: .shown, erasure: .rows(by: column), retention: .withThePerson, isGuarded: isGuarded)
    }

    /// Statements that take the rows of people away from every table of the store that is reached by rows.
    static func deletions(_ people: ErasedPeople) -> [(table: StaticString, statement: SQL)] {
        store.compactMap { reach in
            guard case .rows(let column) = reach.erasure else { return nil }
            let (table, subject) = (TableDeclaration.known(reach.table), TableDeclaration.known(column))
            // Holds for the transaction: the guard is asked for each row, and this before the first.
            let saying: SQL = reach.isGuarded ? " AND (SELECT set_config('gatehouse.erasing', 'on', true)) = 'on'" : ""
            return (
                reach.table,
                "DELETE FROM \(table) WHERE tenant_id = \(.uuid(people.tenant.uuid)) AND \(people.holds("\(table).\(subject)"))\(saying)"
            )
        }
    }
}
