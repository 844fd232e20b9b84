package import PostgresLink

/// What the rows of each table come to, by which two copies of a database are compared.
package struct TableSum: Sendable, Equatable {
    package let table: String
    package let count: Int
    /// The sum of `hash_record_extended` over the rows, in decimal: it does not depend on their order. PostgreSQL computes it from the values as
    /// they rest, which is the same for all its versions that hash alike; it finds faults, and is no proof against somebody who wants to deceive.
    package let sum: String
}

package enum TableSums {
    /// Lets other sessions see what this transaction sees, for as long as it is open: what `pg_dump --snapshot` takes.
    package static func exportSnapshot(_ transaction: Transaction) async throws(StorageError) -> String {
        let rows = try await ask(transaction, "SELECT pg_export_snapshot()::text")
        return rows.text(0, 0) ?? ""
    }

    /// Every table of the schema `public`, in the order of their names; a table that has parts counts as one.
    ///
    /// - Parameter progress: told how many tables were read, of how many.
    package static func read(
        _ transaction: Transaction, progress: (Int, Int) -> Void = { _, _ in }
    ) async throws(StorageError) -> [TableSum] {
        let names = try await ask(
            transaction,
            """
            SELECT relname::text FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1
            """)
        var sums: [TableSum] = []
        for row in 0..<names.rowCount {
            guard let name = names.text(row, 0), let table = SQLIdentifier(name) else { continue }
            let sum = try await ask(transaction, "SELECT count(*), coalesce(sum(hash_record_extended(rows, 0)), 0)::text FROM \(table) AS rows")
            sums.append(TableSum(table: name, count: Int(sum.int64(0, 0) ?? 0), sum: sum.text(0, 1) ?? ""))
            progress(row + 1, names.rowCount)
        }
        return sums
    }

    /// How many bytes the tables of a database take, without indexes: about what a dump has.
    package static func byteEstimate(_ database: Database) async throws(StorageError) -> Int {
        do {
            let rows = try await database.read([
                """
                SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
                """
            ])[0]
            return Int(rows.int64(0, 0) ?? 0)
        } catch {
            throw StorageError(error)
        }
    }

    private static func ask(_ transaction: Transaction, _ question: SQL) async throws(StorageError) -> ResultSet {
        do { return try await transaction.execute([question])[0] } catch { throw StorageError(error) }
    }
}
