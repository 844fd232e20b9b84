package import Identity
package import PostgresLink
package import Vocabulary

extension StoreDatabase {
    private static let columns: SQL = """
        id, tenant_id, user_name, roles, teams, purpose, code, created_at, expires_at, revoked_at, generation, attributes, stepped_up,
        previous_code, previous_until, scopes, networks, acts_for_users, used_at, certificate
        """

    /// The key with this id, of whichever tenant: it is what the tenant is learned from.
    package func credential(_ id: String) async throws(StorageError) -> CredentialRecord? {
        let rows: ResultSet
        do { rows = try await database.read(["SELECT \(Self.columns) FROM credential WHERE id = \(.text(id))"])[0] } catch {
            throw StorageError(error)
        }
        return rows.rowCount == 0 ? nil : Self.credential(rows, 0)
    }

    /// The key that a certificate opens, of whichever tenant; a revoked one only where there is no other.
    package func credential(ofCertificate digest: [UInt8]) async throws(StorageError) -> CredentialRecord? {
        let statement: SQL = """
            SELECT \(Self.columns) FROM credential WHERE certificate = \(.bytes(digest))
            ORDER BY revoked_at IS NULL DESC, created_at DESC, id LIMIT 1
            """
        let rows: ResultSet
        do { rows = try await database.read([statement])[0] } catch { throw StorageError(error) }
        return rows.rowCount == 0 ? nil : Self.credential(rows, 0)
    }

    package func credentials(_ scope: Scope) async throws(StorageError) -> [CredentialRecord] {
        let rows = try await read(
            scope, ["SELECT \(Self.columns) FROM credential WHERE tenant_id = \(.uuid(scope.tenant.uuid)) ORDER BY created_at, id"]
        )[0]
        return Self.credentials(rows)
    }

    /// A row if the tenant has a key, alive or not.
    package static func anyCredential(of tenant: TenantID) -> SQL {
        "SELECT 1 FROM credential WHERE tenant_id = \(.uuid(tenant.uuid)) LIMIT 1"
    }

    /// The tenant's key with this id, locked until the transaction ends.
    package static func lockCredential(_ id: String, tenant: TenantID) -> SQL {
        "SELECT \(columns) FROM credential WHERE id = \(.text(id)) AND tenant_id = \(.uuid(tenant.uuid)) FOR UPDATE"
    }

    package static func credentials(_ rows: ResultSet) -> [CredentialRecord] { (0..<rows.rowCount).compactMap { credential(rows, $0) } }

    package static func addCredential(_ record: CredentialRecord) -> SQL {
        """
        INSERT INTO credential (\(columns)) VALUES (\(.text(record.id)), \(.uuid(record.tenant.uuid)), \(.text(record.user)),
          \(.texts(record.roles)), \(.texts(record.teams)), \(.text(record.defaultPurpose)), \(.bytes(record.code)),
          \(.timestamp(record.createdAt)), \(.timestamp(record.expiresAt)), NULL, 1,
          \(.texts(attributeTexts(record.attributes))), \(.bool(record.isSteppedUp)), NULL, NULL, \(texts(record.scopes?.map(\.description))),
          \(.texts(record.networks.map(\.description))), \(.bool(record.actsForUsers)), NULL,
          \(.bytes(record.certificate)))
        """
    }

    private static func texts(_ values: [String]?) -> SQL { values.map { values -> SQL in "\(.texts(values))" } ?? "NULL" }

    /// Another secret; the one before is taken until then. Touches one row when the key is alive and has a secret.
    package static func rotateCredential(_ id: String, code: [UInt8], until: Instant?, tenant: TenantID) -> SQL {
        """
        UPDATE credential SET previous_code = CASE WHEN \(.timestamp(until)) IS NOT NULL THEN code END, previous_until = \(.timestamp(until)),
          code = \(.bytes(code)), generation = generation + 1
        WHERE id = \(.text(id)) AND tenant_id = \(.uuid(tenant.uuid)) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
          AND certificate IS NULL
        """
    }

    /// Notes when keys were used, to the hour: a row is written once an hour at most, by whichever gateway comes first.
    ///
    /// The one change without an event: it tells of accesses that have theirs.
    package func noteUses(_ uses: [String: Instant]) async throws(StorageError) {
        let sorted = uses.sorted { $0.key < $1.key }
        do {
            _ = try await database.write([
                """
                UPDATE credential c SET used_at = date_trunc('hour', u.at)
                FROM unnest(\(.texts(sorted.map(\.key))), \(.timestamps(sorted.map(\.value)))) AS u (id, at)
                WHERE c.id = u.id AND (c.used_at IS NULL OR c.used_at < date_trunc('hour', u.at))
                """
            ])
        } catch { throw StorageError(error) }
    }

    /// Touches one row when the key exists in the tenant and was not revoked before.
    package static func revokeCredential(_ id: String, tenant: TenantID) -> SQL {
        """
        UPDATE credential SET revoked_at = now(), generation = generation + 1
        WHERE id = \(.text(id)) AND tenant_id = \(.uuid(tenant.uuid)) AND revoked_at IS NULL
        """
    }

    package static func hasLiveCredential(ofUser handle: String, tenant: TenantID) -> SQL {
        """
        SELECT 1 FROM credential WHERE tenant_id = \(.uuid(tenant.uuid)) AND user_name = \(.text(handle)) AND revoked_at IS NULL
          AND (expires_at IS NULL OR expires_at > now()) LIMIT 1
        """
    }

    /// One text a value, `name=value`, in the order of the names.
    private static func attributeTexts(_ attributes: [String: [String]]) -> [String] {
        attributes.sorted { $0.key < $1.key }.flatMap { name, values in values.map { "\(name)=\($0)" } }
    }

    private static func attributes(_ texts: [String]) -> [String: [String]] {
        var attributes: [String: [String]] = [:]
        for text in texts {
            guard let sign = text.firstIndex(of: "=") else { continue }
            attributes[String(text[..<sign]), default: []].append(String(text[text.index(after: sign)...]))
        }
        return attributes
    }

    private static func credential(_ rows: ResultSet, _ row: Int) -> CredentialRecord? {
        guard let id = rows.text(row, 0), let tenant = rows.uuid(row, 1), let code = rows.bytes(row, 6),
            let createdAt = rows.timestamp(row, 7)
        else { return nil }
        return CredentialRecord(
            id: id, tenant: TenantID(tenant), user: rows.text(row, 2), roles: rows.texts(row, 3), teams: rows.texts(row, 4),
            attributes: attributes(rows.texts(row, 11)), isSteppedUp: rows.bool(row, 12) ?? false, defaultPurpose: rows.text(row, 5), code: code,
            createdAt: createdAt, expiresAt: rows.timestamp(row, 8),
            revokedAt: rows.timestamp(row, 9), generation: rows.int64(row, 10) ?? 0, previousCode: rows.bytes(row, 13),
            previousUntil: rows.timestamp(row, 14), scopes: rows.isNull(row, 15) ? nil : rows.texts(row, 15).compactMap { KeyScope($0) },
            networks: rows.texts(row, 16).compactMap { NetworkRange($0) }, actsForUsers: rows.bool(row, 17) ?? false,
            usedAt: rows.timestamp(row, 18), certificate: rows.bytes(row, 19)
        )
    }
}
