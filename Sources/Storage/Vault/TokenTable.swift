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
    /// Records that may have one of the values, by the token of the value.
    package func records(at place: String, tokens: [[UInt8]], tenant: TenantID) async throws(StorageError) -> [[UInt8]: [RecordID]] {
        // For a single token the plan that serves every value is as good as one for this value, and is kept.
        let isOne: SQL = tokens.count == 1 ? "token = \(.bytes(tokens[0]))" : "token = ANY(\(.byteStrings(tokens)))"
        let rows = try await read(
            tenant,
            [
                """
                SELECT token, record_id FROM search_token WHERE tenant_id = \(.uuid(tenant.uuid)) AND place = \(.text(place)) AND \(isOne)
                ORDER BY token, record_id
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
