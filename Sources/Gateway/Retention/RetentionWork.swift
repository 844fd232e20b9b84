import AuditTrail
import Catalog
import Identity
import Policies
import PostgresLink
import Sealing
import Storage
import SubjectRights
import Vocabulary

/// One run of retention being carried out: a batch at a time.
struct RetentionWork: Sendable {
    let gateway: RecordGateway
    let context: RequestContext
    let selection: RetentionSelection
    /// Who carries the run out, and holds the lease on it.
    let runner: UUIDv7

    private static let listed = 20_000
    private static let batch = 500

    private var tenant: TenantID { context.tenant }

    /// Does a batch of what a run is at, and moves it on.
    ///
    /// - Returns: how many records it was about.
    func step(_ run: inout RetentionRunRow) async throws(Refusal) -> Int {
        guard run.rule < run.rules.count else {
            try await finish(&run)
            return 0
        }
        let name = run.rules[run.rule]
        // A rule that the catalog has lost since is over: what is on its list stays.
        guard let (entity, rule) = try? selection.rules(named: name).first else {
            next(&run)
            return 0
        }
        if run.isListed {
            let count = try await carryOut(entity, rule, run)
            if count == 0 { next(&run) }
            return count
        }
        try await list(entity, rule, &run)
        return 0
    }

    private func next(_ run: inout RetentionRunRow) {
        run.rule += 1
        run.isListed = false
        run.position = nil
    }

    // MARK: List

    /// Puts the next records on the list; with the first of them counts those that stay.
    private func list(_ entity: Entity, _ rule: RetentionRule, _ run: inout RetentionRunRow) async throws(Refusal) {
        let choice = try selection.choice(entity, rule, try await gateway.standingReach(context), of: tenant)
        let (run0, isFirst) = (run, run.position == nil)
        let isReview = rule.action == .review
        // How far the list is commits with the list: the counts of those that stay are not to be added twice.
        (run, _) = try await gateway.change(context) { (transaction: Transaction) async throws(Refusal) in
            var run = run0
            var statements: [SQL] = isFirst ? [choice.count] : []
            if !isReview { statements.append(choice.list(after: run0.position, limit: Self.listed, run: run0.id)) }
            let results = try await execute(statements, transaction)
            if isFirst {
                if let heldPeople = choice.heldPeople { try await gateway.restrict(heldBy: heldPeople, transaction, context) }
                func number(_ column: Int) -> Int { Int(results[0].int64(0, column) ?? 0) }
                var tallies: [(RetentionTally.Outcome, Int)] = [(.kept, number(1)), (.held, number(2)), (.restricted, number(3))]
                if isReview { tallies.append((.listed, number(4))) }
                add(tallies.map { ($0.0, entity.name, $0.1) }, choice.name, run0, transaction)
            }
            let listed = isReview ? nil : results.last
            let count = Int(listed?.int64(0, 0) ?? 0)
            run.total += Int64(count)
            run.position = listed?.uuid(0, 1) ?? run.position
            run.isListed = count < Self.listed
            guard try await execute([StoreDatabase.saveRun(run, by: runner)], transaction)[0].affectedRows == 1 else {
                throw Refusal(.busy, "another process has taken this run over", hint: "'gatehouse retention runs' shows how far it is")
            }
            var event = event(choice, run)
            event.outcome = .disclosed
            return (run, event)
        }
    }

    // MARK: Batches

    private func carryOut(_ entity: Entity, _ rule: RetentionRule, _ run: RetentionRunRow) async throws(Refusal) -> Int {
        let choice = try selection.choice(entity, rule, nil, of: tenant)
        let limit = run.rate > 0 ? min(Self.batch, max(1, Int(run.rate) / 4)) : Self.batch
        // What the last batch still owes comes first: also that of somebody who died behind it.
        if !entity.searchableFields.isEmpty, entity.subject != .itself || rule.action != .erase { try await payTokens(choice, run) }
        let ids = try await read(StoreDatabase.items(of: run, rule: choice.name, limit: limit)).map { RecordID($0) }
        if ids.isEmpty { return 0 }
        if rule.action == .erase, entity.subject == .itself {
            try await erasePeople(ids, choice, run)
        } else {
            try await letGo(ids, choice, run)
            if !entity.searchableFields.isEmpty { try await payTokens(choice, run) }
        }
        return ids.count
    }

