import AuditTrail
import Catalog
import Expressions
import Identity
import Policies
import PostgresLink
import Sealing
import Storage
package import SubjectRights
package import Vocabulary

/// What a hold is to be.
package struct HoldOrder: Sendable {
    package let scope: LegalHold.Scope
    package let matter: Personal<String>
    package let basis: Personal<String>
    package let reviewOn: CalendarDate

    package init(scope: LegalHold.Scope, matter: Personal<String>, basis: Personal<String>, reviewOn: CalendarDate) {
        self.scope = scope
        self.matter = matter
        self.basis = basis
        self.reviewOn = reviewOn
    }
}

/// Legal holds: placed, looked at, reviewed and released.
extension RecordGateway {
    /// Places a hold; from then on nothing that it reaches goes. Waits for deletions that are under way.
    ///
    /// - Parameter isDryRun: nothing is placed; how far it would reach is told.
    package func placeHold(_ order: HoldOrder, isDryRun: Bool = false, _ context: RequestContext) async throws(Refusal) -> LegalHold {
        let decision = try await decide(.create, .hold, context)
        try check(order, context)
        let seal = HoldSeal(try await tenantKeys(context))
        let (id, tenant, now) = (UUIDv7.make(), context.tenant, Instant.now())
        func hold(_ reach: HoldCounts) -> LegalHold {
            LegalHold(
                id: id, scope: order.scope, matter: order.matter, basis: order.basis, reviewOn: order.reviewOn, placedAt: now,
                placedBy: context.principal.actor, reach: reach
            )
        }
        var event = event(decision, context, outcome: isDryRun ? .disclosed : .changed)
        event.target = .hold(id, isDryRun ? .planned : .placed)
        event.subjects = try await pseudonyms(of: order.scope, context)
        if isDryRun {
            let results = try await read(context, try reached(order.scope).map { StoreDatabase.reachCount(of: $0, where: $1, tenant: tenant) })
            let records = results.reduce(0) { $0 + Int($1.int64(0, 0) ?? 0) }
            // Whoever is one person in each of several entities is one person.
            let people = if case .subject = order.scope { 1 } else { results.reduce(0) { $0 + Int($1.int64(0, 1) ?? 0) } }
            event.count = records
            _ = try await record(event, context)
            return hold(HoldCounts(records: records, people: people))
        }
        let draft = event
        return try await change(context) { (transaction: Transaction) async throws(Refusal) in
            var event = draft
            let results: [ResultSet]
            let reached = try reached(order.scope)
            // Every record of an entity stays, whatever is changed of it: nothing has to be written down but what is in the archive.
            let isSnapshot = if case .entity = order.scope { false } else { true }
            do throws(LinkError) {
                _ = try await transaction.execute(StoreDatabase.closeHoldGate(of: tenant))
                transaction.enqueue(StoreDatabase.addHold(seal.row(hold(HoldCounts(records: 0, people: 0))), of: tenant))
                for (entity, condition) in reached {
                    if isSnapshot { transaction.enqueue(StoreDatabase.noteReach(of: id, entity, where: condition, tenant: tenant)) }
                    transaction.enqueue(table(entity).noteArchivedReach(of: id, where: condition, tenant: tenant))
                }
                results = try await transaction.execute(
                    isSnapshot
                        ? [StoreDatabase.noted(of: id, tenant: tenant)]
                        : reached.map { StoreDatabase.reachCount(of: $0, where: $1, tenant: tenant) }
                )
            } catch {
                throw refusal(StorageError(error))
            }
            // Whoever was erased while this waited is not to be held any more.
            if case .subject = order.scope { event.subjects = try await pseudonyms(of: order.scope, context) }
            let (records, people) = (Int(results[0].int64(0, 0) ?? 0), Int(results[0].int64(0, 1) ?? 0))
            let counts = HoldCounts(records: records, people: isSnapshot && records == 0 ? event.subjects.count : people)
            transaction.enqueue(StoreDatabase.note(records: counts.records, people: counts.people, of: id, tenant: tenant))
            event.count = records
            announce("hold.placed", of: [id], transaction, context)
            return (hold(counts), event)
        }.value
    }

