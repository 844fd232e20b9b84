import PostgresLink
package import Vocabulary

/// Somebody's pseudonym, as the trail writes it, and when an actor last saw them.
package struct SeenPerson: Sendable {
    package let pseudonym: [UInt8]
    package let at: Instant
}

extension StoreDatabase {
    /// The people whom an actor was shown since a time, as the trail knows; the most recent first.
    package func peopleSeen(by actor: String, since: Instant, limit: Int, _ scope: Scope) async throws(StorageError) -> [SeenPerson] {
        let rows = try await read(
            scope,
            [
                """
                SELECT decode(subject, 'hex'), max(at)
                FROM audit_event CROSS JOIN LATERAL jsonb_array_elements_text(convert_from(entry, 'UTF8')::jsonb -> 'subjects') AS s (subject)
                WHERE tenant_id = \(.uuid(scope.tenant.uuid)) AND actor = \(.text(actor)) AND \(Self.within(since, nil))
                  AND \(Self.entryHas("outcome", "disclosed"))
                GROUP BY 1 ORDER BY 2 DESC LIMIT \(.int8(Int64(limit)))
                """
            ]
        )[0]
        return (0..<rows.rowCount).compactMap { row in
            guard let pseudonym = rows.bytes(row, 0), let at = rows.timestamp(row, 1) else { return nil }
            return SeenPerson(pseudonym: pseudonym, at: at)
        }
    }
}
