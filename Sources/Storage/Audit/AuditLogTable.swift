package import PostgresLink
package import Vocabulary

/// The head of a tenant's log as the store has it.
package struct StoredLog: Sendable, Equatable {
    /// The first part of the origin, fixed when the log was made.
    package let name: String
    package let epoch: Int
    package let size: Int
    /// 32 bytes.
    package let root: [UInt8]
    /// The public key that signs its heads, 32 bytes; `nil` until somebody has signed.
    package let signer: [UInt8]?

    package init(name: String, epoch: Int, size: Int, root: [UInt8], signer: [UInt8]?) {
        self.name = name
        self.epoch = epoch
        self.size = size
        self.root = root
        self.signer = signer
    }
}

/// A head that was signed.
package struct StoredCheckpoint: Sendable, Equatable {
    package let epoch: Int
    package let size: Int
    package let root: [UInt8]
    package let note: String
    package let signedAt: Instant

    package init(epoch: Int, size: Int, root: [UInt8], note: String, signedAt: Instant) {
        self.epoch = epoch
        self.size = size
        self.root = root
        self.note = note
        self.signedAt = signedAt
    }
}

/// A batch in the inbox. Its content is read by whoever gives it its place.
package struct WaitingBatch: Sendable {
    package let id: UUIDv7
    /// It may have been written, and moved, before.
    package let isRepeated: Bool
    package let events: [UInt8]
}

/// Where one event stands in the log.
package struct LogPlace: Sendable, Hashable {
    package let epoch: Int
    package let position: Int
    package init(epoch: Int, position: Int) {
        self.epoch = epoch
        self.position = position
    }
}

/// Hashes of one tile, as they rest: as many as there are, up to 256 of 32 bytes.
package struct StoredTile: Sendable {
    package let level: Int
    package let number: Int
    package let hashes: [UInt8]
    package init(level: Int, number: Int, hashes: [UInt8]) {
        self.level = level
        self.number = number
        self.hashes = hashes
    }
}

/// Statements about a tenant's log.
extension StoreDatabase {
    /// Puts a batch into the inbox. Writing the same one again does no harm.
    package static func addAuditBatch(_ batch: AuditBatch, isRepeated: Bool = false) -> SQL {
        """
        INSERT INTO audit_inbox (tenant_id, id, is_repeated, events)
        VALUES (\(.uuid(batch.tenant.uuid)), \(.uuid(batch.id)), \(.bool(isRepeated)), \(.bytes(batch.bytes))) ON CONFLICT DO NOTHING
        """
    }

    package static func makeLog(named name: String, root: [UInt8], tenant: TenantID) -> SQL {
        """
        INSERT INTO audit_log (tenant_id, name, epoch, size, root, updated_at)
        VALUES (\(.uuid(tenant.uuid)), \(.text(name)), 1, 0, \(.bytes(root)), now()) ON CONFLICT DO NOTHING
        """
    }

    /// The tenant's log, locked until the transaction ends; no row when somebody else has it, or when there is none yet.
    package static func lockLog(_ tenant: TenantID) -> SQL {
        """
        SELECT name, epoch, size, root, signer FROM audit_log WHERE tenant_id = \(.uuid(tenant.uuid)) FOR UPDATE SKIP LOCKED
        """
    }

    package static func log(of tenant: TenantID) -> SQL {
        "SELECT name, epoch, size, root, signer FROM audit_log WHERE tenant_id = \(.uuid(tenant.uuid))"
    }

    package static func storedLog(_ rows: ResultSet) -> StoredLog? {
        guard rows.rowCount == 1, let name = rows.text(0, 0), let epoch = rows.int64(0, 1), let size = rows.int64(0, 2), let root = rows.bytes(0, 3)
        else { return nil }
        return StoredLog(name: name, epoch: Int(epoch), size: Int(size), root: root, signer: rows.bytes(0, 4))
    }

