import PostgresLink
package import Vocabulary

/// How often somebody who asked to be forgotten was kept from being brought back.
package struct SuppressionCount: Sendable, Equatable {
    /// The request by which they went.
    package let erasure: UUIDv7
    package let since: Instant
    package let tokens: Int
    package let keptOut: Int
}

/// What keeps erased people from being brought back: keyed digests of what they were known by, each with the erasure it is of.
extension VaultDatabase {
    package func suppress(_ tokens: [[UInt8]], erasure: UUIDv7, tenant: TenantID) async throws(StorageError) {
        if tokens.isEmpty { return }
        try await write(
            tenant,
            [
                """
                INSERT INTO suppression (tenant_id, token, erasure_id, created_at, kept_out)
                SELECT \(.uuid(tenant.uuid)), token, \(.uuid(erasure)), now(), 0 FROM unnest(\(.byteStrings(tokens))) AS new (token)
                ON CONFLICT DO NOTHING
                """
            ]
        )
    }

    /// Takes some of an erasure's tokens back.
    package func unsuppress(_ tokens: [[UInt8]], erasure: UUIDv7, tenant: TenantID) async throws(StorageError) {
        try await write(
            tenant,
            [
                """
                DELETE FROM suppression WHERE tenant_id = \(.uuid(tenant.uuid)) AND erasure_id = \(.uuid(erasure))
                  AND token = ANY(\(.byteStrings(tokens)))
                """
            ])
    }

    /// Those of the tokens that are suppressed.
    package func suppressed(_ tokens: [[UInt8]], tenant: TenantID) async throws(StorageError) -> Set<[UInt8]> {
        if tokens.isEmpty { return [] }
        let rows = try await read(
            tenant, ["SELECT token FROM suppression WHERE tenant_id = \(.uuid(tenant.uuid)) AND token = ANY(\(.byteStrings(tokens)))"])[0]
        return Set((0..<rows.rowCount).compactMap { rows.bytes($0, 0) })
    }

    /// Counts that somebody would have come back by these.
    package func countKeptOut(_ tokens: [[UInt8]], tenant: TenantID) async throws(StorageError) {
        try await write(
            tenant,
            ["UPDATE suppression SET kept_out = kept_out + 1 WHERE tenant_id = \(.uuid(tenant.uuid)) AND token = ANY(\(.byteStrings(tokens)))"])
    }

    /// Lets people come back: by what they are known by, whatever erasure it is of.
    ///
    /// - Returns: the erasures whose suppression ended as a whole.
    package func liftSuppression(_ tokens: [[UInt8]], tenant: TenantID) async throws(StorageError) -> [UUIDv7] {
        let those: SQL = """
            erasure_id IN (
              SELECT erasure_id FROM suppression WHERE tenant_id = \(.uuid(tenant.uuid)) AND token = ANY(\(.byteStrings(tokens))))
            """
        return try await liftSuppressions(those, tenant).erasures
    }

    /// The same for the person of one erasure.
    package func liftSuppression(ofErasure erasure: UUIDv7, tenant: TenantID) async throws(StorageError) -> Int {
        try await liftSuppressions("erasure_id = \(.uuid(erasure))", tenant).tokens
    }

    /// With a note of each erasure, so that no copy from before keeps its people out again.
    private func liftSuppressions(_ those: SQL, _ tenant: TenantID) async throws(StorageError) -> (erasures: [UUIDv7], tokens: Int) {
        let id = SQLParameter.uuid(tenant.uuid)
        let rows = try await write(
            tenant,
            [
                """
                WITH gone AS (DELETE FROM suppression WHERE tenant_id = \(id) AND \(those) RETURNING erasure_id), noted AS (
                  INSERT INTO lifted_suppression (tenant_id, erasure_id, lifted_at) SELECT DISTINCT \(id), erasure_id, now() FROM gone
                  ON CONFLICT (tenant_id, erasure_id) DO UPDATE SET lifted_at = now(), recorded_in = NULL)
                SELECT erasure_id, count(*) FROM gone GROUP BY erasure_id ORDER BY erasure_id
                """
            ])[0]
        let tokens = (0..<rows.rowCount).reduce(0) { $0 + Int(rows.int64($1, 1) ?? 0) }
        return ((0..<rows.rowCount).compactMap { rows.uuid($0, 0) }, tokens)
    }

    /// In the order of their beginning.
    package func suppressions(of tenant: TenantID) async throws(StorageError) -> [SuppressionCount] {
        let rows = try await read(
            tenant,
            [
                """
                SELECT erasure_id, min(created_at), count(*), max(kept_out) FROM suppression WHERE tenant_id = \(.uuid(tenant.uuid))
                GROUP BY erasure_id ORDER BY min(created_at), erasure_id
                """
            ])[0]
        return (0..<rows.rowCount).compactMap { row in
            guard let erasure = rows.uuid(row, 0), let since = rows.timestamp(row, 1) else { return nil }
            return SuppressionCount(
                erasure: erasure, since: since, tokens: Int(rows.int64(row, 2) ?? 0), keptOut: Int(rows.int64(row, 3) ?? 0))
        }
    }
}