    /// People go with everything that is about them.
    private func erasePeople(_ ids: [RecordID], _ choice: RetentionChoice, _ run: RetentionRunRow) async throws(Refusal) {
        let people = ids.map { SubjectID($0.uuid) }
        _ = try await gateway.erase(
            people, for: .retention(run: run.id, rule: choice.name), due: choice.still(ids.map(\.uuid)),
            also: { counts, event in
                var tallies: [RetentionTally] = []
                func add(_ outcome: RetentionTally.Outcome, _ entity: String, _ count: Int) {
                    if count > 0 { tallies.append(RetentionTally(rule: choice.name, outcome: outcome, entity: entity, count: count)) }
                }
                add(.people, choice.entity.name, counts.people)
                // Gone, changed or restricted since they were listed.
                add(.passed, choice.entity.name, counts.passed)
                add(.held, choice.entity.name, counts.held.count)
                for (entity, count) in counts.deleted { add(.deleted, entity, count) }
                for (entity, count) in counts.blanked { add(.blanked, entity, count) }
                for (reference, count) in counts.cut { add(.cut, reference, count) }
                var statements = [
                    StoreDatabase.removeItems(people.map(\.uuid), of: run, rule: choice.name),
                    StoreDatabase.note(people.count, event: event, of: run),
                ]
                if !tallies.isEmpty { statements.append(StoreDatabase.add(tallies, to: run)) }
                return statements
            }, context
        )
    }

    /// Records go, are emptied, or leave for the archive; whom they are about stays.
    private func letGo(_ ids: [RecordID], _ choice: RetentionChoice, _ run: RetentionRunRow) async throws(Refusal) {
        let entity = choice.entity
        _ = try await gateway.change(context) { (transaction: Transaction) async throws(Refusal) in
            let held = try await gateway.held(ids, of: entity, .references, transaction, context)
            let rows = try await execute([choice.still(ids.map(\.uuid))], transaction)[0]
            var subjects: [RecordID: SubjectID] = [:]
            var free: [RecordID] = []
            for row in 0..<rows.rowCount {
                guard let id = rows.uuid(row, 0).map({ RecordID($0) }), held[id] == nil else { continue }
                free.append(id)
                if let subject = rows.uuid(row, 1) { subjects[id] = SubjectID(subject) }
            }
            try await restrict(held, entity, transaction)
            let referenced = try await referenced(free, choice, transaction)
            let going = free.filter { !referenced.contains($0) }
            var tallies: [(RetentionTally.Outcome, String, Int)] = [
                (.held, entity.name, held.count), (.referenced, entity.name, referenced.count),
                (.passed, entity.name, ids.count - held.count - free.count),
            ]
            if !going.isEmpty {
                // Keys first: afterwards nobody can tell whose record it was.
                let keys = try await gateway.keys(for: Array(Set(going.compactMap { subjects[$0] })), withTenantKey: false, context)
                tallies += try await act(on: going, choice, run, transaction)
                let owed = going.map { (id: $0.uuid, holder: (subjects[$0]?.uuid ?? tenant.uuid)) }
                if entity.searchableFields.isEmpty {
                    transaction.enqueue(StoreDatabase.removeItems(going.map(\.uuid), of: run, rule: choice.name))
                } else {
                    transaction.enqueue(StoreDatabase.oweTokens(owed, of: run, rule: choice.name))
                }
                var event = event(choice, run)
                event.records = going
                event.subjects = keys.pseudonyms
                event.count = going.count
                finish(ids, going, tallies, choice, run, event, transaction)
                return ((), event)
            }
            let event = event(choice, run)
            finish(ids, [], tallies, choice, run, event, transaction)
            return ((), event)
        }
    }