    /// What waits for its place, in the order of writing: up to about `bytes`, at least one batch.
    ///
    /// - Parameter from: nothing older is looked for. Rows that have gone leave marks behind while somebody holds an old snapshot, and
    ///   looking past them each time would cost more and more.
    package static func inbox(_ tenant: TenantID, from: UUIDv7?, bytes: Int) -> SQL {
        let beginning: SQL = from.map { " AND id >= \(.uuid($0))" } ?? ""
        return """
            SELECT id, is_repeated, events FROM (
              SELECT id, is_repeated, events, sum(octet_length(events)) OVER (ORDER BY id) - octet_length(events) AS ahead
              FROM (SELECT id, is_repeated, events FROM audit_inbox WHERE tenant_id = \(.uuid(tenant.uuid))\(beginning) ORDER BY id LIMIT 1000) AS eldest
            ) AS counted WHERE ahead < \(.int8(Int64(bytes))) ORDER BY id
            """
    }

    package static func waitingBatches(_ rows: ResultSet) -> [WaitingBatch] {
        (0..<rows.rowCount).compactMap { row in
            guard let id = rows.uuid(row, 0), let events = rows.bytes(row, 2) else { return nil }
            return WaitingBatch(id: id, isRepeated: rows.bool(row, 1) ?? false, events: events)
        }
    }

    /// Which of these events the log has already.
    package static func known(_ events: [EventID], tenant: TenantID) -> SQL {
        "SELECT id FROM audit_event WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = ANY(\(.uuids(events.map(\.uuid))))"
    }

    /// Gives events their places, one after the other, and takes their batches out of the inbox.
    ///
    /// - Parameter again: some of them had a place before, so that whom they are about is noted already.
    package static func place(
        _ rows: [AuditRow], at place: LogPlace, again: Bool, takingOut batches: [UUIDv7], tenant: TenantID
    ) -> [SQL] {
        let id = SQLParameter.uuid(tenant.uuid)
        var statements: [SQL] = ["DELETE FROM audit_inbox WHERE tenant_id = \(id) AND id = ANY(\(.uuids(batches)))"]
        if rows.isEmpty { return statements }
        statements.append(
            """
            INSERT INTO audit_event (tenant_id, id, epoch, position, at, actor, action, entity, decision, purpose, grant_id, reason, salt, records, entry)
            SELECT \(id), id, \(.int4(Int32(place.epoch))), \(.int8(Int64(place.position) - 1)) + number, at, actor, action, entity, decision,
              purpose, grant_id, reason, salt, records, entry
            FROM unnest(\(.uuids(rows.map(\.id.uuid))), \(.timestamps(rows.map(\.at))), \(.texts(rows.map(\.actor))), \(.texts(rows.map(\.action))),
              \(.texts(rows.map(\.entity))), \(.texts(rows.map(\.decision))), \(.texts(rows.map(\.purpose))), \(.uuids(rows.map(\.grant))),
              \(.texts(rows.map(\.reason))), \(.byteStrings(rows.map(\.salt))),
              \(.byteStrings(rows.map { $0.records.isEmpty ? nil : $0.records.flatMap(\.uuid.bytes) })), \(.byteStrings(rows.map(\.entry))))
              WITH ORDINALITY AS new (id, at, actor, action, entity, decision, purpose, grant_id, reason, salt, records, entry, number)
            """
        )
        let people = people(rows)
        if !people.isEmpty {
            // Looking for conflicts where there are none costs as much again as the index.
            let present: SQL = again ? "ON CONFLICT DO NOTHING" : ""
            statements.append(
                """
                INSERT INTO audit_subject (tenant_id, pseudonym, id)
                SELECT \(id), pseudonym, id FROM unnest(\(.uuids(people.map(\.pseudonym))), \(.uuids(people.map(\.event)))) AS new (pseudonym, id)
                \(present)
                """
            )
        }
        return statements
    }

