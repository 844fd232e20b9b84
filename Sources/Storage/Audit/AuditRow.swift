package import Vocabulary

/// An audit event as it rests: the entry's bytes, and beside them what is searched by and what can be taken away.
package struct AuditRow: Sendable, Equatable {
    package let id: EventID
    package let at: Instant
    package let actor: String
    package let action: String
    package let entity: String
    package let decision: String
    package let purpose: String?
    package let grant: UUIDv7?
    /// Pseudonyms, as 16 bytes each.
    package let subjects: [UUIDv7]
    package let records: [RecordID]
    package let reason: String?
    /// Of the margin's commitment; `nil` when the entry has none.
    package let salt: [UInt8]?
    package let entry: [UInt8]

    package init(
        id: EventID, at: Instant, actor: String, action: String, entity: String, decision: String, purpose: String? = nil, grant: UUIDv7? = nil,
        subjects: [UUIDv7] = [], records: [RecordID] = [], reason: String? = nil, salt: [UInt8]? = nil, entry: [UInt8]
    ) {
        self.id = id
        self.at = at
        self.actor = actor
        self.action = action
        self.entity = entity
        self.decision = decision
        self.purpose = purpose
        self.grant = grant
        self.subjects = subjects
        self.records = records
        self.reason = reason
        self.salt = salt
        self.entry = entry
    }
}

/// Events of one tenant that were written together and wait for their place in the log.
///
/// INVARIANT: the id of a batch is that of one writing: whoever writes the same batch again writes it under the same id.
package struct AuditBatch: Sendable, Equatable {
    package let tenant: TenantID
    package let id: UUIDv7
    package let rows: [AuditRow]

    package init(tenant: TenantID, id: UUIDv7 = .make(), rows: [AuditRow]) {
        self.tenant = tenant
        self.id = id
        self.rows = rows
    }
}
