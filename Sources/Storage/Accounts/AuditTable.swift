package import PostgresLink
package import Vocabulary

/// An audit event as it rests: canonical bytes, and beside them what is searched by.
package struct AuditRow: Sendable {
    package let id: EventID
    package let tenant: TenantID
    package let at: Instant
    package let actor: String
    package let action: String
    package let entity: String
    package let decision: String
    package let entry: [UInt8]

    package init(
        id: EventID, tenant: TenantID, at: Instant, actor: String, action: String, entity: String, decision: String, entry: [UInt8]
    ) {
        self.id = id
        self.tenant = tenant
        self.at = at
        self.actor = actor
        self.action = action
        self.entity = entity
        self.decision = decision
        self.entry = entry
    }
}

/// What to look for in the trail; what is `nil` does not limit.
package struct AuditQuery: Sendable {
    package var since: Instant?
    package var until: Instant?
    package var actor: String?
    package var action: String?
    package var entity: String?
    package var decision: String?
    package var purpose: String?
    package var record: RecordID?
    package var pseudonym: String?
    package var reason: String?
    package var grant: String?
    package var before: EventID?
    package var limit = 50
    package init() {}
}

extension StoreDatabase {
    /// Events of one tenant.
    ///
    /// - Parameter isRepeated: the same events may have been written before by a batch whose outcome is unknown; those are left
    ///   as they are. Asking for that costs a fifth of the insertion, so the first try does not.
    package static func addAuditRows(_ rows: [AuditRow], of tenant: TenantID, isRepeated: Bool = false) -> SQL {
        let insertion: SQL = """
            INSERT INTO audit_event (tenant_id, id, at, actor, action, entity, decision, entry)
            SELECT \(.uuid(tenant.uuid)), id, at, actor, action, entity, decision, entry
            FROM unnest(\(.uuids(rows.map(\.id.uuid))), \(.timestamps(rows.map(\.at))), \(.texts(rows.map(\.actor))),
              \(.texts(rows.map(\.action))), \(.texts(rows.map(\.entity))), \(.texts(rows.map(\.decision))),
              \(.byteStrings(rows.map(\.entry)))) AS new (id, at, actor, action, entity, decision, entry)
            """
        return isRepeated ? "\(insertion) ON CONFLICT DO NOTHING" : insertion
    }

    /// Newest first; each answer is the entry's canonical bytes.
    package func auditEntries(_ query: AuditQuery, _ scope: Scope) async throws(StorageError) -> [[UInt8]] {
        var conditions: [SQL] = ["tenant_id = \(.uuid(scope.tenant.uuid))"]
        if let since = query.since { conditions.append("at >= \(.timestamp(since))") }
        if let until = query.until { conditions.append("at < \(.timestamp(until))") }
        if let actor = query.actor { conditions.append("actor = \(.text(actor))") }
        if let action = query.action { conditions.append("action = \(.text(action))") }
        if let entity = query.entity { conditions.append("entity = \(.text(entity))") }
        if let decision = query.decision { conditions.append("decision = \(.text(decision))") }
        let members: SQL = "convert_from(entry, 'UTF8')::jsonb"
        if let purpose = query.purpose { conditions.append("\(members) ->> 'purpose' = \(.text(purpose))") }
        if let reason = query.reason { conditions.append("position(\(.text(reason)) in \(members) ->> 'reason') > 0") }
        if let grant = query.grant { conditions.append("\(members) ->> 'grant' = \(.text(grant))") }
        if let record = query.record { conditions.append("\(members) -> 'records' ? \(.text(record.description))") }
        if let pseudonym = query.pseudonym { conditions.append("\(members) -> 'subjects' ? \(.text(pseudonym))") }
        if let before = query.before { conditions.append("id < \(.uuid(before.uuid))") }
        let rows = try await read(
            scope,
            ["SELECT entry FROM audit_event WHERE \(joining: conditions, by: " AND ") ORDER BY id DESC LIMIT \(.int8(Int64(query.limit)))"]
        )[0]
        return (0..<rows.rowCount).compactMap { rows.bytes($0, 0) }
    }
}