    /// Whom events are about, each once for an event, in the order of the index that they go into.
    private static func people(_ rows: [AuditRow]) -> [(pseudonym: UUIDv7, event: UUIDv7)] {
        var people: [(pseudonym: UUIDv7, event: UUIDv7)] = []
        for row in rows { for pseudonym in row.subjects { people.append((pseudonym, row.id.uuid)) } }
        people.sort { $0 < $1 }
        var last: (pseudonym: UUIDv7, event: UUIDv7)?
        return people.filter { person in
            defer { last = person }
            return last.map { $0 != person } ?? true
        }
    }

    /// Writes how far the log has grown.
    package static func grow(_ tiles: [StoredTile], to log: StoredLog, tenant: TenantID) -> [SQL] {
        let id = SQLParameter.uuid(tenant.uuid)
        return [
            """
            INSERT INTO audit_tile (tenant_id, epoch, level, number, hashes)
            SELECT \(id), \(.int4(Int32(log.epoch))), level, number, hashes
            FROM unnest(\(.int4s(tiles.map { Int32($0.level) })), \(.int8s(tiles.map { Int64($0.number) })), \(.byteStrings(tiles.map(\.hashes))))
              AS new (level, number, hashes)
            ON CONFLICT (tenant_id, epoch, level, number) DO UPDATE SET hashes = excluded.hashes
            """,
            """
            UPDATE audit_log SET epoch = \(.int4(Int32(log.epoch))), size = \(.int8(Int64(log.size))), root = \(.bytes(log.root)), updated_at = now()
            WHERE tenant_id = \(id)
            """,
        ]
    }

    /// Ends an epoch at a size: what stands behind it waits for a place in the next.
    package static func takeBack(_ place: LogPlace, tenant: TenantID) -> SQL {
        """
        DELETE FROM audit_event WHERE tenant_id = \(.uuid(tenant.uuid)) AND epoch = \(.int4(Int32(place.epoch)))
          AND position >= \(.int8(Int64(place.position)))
        RETURNING id, at, actor, action, entity, decision, purpose, grant_id, reason, salt, records, entry,
          (SELECT string_agg(uuid_send(s.pseudonym), '') FROM audit_subject s WHERE s.tenant_id = audit_event.tenant_id AND s.id = audit_event.id),
          position
        """
    }

    /// The events that were taken back, in their order.
    package static func takenBack(_ rows: ResultSet) -> [AuditRow] {
        let found = (0..<rows.rowCount).compactMap { row -> (position: Int64, row: AuditRow)? in
            guard let id = rows.uuid(row, 0), let at = rows.timestamp(row, 1), let actor = rows.text(row, 2), let action = rows.text(row, 3),
                let entity = rows.text(row, 4), let decision = rows.text(row, 5), let entry = rows.bytes(row, 11), let position = rows.int64(row, 13)
            else { return nil }
            let event = AuditRow(
                id: EventID(id), at: at, actor: actor, action: action, entity: entity, decision: decision, purpose: rows.text(row, 6),
                grant: rows.uuid(row, 7), subjects: rows.uuids(row, 12), records: rows.uuids(row, 10).map { RecordID($0) }, reason: rows.text(row, 8),
                salt: rows.bytes(row, 9), entry: entry
            )
            return (position, event)
        }
        return found.sorted { $0.position < $1.position }.map(\.row)
    }

    package static func tiles(_ tiles: [(level: Int, number: Int)], epoch: Int, tenant: TenantID) -> SQL {
        """
        SELECT t.level, t.number, t.hashes
        FROM unnest(\(.int4s(tiles.map { Int32($0.level) })), \(.int8s(tiles.map { Int64($0.number) }))) AS wanted (level, number)
        JOIN audit_tile t ON t.tenant_id = \(.uuid(tenant.uuid)) AND t.epoch = \(.int4(Int32(epoch))) AND t.level = wanted.level AND t.number = wanted.number
        """
    }