    /// Holds, those whose review is due first.
    ///
    /// - Parameter includesReleased: also those that have ended, behind the others.
    package func holds(includesReleased: Bool = false, _ context: RequestContext) async throws(Refusal) -> [LegalHold] {
        let decision = try await decide(.read, .hold, context)
        let seal = HoldSeal(try await tenantKeys(context))
        let statement =
            includesReleased ? StoreDatabase.holds(of: context.tenant, limit: 1000) : StoreDatabase.standingHolds(of: context.tenant)
        let holds = HoldRow.all(try await read(context, [statement])[0]).map { seal.hold($0) }
        var event = event(decision, context, outcome: .disclosed)
        event.count = holds.count
        _ = try await record(event, context)
        return holds
    }

    package func hold(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> LegalHold {
        let decision = try await decide(.read, .hold, context)
        let seal = HoldSeal(try await tenantKeys(context))
        let row = HoldRow.all(try await read(context, [StoreDatabase.hold(id, of: context.tenant)])[0]).first
        var event = event(decision, context, outcome: row == nil ? .failed : .disclosed)
        event.target = .hold(id, .shown)
        _ = try await record(event, context)
        guard let row else { throw Refusal(.notFound, "there is no such hold", hint: "'gatehouse hold list --all' shows them") }
        return seal.hold(row)
    }

    /// Says that a hold is still needed, and when to look again.
    package func reviewHold(_ id: UUIDv7, next day: CalendarDate, _ context: RequestContext) async throws(Refusal) -> LegalHold {
        let decision = try await decide(.create, .hold, context)
        try checkReview(day)
        return try await changeHold(id, .reviewed, decision, context) { _ in
            [StoreDatabase.setHoldReview(day, of: id, tenant: context.tenant)]
        }
    }

    /// Ends a hold, for a reason: what it kept may go from then on, and the restrictions that it brought are lifted where nothing else restricts.
    package func releaseHold(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> LegalHold {
        let decision = try await decide(.delete, .hold, context)
        guard let reason = context.reason, !reason.allSatisfy(\.isWhitespace) else { throw .reasonRequired }
        return try await changeHold(id, .released, decision, context) { seal in
            StoreDatabase.releaseHold(
                id, at: .now(), by: context.principal.actor, reason: seal.seal(reason: reason, of: id), of: context.tenant)
        }
    }

    /// How many holds of a tenant wait for somebody to look at them.
    package func dueHoldReviews(of tenant: TenantID) async throws(Refusal) -> Int {
        do {
            let rows = try await store.read(Scope(tenant: tenant), [StoreDatabase.dueHoldReviews(on: today(), of: tenant)])[0]
            return Int(rows.int64(0, 0) ?? 0)
        } catch {
            throw refusal(error)
        }
    }

    // MARK: Parts

    private func changeHold(
        _ id: UUIDv7, _ step: HoldStep, _ decision: Decision, _ context: RequestContext, _ statements: (HoldSeal) -> [SQL]
    ) async throws(Refusal) -> LegalHold {
        let seal = HoldSeal(try await tenantKeys(context))
        return try await change(context) { (transaction: Transaction) async throws(Refusal) in
            for statement in StoreDatabase.closeHoldGate(of: context.tenant) { transaction.enqueue(statement) }
            guard let before = try await row(id, transaction, context) else { throw Refusal(.notFound, "there is no such hold") }
            if before.releasedAt == nil {
                for statement in statements(seal) { transaction.enqueue(statement) }
                if step == .released { announce("hold.released", of: [id], transaction, context) }
            }
            var event = event(decision, context, outcome: .changed)
            event.target = .hold(id, step)
            return (seal.hold(try await row(id, transaction, context) ?? before), event)
        }.value
    }

    private func row(_ id: UUIDv7, _ transaction: Transaction, _ context: RequestContext) async throws(Refusal) -> HoldRow? {
        do throws(LinkError) { return HoldRow.all(try await transaction.execute([StoreDatabase.hold(id, of: context.tenant)])[0]).first } catch {
            throw refusal(StorageError(error))
        }
    }

    private func check(_ order: HoldOrder, _ context: RequestContext) throws(Refusal) {
        var problems: [Refusal.Member] = []
        for (name, text) in [("matter", order.matter.value), ("basis", order.basis.value)] where text.allSatisfy(\.isWhitespace) {
            problems.append(.init(name, "value-required", "\(name) has to have a value"))
        }
        if !problems.isEmpty { throw Refusal(.valueInvalid, "a member of the body is wrong", members: problems) }
        try checkReview(order.reviewOn)
        _ = try reached(order.scope)
        if case .query(let name, let text) = order.scope {
            // How many records fit tells of their values: only what the caller may see in every record is asked.
            let sight = sight(.read, try heldEntity(name), context)
            _ = try Self.condition(text, over: sight.entity) { column in
                column.name == "id" || sight.usableField(named: column.name).map { sight.ruling.clearRecords($0.0).isAlways } ?? false
            }
        }
    }

    private func checkReview(_ day: CalendarDate) throws(Refusal) {
        guard day > today() else {
            throw Refusal(
                .valueInvalid, "a member of the body is wrong", hint: "a hold without an end in sight is looked at now and then",
                members: [.init("review_on", Refusal.Code.valueInvalid.rawValue, "review_on is a day that is still to come")]
            )
        }
    }

    /// What a hold would write down or count: entities, each with its condition.
    private func reached(_ scope: LegalHold.Scope) throws(Refusal) -> [(Entity, SQL)] {
        switch scope {
        case .subject(let subject): return catalog.entities.filter { $0.subject != .nobody }.map { ($0, StoreDatabase.isAbout(subject)) }
        case .entity(let name): return [(try heldEntity(name), "TRUE")]
        case .query(let name, let text):
            let entity = try heldEntity(name)
            return [(entity, try Self.condition(text, over: entity).filter(entity))]
        }
    }

    private func heldEntity(_ name: String) throws(Refusal) -> Entity {
        guard let entity = catalog.entity(named: name) ?? catalog.entity(plural: name) else {
            throw Refusal(
                .valueInvalid, "a member of the body is wrong", hint: Spelling.hint(for: name, among: catalog.entities.map(\.name)),
                members: [.init("entity", "choice-unknown", "entity is one of the catalog's")]
            )
        }
        return entity
    }

    /// The condition of a hold: over plain fields, and the same at any time and for anybody.
    ///
    /// - Parameter isUsable: whether it may speak of a column; of any other it is said what is said of one that there is not.
    static func condition(
        _ text: String, over entity: Entity, where isUsable: (Column) -> Bool = { _ in true }
    ) throws(Refusal) -> RowCondition {
        let columns = entity.columns.compactMap { column -> Column? in
            guard column.origin == .stored, isUsable(column) else { return nil }
            return column.isSealed ? Column(column.name, column.kind, isSealed: true) : column
        }
        let scope = ExpressionScope(
            variables: [:], columns: Dictionary(columns.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }), hasBareColumns: true
        )
        do throws(ExpressionProblem) { return try Condition.compile(text, scope: scope).rows(NoBindings()) } catch {
            throw Refusal(.filterInvalid, "the condition at \(error.place.line):\(error.place.column): \(error.message)", hint: error.hint)
        }
    }

    /// The day that it is where the controller is.
    func today(_ now: Instant = .now()) -> CalendarDate { WorkCalendar(rights.processing).day(of: now) }

    private func pseudonyms(of scope: LegalHold.Scope, _ context: RequestContext) async throws(Refusal) -> [Pseudonym] {
        guard case .subject(let subject) = scope else { return [] }
        let keys = try await keys(ofNamed: [subject], context)
        guard !keys.subjects.isEmpty else { throw Refusal(.notFound, "there is no such data subject") }
        try await refuseMerged([subject], context)
        return keys.pseudonyms
    }
}

/// For conditions that speak of a record alone.
struct NoBindings: Bindings {
    func value(of variable: String) -> Value? { nil }
    func member(_ name: String, of variable: String) -> MemberValue? { nil }
}
