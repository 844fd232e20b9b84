import AuditTrail
package import Catalog
import Identity
import Policies
import PostgresLink
import Storage
import SubjectRights
package import Vocabulary

/// What one rule would do, if it were carried out now.
package struct PlannedRetention: Sendable {
    package let entity: Entity
    package let rule: RetentionRule
    /// The last day from which data is over.
    package let lastDay: CalendarDate
    /// Records that go, or are to be looked at, and the people they are about.
    package let records: Int
    package let people: Int
    /// Records that are due and stay: because of a floor, a legal hold, a restriction.
    package let kept: Int
    package let held: Int
    package let restricted: Int
    /// The oldest anchor of those that go.
    package let oldest: Instant?
    /// Some of them, the oldest first.
    package let samples: [RecordID]

    package var name: String { RetentionSelection.name(entity, rule) }
}

/// Records that wait for somebody to look at them.
package struct RetentionReview: Sendable {
    package let rule: String
    package let record: RecordID
    package let anchor: Instant
}

extension RecordGateway {
    /// What is due to go, by each rule. Nothing is changed.
    package func retentionPlan(rule: String? = nil, _ context: RequestContext) async throws(Refusal) -> [PlannedRetention] {
        let decision = try await decide(.read, .retention, context)
        let selection = retentionSelection(at: context.time)
        let rules = try selection.rules(named: rule)
        let reach = try await standingReach(context)
        var plan: [PlannedRetention] = []
        for (entity, rule) in rules {
            let choice = try selection.choice(entity, rule, reach, of: context.tenant)
            let results = try await read(context, [choice.count, choice.samples(5)])
            plan.append(PlannedRetention(entity, rule, selection.term(rule).lastDay, results[0], samples: results[1]))
        }
        var event = event(decision, context, outcome: .disclosed)
        event.target = .report("retention-plan")
        event.count = plan.reduce(0) { $0 + $1.records }
        _ = try await record(event, context)
        return plan
    }

    /// Records that rules want looked at, the oldest first.
    package func retentionReviews(rule: String? = nil, limit: Int = 100, _ context: RequestContext) async throws(Refusal) -> [RetentionReview] {
        let decision = try await decide(.read, .retention, context)
        let selection = retentionSelection(at: context.time)
        let reach = try await standingReach(context)
        var reviews: [RetentionReview] = []
        for (entity, rule) in try selection.rules(named: rule) where rule.action == .review {
            let choice = try selection.choice(entity, rule, reach, of: context.tenant)
            let rows = try await read(context, [choice.reviews(limit: limit)])[0]
            for row in 0..<rows.rowCount {
                guard let id = rows.uuid(row, 0), let anchor = rows.timestamp(row, 1) else { continue }
                reviews.append(RetentionReview(rule: choice.name, record: RecordID(id), anchor: anchor))
            }
        }
        var event = event(decision, context, outcome: .disclosed)
        event.target = .report("retention-reviews")
        event.count = reviews.count
        event.records = reviews.map(\.record)
        _ = try await record(event, context)
        return reviews
    }

    /// Notes that somebody has looked at records that a rule wants looked at, and that they stay: until something goes on in them.
    ///
    /// - Returns: how many of them were due for it.
    package func markReviewed(_ ids: [RecordID], rule: String, _ context: RequestContext) async throws(Refusal) -> Int {
        let decision = try await decide(.update, .retention, context)
        guard let reason = context.reason, !reason.allSatisfy(\.isWhitespace) else { throw .reasonRequired }
        let selection = retentionSelection(at: context.time)
        guard let (entity, rule) = try selection.rules(named: rule).first, rule.action == .review else {
            throw Refusal(
                .parameterInvalid, "this rule lets data go by itself, and has nobody look at it", hint: "'gatehouse retention plan' shows the rules")
        }
        let choice = try selection.choice(entity, rule, nil, of: context.tenant)
        return try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let rows: ResultSet
            do throws(LinkError) { rows = try await transaction.execute(choice.due(among: ids.map(\.uuid)))[0] } catch {
                throw refusal(StorageError(error))
            }
            let seen = (0..<rows.rowCount).compactMap { row -> (id: RecordID, subject: SubjectID?, anchor: Instant)? in
                guard let id = rows.uuid(row, 0), let anchor = rows.timestamp(row, 2) else { return nil }
                return (RecordID(id), rows.uuid(row, 1).map { SubjectID($0) }, anchor)
            }
            guard !seen.isEmpty else { throw Refusal(.notFound, "none of these records waits for a review by this rule") }
            transaction.enqueue(
                StoreDatabase.noteReview(seen, rule: choice.name, at: context.time, by: context.principal.actor, tenant: context.tenant))
            var event = event(decision, context, outcome: .changed)
            event.target = .report("retention-review")
            event.records = seen.map(\.id)
            event.count = seen.count
            return (seen.count, event)
        }.value
    }

    // MARK: Parts

    func retentionSelection(at now: Instant) -> RetentionSelection {
        RetentionSelection(catalog: catalog, calendar: WorkCalendar(rights.processing), now: now)
    }

    /// What the holds that stand reach; `nil` when there are none. Whatever deletes asks again, under their lock.
    func standingReach(_ context: RequestContext) async throws(Refusal) -> HoldReach? {
        let rows = HoldRow.all(try await read(context, [StoreDatabase.standingHolds(of: context.tenant)])[0])
        if rows.isEmpty { return nil }
        let seal = HoldSeal(try await tenantKeys(context))
        return holdReach(rows.map { seal.hold($0) }, context.tenant)
    }
}

extension PlannedRetention {
    fileprivate init(_ entity: Entity, _ rule: RetentionRule, _ lastDay: CalendarDate, _ rows: ResultSet, samples: ResultSet) {
        func number(_ column: Int) -> Int { Int(rows.int64(0, column) ?? 0) }
        self.init(
            entity: entity, rule: rule, lastDay: lastDay, records: number(4), people: number(5), kept: number(1), held: number(2),
            restricted: number(3), oldest: rows.timestamp(0, 6),
            samples: (0..<samples.rowCount).compactMap { samples.uuid($0, 0).map { RecordID($0) } }
        )
    }
}