    private func finish(
        _ ids: [RecordID], _ going: [RecordID], _ tallies: [(RetentionTally.Outcome, String, Int)], _ choice: RetentionChoice,
        _ run: RetentionRunRow, _ event: AuditEvent, _ transaction: Transaction
    ) {
        let staying = Set(ids).subtracting(going).map(\.uuid)
        if !staying.isEmpty { transaction.enqueue(StoreDatabase.removeItems(staying, of: run, rule: choice.name)) }
        add(tallies, choice.name, run, transaction)
        transaction.enqueue(StoreDatabase.note(ids.count, event: event.id, of: run))
    }

    /// People whose records a hold keeps are restricted.
    private func restrict(_ held: [RecordID: [LegalHold]], _ entity: Entity, _ transaction: Transaction) async throws(Refusal) {
        if held.isEmpty || entity.subject == .nobody { return }
        let rows = try await execute([gateway.table(entity).subjects(of: Array(held.keys), tenant: tenant)], transaction)[0]
        var people: [SubjectID: [LegalHold]] = [:]
        for row in 0..<rows.rowCount {
            guard let id = rows.uuid(row, 0), let subject = rows.uuid(row, 1) else { continue }
            people[SubjectID(subject), default: []] += held[RecordID(id)] ?? []
        }
        gateway.restrict(people, transaction, context)
    }

    /// Does what the rule says with records that nothing keeps.
    private func act(
        on ids: [RecordID], _ choice: RetentionChoice, _ run: RetentionRunRow, _ transaction: Transaction
    ) async throws(Refusal) -> [(RetentionTally.Outcome, String, Int)] {
        let (entity, now) = (choice.entity, Instant.now())
        let table = gateway.table(entity)
        var steps: [(RetentionTally.Outcome, String, SQL)] = []
        switch choice.rule.action {
        case .erase:
            for (other, field) in references(to: entity) where !field.cascadesOnDelete {
                steps.append((.cut, "\(other.name).\(field.name)", gateway.table(other).cut(field, to: ids, at: now, tenant: tenant)))
            }
            for (other, field) in references(to: entity) where field.cascadesOnDelete {
                steps.append((.deleted, other.name, gateway.table(other).delete(pointingTo: ids, by: field, tenant: tenant)))
            }
            steps.append((.deleted, entity.name, table.delete(ids, tenant: tenant)))
        case .anonymise:
            let people = entity.fields.filter { field in
                field.referenceTo.flatMap { gateway.catalog.entity(named: $0) }.map { $0.subject != .nobody } ?? false
            }
            for (history, reference, isPersonal) in Reach(gateway.catalog).histories(of: entity) where isPersonal {
                steps.append((.deleted, history.name, gateway.table(history).delete(pointingTo: ids, by: reference, tenant: tenant)))
            }
            steps.append((.anonymised, entity.name, table.anonymise(ids, cutting: people, at: now, tenant: tenant)))
        case .archive:
            let name = choice.name
            for (other, field) in references(to: entity) where field.cascadesOnDelete {
                let archived = gateway.table(other).archive(pointingTo: ids, by: field, run: run.id, rule: name, at: now, tenant: tenant)
                steps.append((.archived, other.name, archived))
            }
            steps.append((.archived, entity.name, table.archive(ids, run: run.id, rule: name, at: now, tenant: tenant)))
        case .review, .keep: return []
        }
        let results = try await execute(steps.map(\.2), transaction)
        if choice.rule.action == .archive { transaction.enqueue(table.delete(ids, tenant: tenant)) }
        return zip(steps, results).map { ($0.0, $0.1, $1.affectedRows) }
    }

    /// Records that others point to and cannot do without; for the archive, that others point to at all.
    private func referenced(_ ids: [RecordID], _ choice: RetentionChoice, _ transaction: Transaction) async throws(Refusal) -> Set<RecordID> {
        let statements = references(to: choice.entity).compactMap { other, field -> SQL? in
            switch choice.rule.action {
            case .erase where field.isRequired && !field.cascadesOnDelete, .archive where !field.cascadesOnDelete:
                gateway.table(other).pointed(by: field, to: ids, tenant: tenant)
            default: nil
            }
        }
        if statements.isEmpty || ids.isEmpty { return [] }
        let results = try await execute(statements, transaction)
        return Set(results.flatMap { rows in (0..<rows.rowCount).compactMap { rows.uuid($0, 0).map { RecordID($0) } } })
    }

