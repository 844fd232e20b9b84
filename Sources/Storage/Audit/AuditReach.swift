import PostgresLink
package import Vocabulary

/// Somebody's pseudonym, as the trail writes it, and when an actor last saw them.
package struct SeenPerson: Sendable {
    package let pseudonym: [UInt8]
    package let at: Instant
}

/// The people who are in disclosures, for whoever counts them. Nobody else's question waits behind these: an hour of a busy caller is read.
extension StoreDatabase {
    /// The people whom an actor was shown since a time, as the trail knows; the most recent first.
    package func peopleSeen(by actor: String, since: Instant, limit: Int, _ scope: Scope) async throws(StorageError) -> [SeenPerson] {
        let rows = try await survey(
            scope,
            [
                """
                SELECT decode(subject, 'hex'), max(at) FROM audit_event CROSS JOIN LATERAL \(Self.disclosedSubjects)
                WHERE tenant_id = \(.uuid(scope.tenant.uuid)) AND actor = \(.text(actor)) AND \(Self.within(since, nil))
                  AND \(Self.showsPeople)
                GROUP BY 1 ORDER BY 2 DESC LIMIT \(.int8(Int64(limit)))
                """
            ]
        )[0]
        return (0..<rows.rowCount).compactMap { row in
            guard let pseudonym = rows.bytes(row, 0), let at = rows.timestamp(row, 1) else { return nil }
            return SeenPerson(pseudonym: pseudonym, at: at)
        }
    }

    /// Where the next event of the trail will stand.
    package func endOfTrail(_ scope: Scope) async throws(StorageError) -> LogPlace? {
        Self.storedLog(try await read(scope, [Self.log(of: scope.tenant)])[0]).map { LogPlace(epoch: $0.epoch, position: $0.size) }
    }

    /// The events of these actors, whatever they tell, from a place of the trail on until before another.
    package func events(
        of actors: [String], from: LogPlace, before end: LogPlace, _ scope: Scope
    ) async throws(StorageError) -> [EventID] {
        let rows = try await survey(
            scope,
            [
                """
                SELECT id FROM audit_event
                WHERE tenant_id = \(.uuid(scope.tenant.uuid)) AND actor = ANY(\(.texts(actors)))
                  AND (epoch, position) >= (\(.int4(Int32(from.epoch))), \(.int8(Int64(from.position))))
                  AND (epoch, position) < (\(.int4(Int32(end.epoch))), \(.int8(Int64(end.position))))
                """
            ]
        )[0]
        return (0..<rows.rowCount).compactMap { rows.uuid($0, 0).map { EventID($0) } }
    }

    /// The people whom these events disclosed, by actor.
    package func peopleSeen(in events: [EventID], _ scope: Scope) async throws(StorageError) -> [String: [SeenPerson]] {
        let rows = try await survey(
            scope,
            [
                """
                SELECT actor, decode(subject, 'hex'), max(at) FROM audit_event CROSS JOIN LATERAL \(Self.disclosedSubjects)
                WHERE tenant_id = \(.uuid(scope.tenant.uuid)) AND id = ANY(\(.uuids(events.map(\.uuid)))) AND \(Self.showsPeople)
                GROUP BY 1, 2
                """
            ]
        )[0]
        var seen: [String: [SeenPerson]] = [:]
        for row in 0..<rows.rowCount {
            guard let actor = rows.text(row, 0), let pseudonym = rows.bytes(row, 1), let at = rows.timestamp(row, 2) else { continue }
            seen[actor, default: []].append(SeenPerson(pseudonym: pseudonym, at: at))
        }
        return seen
    }

    /// Changes that are answered with the record as it then is.
    package static let showingChanges = ["update", "convert", "merge", "restore"]

    private static var showsPeople: SQL {
        "(\(entryHas("outcome", "disclosed")) OR (action = ANY(\(.texts(showingChanges))) AND \(entryHas("outcome", "changed"))))"
    }

    private static var disclosedSubjects: SQL { "jsonb_array_elements_text(convert_from(entry, 'UTF8')::jsonb -> 'subjects') AS s (subject)" }
}
