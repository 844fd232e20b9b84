import PostgresLink
package import Vocabulary

/// How the tokens of one place are distributed: what somebody who has the vault alone can count.
package struct TokenStatistics: Sendable {
    /// `entity.field/kind`
    package let place: String
    package let tokens: Int
    package let distinct: Int
    /// How often the commonest token occurs.
    package let largest: Int
    /// Shannon entropy of the distribution in bits.
    package let entropy: Double

    package init(place: String, tokens: Int, distinct: Int, largest: Int, entropy: Double) {
        self.place = place
        self.tokens = tokens
        self.distinct = distinct
        self.largest = largest
        self.entropy = entropy
    }
}

extension VaultDatabase {
    /// How many tokens lead to records of these holders.
    package func tokenCount(of holders: [UUIDv7], tenant: TenantID) async throws(StorageError) -> Int {
        let rows = try await read(
            tenant, ["SELECT count(*) FROM search_token WHERE tenant_id = \(.uuid(tenant.uuid)) AND holder = ANY(\(.uuids(holders)))"])[0]
        return Int(rows.int64(0, 0) ?? 0)
    }

    /// Counts tokens of one search key, by place. Reads every token of the tenant: for reports, not for requests.
    package func tokenStatistics(
        of places: [String], generation: Int32, tenant: TenantID
    ) async throws(StorageError) -> [TokenStatistics] {
        let rows = try await read(
            tenant,
            [
                // As many groups as there are different values; the default would send them to disk.
                "SELECT set_config('work_mem', '128MB', true)",
                """
                SELECT place, sum(size)::bigint, count(*), max(size),
                  round(1000 * (ln(sum(size)::double precision) - sum(size * ln(size::double precision)) / sum(size)::double precision) / ln(2::double precision))::bigint
                FROM (
                  SELECT place, token, count(*) AS size FROM search_token
                  WHERE tenant_id = \(.uuid(tenant.uuid)) AND generation = \(.int4(generation)) AND place = ANY(\(.texts(places)))
                  GROUP BY place, token
                ) AS bucket GROUP BY place ORDER BY place
                """,
            ]
        )[1]
        return (0..<rows.rowCount).map { row in
            TokenStatistics(
                place: rows.text(row, 0) ?? "", tokens: Int(rows.int64(row, 1) ?? 0), distinct: Int(rows.int64(row, 2) ?? 0),
                largest: Int(rows.int64(row, 3) ?? 0), entropy: Double(rows.int64(row, 4) ?? 0) / 1000
            )
        }
    }
}