    private func references(to entity: Entity) -> [(entity: Entity, field: Field)] {
        gateway.catalog.entities.flatMap { other in other.fields.filter { $0.referenceTo == entity.name }.map { (other, $0) } }
    }

    /// Search tokens of records that are gone: in the other database, and so behind the change.
    private func payTokens(_ choice: RetentionChoice, _ run: RetentionRunRow) async throws(Refusal) {
        while true {
            let rows: ResultSet
            do {
                rows = try await gateway.store.read(Scope(tenant: tenant), [StoreDatabase.owedTokens(of: run, rule: choice.name, limit: 2000)])[0]
            } catch {
                throw gateway.refusal(error)
            }
            let owed = (0..<rows.rowCount).compactMap { row -> (id: UUIDv7, holder: UUIDv7)? in
                guard let id = rows.uuid(row, 0), let holder = rows.uuid(row, 1) else { return nil }
                return (id, holder)
            }
            if owed.isEmpty { return }
            _ = try await gateway.inVault { () async throws(StorageError) in
                try await gateway.vault.write(tenant, [VaultDatabase.removeTokens(owed, of: tenant)])
            }
            do { _ = try await gateway.changed(StoreDatabase.removeItems(owed.map(\.id), of: run, rule: choice.name), tenant) } catch {
                throw gateway.refusal(error)
            }
        }
    }

    // MARK: End

    /// Signs the report; from then on the run is over. Not before the keys of everybody who went are destroyed.
    private func finish(_ run: inout RetentionRunRow) async throws(Refusal) {
        let rows: ResultSet
        let open: ResultSet
        do { open = try await gateway.store.read(Scope(tenant: tenant), [StoreDatabase.openErasures(of: run)])[0] } catch {
            throw gateway.refusal(error)
        }
        if open.int64(0, 0) ?? 0 > 0 {
            try await gateway.resumeErasures(context)
            try? await Task.sleep(for: .seconds(1))
            return
        }
        do { rows = try await gateway.store.read(Scope(tenant: tenant), [StoreDatabase.tallies(of: run.id, tenant: tenant)])[0] } catch {
            throw gateway.refusal(error)
        }
        let fresh = try await gateway.run(run.id, of: tenant) ?? run
        let now = Instant.now()
        let report = RetentionReport(
            run: fresh, finishedAt: now, tallies: StoreDatabase.tallies(rows), selection: selection, processing: gateway.rights.processing)
        do throws(DocumentError) {
            run.report = try gateway.rights.signer.sign(report.document, as: .retentionReport).bytes
        } catch {
            throw Refusal(.internalError, "the report cannot be signed")
        }
        run.done = fresh.done
        run.events = fresh.events
        run.finishedAt = now
    }

    // MARK: Parts

    private func event(_ choice: RetentionChoice, _ run: RetentionRunRow) -> AuditEvent {
        let decision = context.policies.decide(context.access, .update, on: SystemResource.retention.rawValue).widest
        var event = gateway.event(decision, context, outcome: .changed)
        event.target = .retention(run.id)
        return event
    }

    private func add(
        _ tallies: [(outcome: RetentionTally.Outcome, entity: String, count: Int)], _ rule: String, _ run: RetentionRunRow,
        _ transaction: Transaction
    ) {
        let counted = tallies.filter { $0.count > 0 }.map {
            RetentionTally(rule: rule, outcome: $0.outcome, entity: $0.entity, count: $0.count)
        }
        if !counted.isEmpty { transaction.enqueue(StoreDatabase.add(counted, to: run)) }
    }

    private func execute(_ statements: [SQL], _ transaction: Transaction) async throws(Refusal) -> [ResultSet] {
        do throws(LinkError) { return try await transaction.execute(statements) } catch { throw gateway.refusal(StorageError(error)) }
    }

    /// The ids that a statement answers.
    private func read(_ statement: SQL) async throws(Refusal) -> [UUIDv7] {
        do {
            let rows = try await gateway.store.read(Scope(tenant: tenant), [statement])[0]
            return (0..<rows.rowCount).compactMap { rows.uuid($0, 0) }
        } catch {
            throw gateway.refusal(error)
        }
    }
}