    package static func storedTiles(_ rows: ResultSet) -> [StoredTile] {
        (0..<rows.rowCount).compactMap { row in
            guard let level = rows.int64(row, 0), let number = rows.int64(row, 1), let hashes = rows.bytes(row, 2) else { return nil }
            return StoredTile(level: Int(level), number: Int(number), hashes: hashes)
        }
    }

    /// Events that claim a place which the log does not have, and places that are claimed twice: a few hundred at most.
    package static func strayEvents(of tenant: TenantID) -> SQL {
        let id = SQLParameter.uuid(tenant.uuid)
        return """
            (SELECT e.epoch, e.position, false FROM audit_event e JOIN audit_log l ON l.tenant_id = e.tenant_id
             WHERE e.tenant_id = \(id) AND (e.epoch > l.epoch OR (e.epoch = l.epoch AND e.position >= l.size)
               OR (e.epoch < l.epoch AND e.position >= coalesce(
                 (SELECT c.size FROM audit_checkpoint c WHERE c.tenant_id = e.tenant_id AND c.epoch = e.epoch), 0)))
             LIMIT 200)
            UNION ALL
            (SELECT epoch, position, true FROM audit_event WHERE tenant_id = \(id) GROUP BY epoch, position HAVING count(*) > 1 LIMIT 200)
            """
    }

    package static func strayPlaces(_ rows: ResultSet) -> [(place: LogPlace, isSecond: Bool)] {
        (0..<rows.rowCount).compactMap { row in
            guard let epoch = rows.int64(row, 0), let position = rows.int64(row, 1) else { return nil }
            return (LogPlace(epoch: Int(epoch), position: Int(position)), rows.bool(row, 2) ?? false)
        }
    }

    // MARK: Signed heads

    /// Keeps a signed head, unless a greater one of its epoch is kept already, or the log is not as far: then the store was taken back since it
    /// was read, and whoever goes on has to find the head that was signed while it was as it is. Of an epoch that has ended only the empty head is
    /// kept: what was signed of it by somebody who slept through its end may be of entries that were taken back.
    package static func keep(_ checkpoint: StoredCheckpoint, tenant: TenantID) -> SQL {
        let (epoch, size) = (SQLParameter.int4(Int32(checkpoint.epoch)), SQLParameter.int8(Int64(checkpoint.size)))
        return """
            INSERT INTO audit_checkpoint (tenant_id, epoch, size, root, note, signed_at)
            SELECT tenant_id, \(epoch), \(size), \(.bytes(checkpoint.root)), \(.text(checkpoint.note)), \(.timestamp(checkpoint.signedAt)) FROM audit_log
            WHERE tenant_id = \(.uuid(tenant.uuid)) AND ((epoch > \(epoch) AND \(size) = 0) OR (epoch = \(epoch) AND audit_log.size >= \(size)))
            ON CONFLICT (tenant_id, epoch) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note, signed_at = excluded.signed_at
            WHERE audit_checkpoint.size < excluded.size
            """
    }

    package static func setSigner(_ key: [UInt8], tenant: TenantID) -> SQL {
        "UPDATE audit_log SET signer = \(.bytes(key)) WHERE tenant_id = \(.uuid(tenant.uuid)) AND signer IS NULL"
    }

    /// In the order of epochs.
    package static func checkpoints(of tenant: TenantID) -> SQL {
        "SELECT epoch, size, root, note, signed_at FROM audit_checkpoint WHERE tenant_id = \(.uuid(tenant.uuid)) ORDER BY epoch"
    }

    package static func storedCheckpoints(_ rows: ResultSet) -> [StoredCheckpoint] {
        (0..<rows.rowCount).compactMap { row in
            guard let epoch = rows.int64(row, 0), let size = rows.int64(row, 1), let root = rows.bytes(row, 2), let note = rows.text(row, 3),
                let signedAt = rows.timestamp(row, 4)
            else { return nil }
            return StoredCheckpoint(epoch: Int(epoch), size: Int(size), root: root, note: note, signedAt: signedAt)
        }
    }
}
