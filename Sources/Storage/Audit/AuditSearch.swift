package import PostgresLink
package import Vocabulary

/// What to look for in the trail; what is `nil` does not limit.
package struct AuditQuery: Sendable {
    package var since: Instant?
    package var until: Instant?
    package var actor: String?
    package var action: String?
    package var entity: String?
    package var decision: String?
    /// What became of it: a word that the entry has under `outcome`.
    package var outcome: String?
    package var purpose: String?
    package var record: RecordID?
    /// Whom an event is about; see `Pseudonym`.
    package var pseudonym: UUIDv7?
    package var reason: String?
    package var grant: String?
    package var before: EventID?
    package var limit = 50
    package init() {}
}

/// An event that was found: its entry, where it stands, and what is still beside it.
package struct FoundEvent: Sendable, Equatable {
    package let id: EventID
    package let place: LogPlace
    package let entry: [UInt8]
    package let reason: String?
    package let records: [RecordID]
    package let salt: [UInt8]?
    /// Actor, action, entity, decision and purpose as the columns have them; `nil` where nobody asked for those.
    package var columns: [String?]?

    package init(id: EventID, place: LogPlace, entry: [UInt8], reason: String?, records: [RecordID], salt: [UInt8]?) {
        self.id = id
        self.place = place
        self.entry = entry
        self.reason = reason
        self.records = records
        self.salt = salt
    }
}

extension StoreDatabase {
    static let foundColumns: SQL = "id, epoch, position, entry, reason, records, salt, actor, action, entity, decision, purpose"

    /// Newest first.
    package func auditEvents(_ query: AuditQuery, _ scope: Scope) async throws(StorageError) -> [FoundEvent] {
        let tenant = SQLParameter.uuid(scope.tenant.uuid)
        var conditions: [SQL] = ["tenant_id = \(tenant)"]
        conditions.append(Self.within(query.since, query.until))
        if let actor = query.actor { conditions.append("actor = \(.text(actor))") }
        if let action = query.action { conditions.append("action = \(.text(action))") }
        if let entity = query.entity { conditions.append("entity = \(.text(entity))") }
        if let decision = query.decision { conditions.append("decision = \(.text(decision))") }
        if let outcome = query.outcome { conditions.append(Self.entryHas("outcome", outcome)) }
        if let purpose = query.purpose { conditions.append("purpose = \(.text(purpose))") }
        if let reason = query.reason { conditions.append("position(lower(\(.text(reason))) in lower(reason)) > 0") }
        if let grant = query.grant {
            conditions.append(UUIDv7(grant).map { id -> SQL in "grant_id = \(.uuid(id))" } ?? "false")
        }
        if let record = query.record { conditions.append("position(\(.bytes(record.uuid.bytes)) in records) > 0") }
        if let pseudonym = query.pseudonym {
            conditions.append(
                "id IN (SELECT s.id FROM audit_subject s WHERE s.tenant_id = \(tenant) AND s.pseudonym = \(.uuid(pseudonym)))"
            )
        }
        if let before = query.before { conditions.append("id < \(.uuid(before.uuid))") }
        let rows = try await read(
            scope,
            [
                """
                SELECT \(Self.foundColumns) FROM audit_event WHERE \(joining: conditions, by: " AND ")
                ORDER BY id DESC LIMIT \(.int8(Int64(query.limit)))
                """
            ]
        )[0]
        return Self.foundEvents(rows)
    }

    package func auditEvent(_ id: EventID, _ scope: Scope) async throws(StorageError) -> FoundEvent? {
        let rows = try await read(
            scope,
            ["SELECT \(Self.foundColumns) FROM audit_event WHERE tenant_id = \(.uuid(scope.tenant.uuid)) AND id = \(.uuid(id.uuid))"]
        )[0]
        return Self.foundEvents(rows).first
    }

    /// Entries of a log in its order, from a position on.
    package func auditEntries(
        from place: LogPlace, to end: Int, limit: Int, _ scope: Scope
    ) async throws(StorageError) -> [FoundEvent] {
        let rows = try await read(
            scope,
            [
                """
                SELECT \(Self.foundColumns) FROM audit_event
                WHERE tenant_id = \(.uuid(scope.tenant.uuid)) AND epoch = \(.int4(Int32(place.epoch))) AND position >= \(.int8(Int64(place.position)))
                  AND position < \(.int8(Int64(end)))
                ORDER BY position LIMIT \(.int8(Int64(limit)))
                """
            ]
        )[0]
        return Self.foundEvents(rows)
    }

    package static func foundEvents(_ rows: ResultSet) -> [FoundEvent] {
        (0..<rows.rowCount).compactMap { row in
            guard let id = rows.uuid(row, 0), let epoch = rows.int64(row, 1), let position = rows.int64(row, 2), let entry = rows.bytes(row, 3)
            else { return nil }
            var event = FoundEvent(
                id: EventID(id), place: LogPlace(epoch: Int(epoch), position: Int(position)), entry: entry, reason: rows.text(row, 4),
                records: rows.uuids(row, 5).map { RecordID($0) }, salt: rows.bytes(row, 6)
            )
            event.columns = (7...11).map { rows.text(row, $0) }
            return event
        }
    }

    /// Whether an entry has a member with this text.
    ///
    /// An entry is canonical JSON: no white space, and every quotation mark within a text has a backslash before it. So the bytes of name and
    /// value stand in it as they stand here, or the member is another.
    ///
    /// - Parameter text: a word that JSON needs no escape for.
    static func entryHas(_ name: StaticString, _ text: String) -> SQL {
        "position(\(.bytes(Array("\"\(name)\":\"\(text)\"".utf8))) in entry) > 0"
    }

    /// The least id that an event of this time can have.
    package static func least(_ time: Instant) -> UUIDv7 {
        UUIDv7(high: UInt64(bitPattern: max(time.microseconds, 0) / 1000) << 16, low: 0)
    }
}
