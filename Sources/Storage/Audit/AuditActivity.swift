import PostgresLink
package import Vocabulary

/// What everybody did, added up by the database where the columns allow it.
extension StoreDatabase {
    /// Adds up what happened in a stretch of time.
    ///
    /// - Parameter fields: whose uses are counted, by entity and name.
    package func activity(
        in stretch: TrailStretch, fields: [(entity: String, field: String)], _ scope: Scope
    ) async throws(StorageError) -> TrailActivity {
        // People are joined by events, and events have no index there. Of a partition that has just begun to grow the planner believes that it
        // is all but empty, and would read it once for each event.
        let results = try await survey(
            scope,
            [
                "SET LOCAL enable_nestloop = off", Self.tallies(stretch, scope.tenant), Self.reach(stretch, scope.tenant),
                Self.uses(of: fields, stretch, scope.tenant),
            ])
        return TrailActivity(
            tallies: Self.rows(results[1]) { rows, row in
                guard let actor = rows.text(row, 0), let quarter = rows.timestamp(row, 1), let first = rows.timestamp(row, 5),
                    let last = rows.timestamp(row, 6)
                else { return nil }
                return ActivityTally(
                    actor: actor, quarter: quarter, events: number(rows, row, 2), denials: number(rows, row, 3), deletions: number(rows, row, 4),
                    first: first, last: last)
            },
            reach: Self.rows(results[2]) { rows, row in
                guard let actor = rows.text(row, 0), let hour = rows.timestamp(row, 1) else { return nil }
                return ReachTally(actor: actor, hour: hour, people: number(rows, row, 2))
            },
            uses: Self.rows(results[3]) { rows, row in
                guard let actor = rows.text(row, 0), let entity = rows.text(row, 1), let field = rows.text(row, 2),
                    let first = rows.timestamp(row, 4),
                    let last = rows.timestamp(row, 5)
                else { return nil }
                return FieldUse(actor: actor, entity: entity, field: field, times: number(rows, row, 3), first: first, last: last)
            }
        )
    }

    /// Glasses that were broken in a stretch of time, oldest first.
    package func brokenGlass(since: Instant, until: Instant, limit: Int, _ scope: Scope) async throws(StorageError) -> [BrokenGlass] {
        let tenant = SQLParameter.uuid(scope.tenant.uuid)
        let rows = try await survey(
            scope,
            [
                """
                SELECT g.id, g.requester, g.rule, g.requested_at, coalesce(used.events, 0)
                FROM access_grant g
                LEFT JOIN (SELECT grant_id, count(*) AS events FROM audit_event
                  WHERE tenant_id = \(tenant) AND grant_id IS NOT NULL AND \(Self.within(since, until)) GROUP BY grant_id) AS used ON used.grant_id = g.id
                WHERE g.tenant_id = \(tenant) AND g.kind = 'break-glass' AND g.requested_at >= \(.timestamp(since)) AND g.requested_at < \(.timestamp(until))
                ORDER BY g.id LIMIT \(.int8(Int64(limit)))
                """
            ]
        )[0]
        return Self.rows(rows) { rows, row in
            guard let grant = rows.uuid(row, 0), let actor = rows.text(row, 1), let rule = rows.text(row, 2), let at = rows.timestamp(row, 3)
            else { return nil }
            return BrokenGlass(grant: grant, actor: actor, rule: rule, at: at, events: number(rows, row, 4))
        }
    }

    /// Who touched what raises an alarm in a stretch of time, by actor.
    package func alarms(_ alarm: String, since: Instant, until: Instant, limit: Int, _ scope: Scope) async throws(StorageError) -> [AlarmTally] {
        let rows = try await survey(
            scope,
            [
                """
                SELECT actor, count(*), min(at), max(at) FROM audit_event
                WHERE tenant_id = \(.uuid(scope.tenant.uuid)) AND \(Self.within(since, until)) AND \(Self.entryHas("alarm", alarm))
                GROUP BY actor ORDER BY min(at) LIMIT \(.int8(Int64(limit)))
                """
            ]
        )[0]
        return Self.rows(rows) { rows, row in
            guard let actor = rows.text(row, 0), let first = rows.timestamp(row, 2), let last = rows.timestamp(row, 3) else { return nil }
            return AlarmTally(actor: actor, events: number(rows, row, 1), first: first, last: last)
        }
    }

    // MARK: Statements

    private static func tallies(_ stretch: TrailStretch, _ tenant: TenantID) -> SQL {
        """
        SELECT actor, date_bin('15 minutes', at, TIMESTAMPTZ '2000-01-01 00:00:00+00'), count(*), count(*) FILTER (WHERE decision = 'deny' OR \(entryHas("outcome", "refused"))),
          count(*) FILTER (WHERE action = 'delete' AND decision = 'allow' AND \(entryHas("outcome", "changed"))), min(at), max(at)
        FROM audit_event WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(within(stretch.since, stretch.until)) GROUP BY 1, 2
        """
    }

    private static func reach(_ stretch: TrailStretch, _ tenant: TenantID) -> SQL {
        let end = min(stretch.until.advanced(by: .seconds(3600)), stretch.horizon)
        let least = SQLParameter.uuid(least(stretch.since))
        let most = SQLParameter.uuid(Self.least(end.advanced(by: .milliseconds(1))))
        return """
            SELECT e.actor, h.hour, count(DISTINCT s.pseudonym)
            FROM audit_event e JOIN audit_subject s ON s.tenant_id = e.tenant_id AND s.id = e.id
            CROSS JOIN LATERAL (VALUES (date_bin('1 hour', e.at, TIMESTAMPTZ '2000-01-01 00:00:00+00')),
              (date_bin('1 hour', e.at, TIMESTAMPTZ '2000-01-01 00:30:00+00'))) AS h (hour)
            WHERE e.tenant_id = \(.uuid(tenant.uuid)) AND e.action = 'read' AND e.decision = 'allow'
              AND e.at >= \(.timestamp(stretch.since)) AND e.at < \(.timestamp(end))
              AND e.id >= \(least) AND e.id < \(most) AND s.id >= \(least) AND s.id < \(most)
              AND h.hour >= \(.timestamp(stretch.hoursSince)) AND h.hour < \(.timestamp(stretch.hoursUntil))
            GROUP BY 1, 2
            """
    }

    /// The mark is looked for first: it stands in few entries, and only these are read as JSON.
    private static func uses(of fields: [(entity: String, field: String)], _ stretch: TrailStretch, _ tenant: TenantID) -> SQL {
        """
        SELECT actor, entity, field, count(*), min(at), max(at)
        FROM audit_event JOIN unnest(\(.texts(fields.map(\.entity))), \(.texts(fields.map(\.field))),
          \(.byteStrings(fields.map { Array("\"\($0.field)\"".utf8) }))) AS wanted (of_entity, field, mark) ON of_entity = entity
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(within(stretch.since, stretch.until)) AND decision = 'allow'
          AND CASE WHEN position(mark in entry) > 0 THEN convert_from(entry, 'UTF8')::jsonb -> 'clear' @> to_jsonb(field) ELSE false END
        GROUP BY actor, entity, field
        """
    }

    private static func rows<Row>(_ rows: ResultSet, _ read: (ResultSet, Int) -> Row?) -> [Row] {
        (0..<rows.rowCount).compactMap { read(rows, $0) }
    }
}

private func number(_ rows: ResultSet, _ row: Int, _ column: Int) -> Int { Int(rows.int64(row, column) ?? 0) }
