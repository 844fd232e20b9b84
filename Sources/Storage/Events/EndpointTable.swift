package import PostgresLink
package import Vocabulary

/// Where a program wants to be told of events.
package struct EndpointRow: Sendable {
    package let id: UUIDv7
    /// The API key under whose policy it is decided what is told.
    package let owner: String
    /// What the owner comes for; `nil` for its usual purpose.
    package let purpose: String?
    package var types: [String]
    /// Sealed: the address, the filter, the secrets.
    package var content: [UInt8]
    package let createdAt: Instant
    package var disabledAt: Instant?
    package var disabledBecause: String?
    package let pausedUntil: Instant?

    package init(id: UUIDv7, owner: String, purpose: String?, types: [String], content: [UInt8], createdAt: Instant) {
        self.id = id
        self.owner = owner
        self.purpose = purpose
        self.types = types
        self.content = content
        self.createdAt = createdAt
        disabledAt = nil
        disabledBecause = nil
        pausedUntil = nil
    }

    init?(_ rows: ResultSet, _ row: Int, from first: Int) {
        guard let id = rows.uuid(row, first), let owner = rows.text(row, first + 1), let content = rows.bytes(row, first + 4),
            let createdAt = rows.timestamp(row, first + 5)
        else { return nil }
        self.id = id
        self.owner = owner
        purpose = rows.text(row, first + 2)
        types = rows.texts(row, first + 3)
        self.content = content
        self.createdAt = createdAt
        disabledAt = rows.timestamp(row, first + 6)
        disabledBecause = rows.text(row, first + 7)
        pausedUntil = rows.timestamp(row, first + 8)
    }
}

/// Statements about endpoints.
extension StoreDatabase {
    static let endpointColumns: SQL = """
        endpoint.id, endpoint.owner, endpoint.purpose, endpoint.types, endpoint.content, endpoint.created_at, endpoint.disabled_at,
        endpoint.disabled_because, endpoint.paused_until
        """

    package static func addEndpoint(_ endpoint: EndpointRow, tenant: TenantID) -> SQL {
        """
        INSERT INTO webhook_endpoint (tenant_id, id, owner, purpose, types, content, created_at)
        VALUES (\(.uuid(tenant.uuid)), \(.uuid(endpoint.id)), \(.text(endpoint.owner)), \(.text(endpoint.purpose)), \(.texts(endpoint.types)),
          \(.bytes(endpoint.content)), \(.timestamp(endpoint.createdAt)))
        """
    }

    /// - Parameter owner: only those of this key; `nil` for all.
    package static func endpoints(of owner: String?, tenant: TenantID) -> SQL {
        let limits: SQL = owner.map { " AND endpoint.owner = \(.text($0))" } ?? ""
        return "SELECT \(endpointColumns) FROM webhook_endpoint AS endpoint WHERE tenant_id = \(.uuid(tenant.uuid))\(limits) ORDER BY id"
    }

    package static func endpoint(_ id: UUIDv7, of owner: String?, tenant: TenantID, forUpdate: Bool = false) -> SQL {
        let limits: SQL = owner.map { " AND endpoint.owner = \(.text($0))" } ?? ""
        let lock: SQL = forUpdate ? " FOR UPDATE" : ""
        return """
            SELECT \(endpointColumns) FROM webhook_endpoint AS endpoint
            WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id))\(limits)\(lock)
            """
    }

    package static func endpoints(_ rows: ResultSet) -> [EndpointRow] { (0..<rows.rowCount).compactMap { EndpointRow(rows, $0, from: 0) } }

    /// Those that are to be told of this type, whether they are in use or not, for what may be told only to who knew of it.
    package static func endpoints(wanting type: String, tenant: TenantID) -> SQL {
        """
        SELECT \(endpointColumns) FROM webhook_endpoint AS endpoint WHERE tenant_id = \(.uuid(tenant.uuid))
          AND types && ARRAY[\(.text(type)), split_part(\(.text(type)), '.', 1) || '.*', '*']
        """
    }

    package static func changeEndpoint(_ endpoint: EndpointRow, tenant: TenantID) -> SQL {
        """
        UPDATE webhook_endpoint SET types = \(.texts(endpoint.types)), content = \(.bytes(endpoint.content)),
          disabled_at = \(.timestamp(endpoint.disabledAt)), disabled_because = \(.text(endpoint.disabledBecause)), paused_until = NULL
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(endpoint.id))
        """
    }

    /// Touches one row when it was in use.
    package static func disableEndpoint(_ id: UUIDv7, because reason: String, at now: Instant, tenant: TenantID) -> SQL {
        """
        UPDATE webhook_endpoint SET disabled_at = \(.timestamp(now)), disabled_because = \(.text(reason))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id)) AND disabled_at IS NULL
        """
    }

    /// It asked for time: nothing is sent there until then.
    package static func pauseEndpoint(_ id: UUIDv7, until time: Instant, tenant: TenantID) -> SQL {
        """
        UPDATE webhook_endpoint SET paused_until = GREATEST(paused_until, \(.timestamp(time)))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id))
        """
    }

    package static func deleteEndpoint(_ id: UUIDv7, tenant: TenantID) -> [SQL] {
        [
            "DELETE FROM event_delivery WHERE tenant_id = \(.uuid(tenant.uuid)) AND endpoint_id = \(.uuid(id))",
            "DELETE FROM webhook_endpoint WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id))",
        ]
    }
}
