package import PostgresLink
package import Vocabulary

/// An agent of the Data Rights Protocol that a tenant hears.
package struct AgentRow: Sendable, Equatable {
    package let tenant: TenantID
    /// As the network's directory has it.
    package let id: String
    package let name: String
    /// 32 bytes: the Ed25519 key that its messages are signed with.
    package let key: [UInt8]
    /// What the tenant is called in messages of this agent.
    package let business: String
    package let webURL: String?
    package let hasToken: Bool
    package let addedAt: Instant
    package let addedBy: String

    package init(
        tenant: TenantID, id: String, name: String, key: [UInt8], business: String, webURL: String?, hasToken: Bool = false, addedAt: Instant,
        addedBy: String
    ) {
        self.tenant = tenant
        self.id = id
        self.name = name
        self.key = key
        self.business = business
        self.webURL = webURL
        self.hasToken = hasToken
        self.addedAt = addedAt
        self.addedBy = addedBy
    }
}

extension StoreDatabase {
    private static let agentColumns: SQL = "tenant_id, id, name, verify_key, business_id, web_url, token IS NOT NULL, added_at, added_by"

    /// The agents of this id, one for each business that hears it; of whichever tenant, since nothing else says which one is meant.
    package func agents(_ id: String) async throws(StorageError) -> [AgentRow] {
        try await agents("SELECT \(Self.agentColumns) FROM rights_agent WHERE id = \(.text(id)) ORDER BY business_id")
    }

    /// The agent that this token was given to.
    package func agent(token code: [UInt8]) async throws(StorageError) -> AgentRow? {
        try await agents("SELECT \(Self.agentColumns) FROM rights_agent WHERE token = \(.bytes(code))").first
    }

    private func agents(_ statement: SQL) async throws(StorageError) -> [AgentRow] {
        let rows: ResultSet
        do { rows = try await database.read([statement])[0] } catch { throw StorageError(error) }
        return Self.agentRows(rows)
    }

    package static func listAgents(of tenant: TenantID) -> SQL {
        "SELECT \(agentColumns) FROM rights_agent WHERE tenant_id = \(.uuid(tenant.uuid)) ORDER BY id COLLATE \"C\""
    }

    package static func agentRows(_ rows: ResultSet) -> [AgentRow] {
        (0..<rows.rowCount).compactMap { row in
            guard let tenant = rows.uuid(row, 0), let id = rows.text(row, 1), let name = rows.text(row, 2), let key = rows.bytes(row, 3),
                let business = rows.text(row, 4), let addedAt = rows.timestamp(row, 7), let addedBy = rows.text(row, 8)
            else { return nil }
            return AgentRow(
                tenant: TenantID(tenant), id: id, name: name, key: key, business: business, webURL: rows.text(row, 5),
                hasToken: rows.bool(row, 6) ?? false, addedAt: addedAt, addedBy: addedBy
            )
        }
    }

    /// Admits an agent, or takes over what the directory says of it now. Another key, or another name for the business, ends its token.
    package static func admitAgent(_ agent: AgentRow) -> SQL {
        """
        INSERT INTO rights_agent (tenant_id, id, name, verify_key, business_id, web_url, token, token_at, added_at, added_by)
        VALUES (\(.uuid(agent.tenant.uuid)), \(.text(agent.id)), \(.text(agent.name)), \(.bytes(agent.key)), \(.text(agent.business)),
          \(.text(agent.webURL)), NULL, NULL, \(.timestamp(agent.addedAt)), \(.text(agent.addedBy)))
        ON CONFLICT (tenant_id, id) DO UPDATE SET (name, verify_key, business_id, web_url, token, token_at)
          = (excluded.name, excluded.verify_key, excluded.business_id, excluded.web_url,
             CASE WHEN rights_agent.verify_key = excluded.verify_key AND rights_agent.business_id = excluded.business_id THEN rights_agent.token END,
             CASE WHEN rights_agent.verify_key = excluded.verify_key AND rights_agent.business_id = excluded.business_id THEN rights_agent.token_at END)
        """
    }

    /// Touches one row, when the agent has the key that the message was verified with still.
    package static func giveToken(_ code: [UInt8], to agent: AgentRow, at now: Instant) -> SQL {
        """
        UPDATE rights_agent SET token = \(.bytes(code)), token_at = \(.timestamp(now))
        WHERE tenant_id = \(.uuid(agent.tenant.uuid)) AND id = \(.text(agent.id)) AND verify_key = \(.bytes(agent.key))
        """
    }

    package static func removeAgent(_ id: String, of tenant: TenantID) -> SQL {
        "DELETE FROM rights_agent WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.text(id))"
    }
}
