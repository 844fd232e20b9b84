package import PostgresLink
package import Vocabulary

/// A search token of one record: a hint where to look, never a proof.
package struct SearchToken: Sendable, Hashable {
    /// `entity.field/kind`
    package let place: String
    package let token: [UInt8]
    package let record: RecordID
    package init(place: String, token: [UInt8], record: RecordID) {
        self.place = place
        self.token = token
        self.record = record
    }
}

extension VaultDatabase {
    /// Records that may have the value, at most `limit`, in the order of their ids.
    package func records(at place: String, token: [UInt8], tenant: TenantID, limit: Int) async throws(StorageError) -> [RecordID] {
        let rows = try await read(
            tenant,
            [
                """
                SELECT record_id FROM search_token WHERE tenant_id = \(.uuid(tenant.uuid)) AND place = \(.text(place))
                  AND token = \(.bytes(token)) ORDER BY record_id LIMIT \(.int8(Int64(limit)))
                """
            ]
        )[0]
        return (0..<rows.rowCount).compactMap { rows.uuid($0, 0).map { RecordID($0) } }
    }

    /// The same for many tokens of one place at once.
    package func records(at place: String, tokens: [[UInt8]], tenant: TenantID) async throws(StorageError) -> [[UInt8]: [RecordID]] {
        let rows = try await read(
            tenant,
            [
                """
                SELECT token, record_id FROM search_token WHERE tenant_id = \(.uuid(tenant.uuid)) AND place = \(.text(place))
                  AND token = ANY(\(.byteStrings(tokens))) ORDER BY token, record_id
                """
            ]
        )[0]
        var found: [[UInt8]: [RecordID]] = [:]
        for row in 0..<rows.rowCount {
            if let token = rows.bytes(row, 0), let record = rows.uuid(row, 1) { found[token, default: []].append(RecordID(record)) }
        }
        return found
    }

    package static func addTokens(_ tokens: [SearchToken], of tenant: TenantID) -> SQL {
        """
        INSERT INTO search_token (tenant_id, place, token, record_id)
        SELECT \(.uuid(tenant.uuid)), place, token, record_id
        FROM unnest(\(.texts(tokens.map(\.place))), \(.byteStrings(tokens.map(\.token))), \(.uuids(tokens.map(\.record.uuid))))
          AS new (place, token, record_id)
        ON CONFLICT DO NOTHING
        """
    }

    package static func removeTokens(_ tokens: [SearchToken], of tenant: TenantID) -> SQL {
        """
        DELETE FROM search_token USING unnest(\(.texts(tokens.map(\.place))), \(.byteStrings(tokens.map(\.token))),
          \(.uuids(tokens.map(\.record.uuid)))) AS old (place, token, record_id)
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND search_token.place = old.place AND search_token.token = old.token
          AND search_token.record_id = old.record_id
        """
    }

    package static func removeTokens(ofRecord record: RecordID, tenant: TenantID) -> SQL {
        "DELETE FROM search_token WHERE tenant_id = \(.uuid(tenant.uuid)) AND record_id = \(.uuid(record.uuid))"
    }
}
