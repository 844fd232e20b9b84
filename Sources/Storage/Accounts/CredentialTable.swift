package import Identity
package import PostgresLink
package import Vocabulary

extension StoreDatabase {
    private static let columns: SQL = """
        id, tenant_id, user_name, roles, teams, purpose, code, created_at, expires_at, revoked_at, generation, attributes, stepped_up
        """

    /// The key with this id, of whichever tenant: it is what the tenant is learned from.
    package func credential(_ id: String) async throws(StorageError) -> CredentialRecord? {
        let rows: ResultSet
        do { rows = try await database.read(["SELECT \(Self.columns) FROM credential WHERE id = \(.text(id))"])[0] } catch {
            throw StorageError(error)
        }
        return rows.rowCount == 0 ? nil : Self.credential(rows, 0)
    }

    package func credentials(_ scope: Scope) async throws(StorageError) -> [CredentialRecord] {
        let rows = try await read(
            scope, ["SELECT \(Self.columns) FROM credential WHERE tenant_id = \(.uuid(scope.tenant.uuid)) ORDER BY created_at, id"]
        )[0]
        return (0..<rows.rowCount).compactMap { Self.credential(rows, $0) }
    }

    package static func addCredential(_ record: CredentialRecord) -> SQL {
        """
        INSERT INTO credential (\(columns)) VALUES (\(.text(record.id)), \(.uuid(record.tenant.uuid)), \(.text(record.user)),
          \(.texts(record.roles)), \(.texts(record.teams)), \(.text(record.defaultPurpose)), \(.bytes(record.code)),
          \(.timestamp(record.createdAt)), \(.timestamp(record.expiresAt)), NULL, 1,
          \(.texts(attributeTexts(record.attributes))), \(.bool(record.isSteppedUp)))
        """
    }

    /// Touches one row when the key exists in the tenant and was not revoked before.
    package static func revokeCredential(_ id: String, tenant: TenantID) -> SQL {
        """
        UPDATE credential SET revoked_at = now(), generation = generation + 1
        WHERE id = \(.text(id)) AND tenant_id = \(.uuid(tenant.uuid)) AND revoked_at IS NULL
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
            revokedAt: rows.timestamp(row, 9), generation: rows.int64(row, 10) ?? 0
        )
    }
}
