package import Catalog
package import Expressions
package import PostgresLink
package import Vocabulary

/// Which records of an entity a rule is about, as SQL over its table: those that are due, and of these the ones that stay all the same.
package struct RetentionChoice: Sendable {
    /// What a rule asks of a row, and from when its anchor is too old.
    package struct Term: Sendable {
        package let since: Field
        package let condition: RowCondition
        package let lastDay: CalendarDate
        package let before: Instant

        package init(since: Field, condition: RowCondition, lastDay: CalendarDate, before: Instant) {
            self.since = since
            self.condition = condition
            self.lastDay = lastDay
            self.before = before
        }

        fileprivate func isOver(_ table: SQLIdentifier) -> SQL {
            let column: SQL = "\(table).\(ColumnCoding.column(since))"
            return since.type == .date ? "\(column) <= \(.date(lastDay))" : "\(column) < \(.timestamp(before))"
        }
    }

    package let entity: Entity
    package let rule: RetentionRule
    package let tenant: TenantID
    private let term: Term
    private let floors: [Term]
    /// Statements that answer ids of records that holds keep, and the holds.
    private let heldRecords: [SQL]
    /// The same for the people that the records are.
    private let heldAsPeople: [SQL]

    /// - Parameters:
    ///   - floors: what the law keeps for a time.
    ///   - reach: of the holds that stand; `nil` when there are none.
    package init(
        _ entity: Entity, _ rule: RetentionRule, _ term: Term, floors: [Term], _ reach: HoldReach?, _ catalog: CompiledCatalog, of tenant: TenantID
    ) {
        self.entity = entity
        self.rule = rule
        self.tenant = tenant
        self.term = term
        self.floors = floors
        guard let reach else {
            (heldRecords, heldAsPeople) = ([], [])
            return
        }
        heldRecords = reach.records(of: entity, where: "TRUE", .references)
        heldAsPeople =
            entity.subject == .itself
            ? [reach.noted(nil)]
                + catalog.entities.filter { $0.subject != .nobody }.flatMap { other in
                    reach.people(of: other, where: "\(ColumnCoding.table(other)).subject_id IS NOT NULL")
                } : []
    }

    var table: SQLIdentifier { ColumnCoding.table(entity) }

    /// The anchor of a row, as a moment or a day.
    var anchor: SQL { "\(table).\(ColumnCoding.column(term.since))" }

    /// Rows that the rule is about: its condition holds, and its period is over.
    var due: SQL {
        var parts: [SQL] = ["\(table).tenant_id = \(.uuid(tenant.uuid))", term.isOver(table)]
        if !term.condition.isAlways { parts.append(term.condition.filter(entity)) }
        switch rule.action {
        // What was made nobody's is done.
        case .anonymise: parts.append("\(table).subject_id IS NOT NULL")
        // Looked at once for each anchor: something that goes on in it later makes it due again.
        case .review:
            parts.append(
                """
                NOT EXISTS (SELECT FROM retention_review AS seen WHERE seen.tenant_id = \(table).tenant_id AND seen.rule = \(.text(name))
                  AND seen.record_id = \(table).id AND seen.anchor = \(anchor)::timestamptz)
                """
            )
        case .erase, .archive, .keep: break
        }
        return "\(joining: parts, by: " AND ")"
    }

    /// How the rule is called in the whole catalog.
    package var name: String { "\(entity.name).\(rule.name)" }

    /// Floors count from their anchor; where there is none yet, they have not even begun.
    var isKept: SQL {
        if floors.isEmpty { return "FALSE" }
        let kept = floors.map { floor -> SQL in
            "(COALESCE(\(floor.condition.sql(entity)), FALSE) AND COALESCE(NOT \(floor.isOver(table)), TRUE))"
        }
        return "(\(joining: kept, by: " OR "))"
    }

    var isHeld: SQL {
        let reached = heldRecords + heldAsPeople
        if reached.isEmpty { return "FALSE" }
        let ids = reached.map { statement -> SQL in "SELECT reached.thing FROM (\(statement)) AS reached (thing, hold)" }
        return "\(table).id IN (\(joining: ids, by: " UNION ALL "))"
    }

    /// Whoever has restricted the processing wants the data kept (GDPR Art. 18(1)(b) and (c), 18(2)). A restriction because of a legal hold
    /// keeps nothing that the hold itself does not keep.
    var isRestricted: SQL {
        if entity.subject == .nobody { return "FALSE" }
        return """
            EXISTS (SELECT FROM subject_restriction WHERE subject_restriction.tenant_id = \(table).tenant_id
              AND subject_restriction.subject_id = \(table).subject_id AND subject_restriction.is_own IS DISTINCT FROM false)
            """
    }

    /// Rows that go, or are to be looked at.
    var goes: SQL { "\(due) AND NOT \(isKept) AND NOT \(isHeld) AND NOT \(isRestricted)" }

    // MARK: Counting

    /// Counts, in this order: due in all; kept by a floor, by a hold, by a restriction; of the others the records, the people, and the oldest
    /// anchor.
    package var count: SQL {
        """
        SELECT count(*), count(*) FILTER (WHERE kept), count(*) FILTER (WHERE NOT kept AND held),
          count(*) FILTER (WHERE NOT kept AND NOT held AND restricted), count(*) FILTER (WHERE NOT kept AND NOT held AND NOT restricted),
          \(people), min(anchor) FILTER (WHERE NOT kept AND NOT held AND NOT restricted)
        FROM (
          SELECT \(table).subject_id, \(anchor)::timestamptz AS anchor, \(isKept) AS kept, \(isHeld) AS held, \(isRestricted) AS restricted
          FROM \(table) WHERE \(due)
        ) AS found
        """
    }

    /// Where a record is the person, there is nothing to tell apart.
    private var people: SQL {
        switch entity.subject {
        case .nobody: "0::bigint"
        case .itself: "count(*) FILTER (WHERE NOT kept AND NOT held AND NOT restricted)"
        case .via: "count(DISTINCT subject_id) FILTER (WHERE NOT kept AND NOT held AND NOT restricted)"
        }
    }

    /// Some of the records that go, the oldest first.
    package func samples(_ count: Int) -> SQL {
        "SELECT \(table).id FROM \(table) WHERE \(goes) ORDER BY \(anchor), \(table).id LIMIT \(.int8(Int64(count)))"
    }

    /// Records to be looked at, the oldest first, with their anchors.
    package func reviews(limit: Int) -> SQL {
        "SELECT \(table).id, \(anchor)::timestamptz FROM \(table) WHERE \(goes) ORDER BY \(anchor), \(table).id LIMIT \(.int8(Int64(limit)))"
    }

    /// People whose records would go if a hold did not keep them, and the holds; `nil` when there is nobody to ask for.
    package var heldPeople: SQL? {
        let reached = heldRecords + heldAsPeople
        if reached.isEmpty || entity.subject == .nobody { return nil }
        return """
            SELECT DISTINCT \(table).subject_id, reached.hold FROM \(table)
            JOIN (\(joining: reached.map { statement -> SQL in "(\(statement))" }, by: " UNION ")) AS reached (thing, hold) ON reached.thing = \(table).id
            WHERE \(due) AND NOT \(isKept) AND \(table).subject_id IS NOT NULL
            """
    }

    /// Those of the records that are due, whom they are about, and their anchors.
    package func due(among ids: [UUIDv7]) -> SQL {
        """
        SELECT \(table).id, \(table).subject_id, \(anchor)::timestamptz FROM \(table)
        WHERE \(table).id = ANY(\(.uuids(ids))) AND \(due)
        """
    }

    // MARK: Carrying out

    /// Puts the next records that go on the list of a run, in the order of their ids.
    ///
    /// Answers how many there were and the last of them.
    package func list(after position: UUIDv7?, limit: Int, run: UUIDv7) -> SQL {
        let further: SQL = position.map { " AND \(table).id > \(.uuid($0))" } ?? ""
        return """
            WITH page AS (
              SELECT \(table).id FROM \(table) WHERE \(goes)\(further) ORDER BY \(table).id LIMIT \(.int8(Int64(limit)))
            ), put AS (
              INSERT INTO retention_item (tenant_id, run_id, rule, id)
              SELECT \(.uuid(tenant.uuid)), \(.uuid(run)), \(.text(name)), id FROM page ON CONFLICT DO NOTHING
            )
            SELECT count(*), (array_agg(id ORDER BY id DESC))[1] FROM page
            """
    }

    /// Those of the records that still go, and whom they are about, held by the transaction. Holds are asked apart, under their own lock.
    package func still(_ ids: [UUIDv7]) -> SQL {
        """
        SELECT \(table).id, \(table).subject_id FROM \(table)
        WHERE \(table).id = ANY(\(.uuids(ids))) AND \(due) AND NOT \(isKept) AND NOT \(isRestricted) ORDER BY \(table).id FOR UPDATE
        """
    }
}
