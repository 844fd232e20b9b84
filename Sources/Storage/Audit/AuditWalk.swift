package import PostgresLink
package import Vocabulary

/// Ways through the trail from the oldest event on, a page at a time, for whoever adds up what it passes.
///
/// Each page is a statement of its own, so that no memory grows with the trail and a revoked credential ends the walk.
extension StoreDatabase {
    private static let walkedColumns: SQL = "e.id, e.epoch, e.position, e.entry, e.reason, e.records, e.salt"

    /// What somebody did.
    ///
    /// - Parameter app: with this key alone. It is a word of the entry, see ``entryHas(_:_:)``.
    package func auditEvents(
        by actor: String, app: String?, since: Instant?, until: Instant?, after: EventID?, limit: Int, _ scope: Scope
    ) async throws(StorageError) -> [FoundEvent] {
        var conditions: [SQL] = ["tenant_id = \(.uuid(scope.tenant.uuid))", "actor = \(.text(actor))"]
        if let app { conditions.append(Self.entryHas("app", app)) }
        conditions.append(Self.within(since, until))
        if let after { conditions.append("id > \(.uuid(after.uuid))") }
        let rows = try await read(
            scope,
            [
                """
                SELECT \(Self.foundColumns) FROM audit_event WHERE \(joining: conditions, by: " AND ")
                ORDER BY id LIMIT \(.int8(Int64(limit)))
                """
            ]
        )[0]
        return Self.foundEvents(rows)
    }

    /// What happened to somebody's data.
    package func auditEvents(
        about pseudonym: UUIDv7, after: EventID?, limit: Int, _ scope: Scope
    ) async throws(StorageError) -> [FoundEvent] {
        let later: SQL = after.map { "AND s.id > \(.uuid($0.uuid))" } ?? ""
        let rows = try await read(
            scope,
            [
                """
                SELECT \(Self.walkedColumns) FROM audit_subject s JOIN audit_event e ON e.tenant_id = s.tenant_id AND e.id = s.id
                WHERE s.tenant_id = \(.uuid(scope.tenant.uuid)) AND s.pseudonym = \(.uuid(pseudonym)) \(later)
                ORDER BY s.id LIMIT \(.int8(Int64(limit)))
                """
            ]
        )[0]
        return Self.foundEvents(rows)
    }

    /// Events about exactly one of these records that do not name its person: what was denied, or found nothing. A record's id stands in
    /// the margin, so that events whose margin was taken away are not among them.
    package func auditEvents(
        naming records: [RecordID], butNot pseudonym: UUIDv7, after: EventID?, limit: Int, _ scope: Scope
    ) async throws(StorageError) -> [FoundEvent] {
        let later: SQL = after.map { "AND e.id > \(.uuid($0.uuid))" } ?? ""
        let rows = try await survey(
            scope,
            [
                """
                SELECT \(Self.walkedColumns) FROM audit_event e
                WHERE e.tenant_id = \(.uuid(scope.tenant.uuid)) AND e.records = ANY(\(.byteStrings(records.map(\.uuid.bytes)))) \(later)
                  AND NOT EXISTS (SELECT FROM audit_subject s
                    WHERE s.tenant_id = e.tenant_id AND s.pseudonym = \(.uuid(pseudonym)) AND s.id = e.id)
                ORDER BY e.id LIMIT \(.int8(Int64(limit)))
                """
            ]
        )[0]
        return Self.foundEvents(rows)
    }

    /// Bounds by the id, which partitions and indexes go by, and by the exact time.
    static func within(_ since: Instant?, _ until: Instant?) -> SQL {
        let from: SQL = since.map { "id >= \(.uuid(least($0))) AND at >= \(.timestamp($0))" } ?? "true"
        let to: SQL = until.map { "id < \(.uuid(least($0.advanced(by: .milliseconds(1))))) AND at < \(.timestamp($0))" } ?? "true"
        return "\(from) AND \(to)"
    }

    /// Reads that take their time, over a connection that nobody else waits for.
    package func survey(_ scope: Scope, _ statements: [SQL]) async throws(StorageError) -> [ResultSet] {
        try await transaction(scope, wrap: { $0 }) { (transaction: Transaction) async throws(StorageError) in
            transaction.enqueue("SET TRANSACTION READ ONLY")
            do throws(LinkError) { return try await transaction.execute(statements) } catch { throw StorageError(error) }
        }
    }
}
