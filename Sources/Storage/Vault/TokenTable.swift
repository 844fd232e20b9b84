package import PostgresLink
package import Vocabulary

/// A search token of one record: a hint where to look, never a proof.
package struct SearchToken: Sendable, Hashable {
    /// `entity.field/kind`
    package let place: String
    package let token: [UInt8]
    package let record: RecordID
    /// Whom the record is about, or the tenant: tokens of a person go with the person's key.
    package let holder: UUIDv7
    /// Of the search key that made it.
    package let generation: Int32
    package init(place: String, token: [UInt8], record: RecordID, holder: UUIDv7, generation: Int32) {
        self.place = place
        self.token = token
        self.record = record
        self.holder = holder
        self.generation = generation
    }

    /// What there is one row of, whoever holds it.
    package struct Identity: Hashable {
        let place: String
        let token: [UInt8]
        let record: RecordID
    }

    package var identity: Identity { Identity(place: place, token: token, record: record) }
}

/// Records that have a token, in the order of their ids.
package struct TokenWindow: Sendable {
    package let records: [RecordID]
    /// There are no others behind these.
    package let isWhole: Bool

    package init(records: [RecordID], isWhole: Bool) {
        self.records = records
        self.isWhole = isWhole
    }
}

extension VaultDatabase {
    /// Records that may have one of the values, by the token of the value.
    package func records(tokens: [[UInt8]], tenant: TenantID) async throws(StorageError) -> [[UInt8]: [RecordID]] {
        // For a single token the plan that serves every value is as good as one for this value, and is kept.
        let isOne: SQL = tokens.count == 1 ? "token = \(.bytes(tokens[0]))" : "token = ANY(\(.byteStrings(tokens)))"
        let rows = try await read(
            tenant,
            ["SELECT token, record_id FROM search_token WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(isOne) ORDER BY token, record_id"]
        )[0]
        var found: [[UInt8]: [RecordID]] = [:]
        for row in 0..<rows.rowCount {
            if let token = rows.bytes(row, 0), let record = rows.uuid(row, 1) { found[token, default: []].append(RecordID(record)) }
        }
        return found
    }

    // MARK: Several tokens at once

    /// For each token the next records that have it, in the order of their ids.
    ///
    /// - Parameters:
    ///   - after: for each token, records with greater ids only.
    ///   - limit: how many records of each token.
    package func records(
        having tokens: [[UInt8]], after: [RecordID?], limit: Int, tenant: TenantID
    ) async throws(StorageError) -> [TokenWindow] {
        // One scan of the key for each token, cut short: tokens in one condition would be read to their end before they are
        // sorted. Ids come as one cell for each token, since a row for each would cost more than finding it.
        let beginning = UUIDv7(high: 0, low: 0)
        let rows = try await read(
            tenant,
            [
                """
                SELECT found.records FROM unnest(\(.byteStrings(tokens)), \(.uuids(after.map { $0?.uuid ?? beginning })))
                  WITH ORDINALITY AS wanted (token, after, number)
                CROSS JOIN LATERAL (
                  SELECT string_agg(uuid_send(record_id), ''::bytea) AS records FROM (
                    SELECT record_id FROM search_token
                    WHERE tenant_id = \(.uuid(tenant.uuid)) AND search_token.token = wanted.token AND record_id > wanted.after
                    ORDER BY record_id LIMIT \(.int8(Int64(limit)))
                  ) AS hit
                ) AS found ORDER BY wanted.number
                """
            ]
        )[0]
        return tokens.indices.map { row in
            // A record can have a token at two places, when tokens are short.
            var records = rows.uuids(row, 0).map { RecordID($0) }
            let isWhole = records.count < limit
            if !zip(records, records.dropFirst()).allSatisfy({ $0 < $1 }) { records = Set(records).sorted() }
            return TokenWindow(records: records, isWhole: isWhole)
        }
    }

    /// Those of the records that have one of the tokens.
    package func those(of records: [RecordID], having tokens: [[UInt8]], tenant: TenantID) async throws(StorageError) -> Set<RecordID> {
        let rows = try await read(
            tenant,
            [
                """
                SELECT record_id FROM search_token
                WHERE tenant_id = \(.uuid(tenant.uuid)) AND record_id = ANY(\(.uuids(records.map(\.uuid)))) AND token = ANY(\(.byteStrings(tokens)))
                """
            ]
        )[0]
        return Set((0..<rows.rowCount).compactMap { rows.uuid($0, 0).map { RecordID($0) } })
    }

    /// For a transaction that holds the keys of the holders: tokens of whose key is gone are left out.
    static func addTokens(_ tokens: [SearchToken], of tenant: TenantID) -> SQL {
        """
        INSERT INTO search_token (tenant_id, token, record_id, holder, place, generation)
        SELECT \(.uuid(tenant.uuid)), token, record_id, holder, place, generation
        FROM unnest(\(.byteStrings(tokens.map(\.token))), \(.uuids(tokens.map(\.record.uuid))), \(.uuids(tokens.map(\.holder))),
          \(.texts(tokens.map(\.place))), \(.int4s(tokens.map(\.generation)))) AS new (token, record_id, holder, place, generation)
        WHERE EXISTS (SELECT FROM data_key WHERE data_key.tenant_id = \(.uuid(tenant.uuid)) AND data_key.holder = new.holder)
        ON CONFLICT (tenant_id, token, record_id, place) DO UPDATE SET holder = EXCLUDED.holder WHERE search_token.holder <> EXCLUDED.holder
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

    /// - Parameter holder: whom the record was about, or the tenant: tokens are kept by them.
    ///   A record of another entity may have the same id: a lead, and the contact that it became.
    package static func removeTokens(ofRecord record: RecordID, in entity: String, holder: UUIDv7, tenant: TenantID) -> SQL {
        """
        DELETE FROM search_token
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND holder = \(.uuid(holder)) AND record_id = \(.uuid(record.uuid))
          AND starts_with(place, \(.text(entity + ".")))
        """
    }
}
