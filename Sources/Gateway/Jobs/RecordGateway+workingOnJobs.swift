import AuditTrail
import Catalog
import DataFormats
import Disclosure
import KeyRing
import Policies
import PostgresLink
import Sealing
import Storage
import Vocabulary

/// What jobs need of the gateway as time goes on. Several gateways take turns: a job is lent to one of them for one step.
extension RecordGateway {
    private static let lease = Duration.seconds(120)
    /// Records that one step of taking an import back looks at.
    private static let reversalsOfStep = 50

    /// Does one step of the job that has waited longest: a part of rows in or out, or some records back.
    ///
    /// - Parameter context: of the host.
    /// - Returns: whether there was one.
    package func workOnJobs(_ context: RequestContext) async throws(Refusal) -> Bool {
        let now = Instant.now()
        let taken: [JobRow]
        do {
            taken = StoreDatabase.jobs(
                try await changed(StoreDatabase.takeDueJob(until: now.advanced(by: Self.lease), at: now, tenant: context.tenant), context.tenant))
        } catch { throw refusal(error) }
        guard let row = taken.first else { return false }
        do throws(Refusal) {
            try await step(row, context)
        } catch {
            switch error.code {
            // Whoever finds lines that are there already was overtaken by another gateway.
            case .busy, .storeUnavailable, .vaultUnavailable, .auditUnavailable, .outcomeUnknown, .restoring, .valueTaken:
                try await postpone(row, .seconds(5), nil, context)
            case .budgetExhausted, .peopleStepUp: try await postpone(row, .seconds(60), error.code.rawValue, context)
            default: try await fail(row, error.code.rawValue, context)
            }
        }
        return true
    }

    /// Throws away what jobs hold longer than they may, and forgets those that are long over.
    package func sweepJobs(_ context: RequestContext) async throws(Refusal) {
        let (now, tenant) = (Instant.now(), context.tenant)
        for row in StoreDatabase.jobs(try await read(context, [StoreDatabase.jobsWithOldFiles(at: now, tenant: tenant)])[0]) {
            try await dropFiles(of: row.id, tenant)
        }
        for statement in StoreDatabase.sweepJobs(at: now, before: now.advanced(by: .zero - Self.jobLifetime), tenant: tenant) {
            do { _ = try await changed(statement, tenant) } catch { throw refusal(error) }
        }
    }

    /// First the key, then what it sealed: whatever moment the process dies at, nothing is left that opens.
    func dropFiles(of job: UUIDv7, _ tenant: TenantID) async throws(Refusal) {
        let holder = JobSeal(job: job, tenant: tenant).holder
        _ = try await inKeyRing { () async throws(KeyRingError) in try await keyRing.destroyKey(of: holder, tenant: tenant) }
        do throws(StorageError) {
            try await store.transaction(Scope(tenant: tenant), wrap: { $0 }) { (transaction: Transaction) throws(StorageError) in
                for statement in StoreDatabase.dropFiles(of: job, tenant: tenant) { transaction.enqueue(statement) }
            }
        } catch {
            throw refusal(error)
        }
    }

    // MARK: Steps

    private func step(_ row: JobRow, _ context: RequestContext) async throws(Refusal) {
        guard let entity = catalog.entity(named: row.entity) else { return try await fail(row, "entity-unknown", context) }
        let (owner, content) = try await working(row, context.tenant)
        guard let owner else { return try await fail(row, "owner-gone", context) }
        if row.state == .reverting { return try await revertSome(of: row, entity, owner, context) }
        guard let content else { return try await fail(row, "files-gone", context) }
        switch row.kind {
        case .import: try await importPart(of: row, entity, owner, context)
        case .export: try await exportPart(of: row, content, entity, owner, context)
        }
    }

    private func importPart(of row: JobRow, _ entity: Entity, _ owner: RequestContext, _ context: RequestContext) async throws(Refusal) {
        let (tenant, number) = (context.tenant, row.doneParts + 1)
        let first = Int64(number - 1) * Int64(Self.jobPartRows) + 1
        let numbers = first...(first + Int64(Self.jobPartRows) - 1)
        let seal = JobSeal(job: row.id, tenant: tenant)
        let key = try await jobKey(seal, context)
        let results = try await read(
            context, [StoreDatabase.part(number, of: row.id, tenant: tenant), StoreDatabase.linesDone(numbers, of: row.id, tenant: tenant)])
        guard let sealed = results[0].rowCount == 1 ? results[0].bytes(0, 0) : nil, let bytes = seal.open(sealed, .part(number), key) else {
            return try await fail(row, "files-gone", context)
        }
        let done = Set((0..<results[1].rowCount).compactMap { results[1].int64($0, 0) })
        var sent: [Int64: ImportRow] = [:]
        for (place, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let object = (try? JSONReader.read(Array(line)))?.objectValue, let row = ImportRow(object) else { continue }
            sent[first + Int64(place)] = row
        }
        // Rows have the numbers that they have in the job; what the caller calls them comes back with those that are refused.
        let rows = sent.keys.sorted().filter { !done.contains($0) }.compactMap { number in
            sent[number].map { ImportRow(line: Int(number), members: $0.members, lookups: $0.lookups) }
        }
        let outcomes =
            rows.isEmpty
            ? [] : try await importRows(rows, into: entity, isDryRun: row.isDryRun, journal: ImportJournal(seal: seal), owner)
        let refused = outcomes.filter { $0.fate == .refused }.compactMap { outcome -> JobLine? in
            guard let original = sent[Int64(outcome.line)] else { return nil }
            var object = original.json
            object["errors"] = .array(
                outcome.problems.map { ["pointer": .string($0.pointer), "code": .string($0.code), "detail": .string($0.detail)] })
            let place = JobSeal.Place.line(Int64(outcome.line))
            return JobLine(number: Int64(outcome.line), fate: .refused, sealed: seal.seal(JSONValue.object(object).encoded(), place, key))
        }
        let now = Instant.now()
        var statements = refused.isEmpty ? [] : [StoreDatabase.addLines(refused, of: row.id, tenant: tenant, orKeep: true)]
        statements += StoreDatabase.finishPart(
            number, numbers, of: row.id, at: now, filesUntil: now.advanced(by: Self.fileLifetime),
            revertibleUntil: now.advanced(by: Self.revertLifetime), tenant: tenant)
        try await write(statements, row, isLast: number == row.parts, context)
    }

    private func exportPart(
        of row: JobRow, _ content: JobContent, _ entity: Entity, _ owner: RequestContext, _ context: RequestContext
    ) async throws(Refusal) {
        let (tenant, number) = (context.tenant, row.doneParts + 1)
        let list = try await list(entity, content.query(after: row.next, limit: Self.jobPartRows), owner)
        let keys = try await keys(for: list.sources.map(\.record), owner)
        let seal = JobSeal(job: row.id, tenant: tenant)
        let first = Int64(number - 1) * Int64(Self.jobPartRows) + 1
        var lines: [JobLine] = []
        for (place, (disclosed, source)) in zip(list.records, list.sources).enumerated() {
            // Of whom the key is gone meanwhile there is nothing to hand out.
            guard let key = keys.key(for: source.record) else { continue }
            let line = first + Int64(place)
            lines.append(
                JobLine(
                    number: line, fate: .exported, record: source.record.id.uuid, subject: source.record.subject?.uuid,
                    sight: source.view.decision.fingerprint, sealed: seal.seal(disclosed.json, .line(line), key)))
        }
        let now = Instant.now()
        let finished = StoreDatabase.addedPart(
            number, rows: lines.count, next: list.next, of: row.id, at: now, filesUntil: now.advanced(by: Self.fileLifetime), tenant: tenant)
        let statements = lines.isEmpty ? [finished] : [StoreDatabase.addLines(lines, of: row.id, tenant: tenant), finished]
        try await write(statements, row, isLast: list.next == nil, context)
    }

    private func revertSome(of row: JobRow, _ entity: Entity, _ owner: RequestContext, _ context: RequestContext) async throws(Refusal) {
        let tenant = context.tenant
        let effects = StoreDatabase.effects(
            try await read(context, [StoreDatabase.effects(of: row.id, limit: Self.reversalsOfStep, tenant: tenant)])[0])
        let reverting = owner.because(owner.reason ?? "import \(row.id) is taken back")
        for effect in effects {
            let step = reverting.taking(
                JobStep(version: effect.version, mark: StoreDatabase.mark(effect.record, "reverted", in: row.id, tenant: tenant)))
            do throws(Refusal) {
                if effect.wasCreated {
                    try await destroy(entity, RecordID(effect.record), ifMatch: nil, step)
                } else {
                    try await putBack(effect, of: row, entity, step)
                }
            } catch {
                switch error.code {
                case .notFound, .preconditionFailed, .recordInUse, .holdInTheWay, .denied, .fieldNotWritable, .valueTaken, .referenceUnknown,
                    .subjectErased, .subjectKeyMissing, .valueInvalid, .internalError:
                    let mark = StoreDatabase.mark(effect.record, error.code.rawValue, in: row.id, tenant: tenant)
                    do { _ = try await changed(mark, tenant) } catch { throw refusal(error) }
                default: throw error
                }
            }
        }
        let now = Instant.now()
        if effects.count == Self.reversalsOfStep { return try await postpone(row, .zero, nil, context) }
        let moved = StoreDatabase.moveJob(
            row.id, from: [.reverting], to: .reverted, code: nil, at: now, due: nil, filesUntil: nil, tenant: tenant)
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            transaction.enqueue(moved)
            return ((), jobEvent(.workingOnJobs, row, .reverted, context))
        }
    }

    /// Gives a record the values that the import has replaced: those from before its first row.
    private func putBack(_ effect: JobEffect, of row: JobRow, _ entity: Entity, _ context: RequestContext) async throws(Refusal) {
        let lines = StoreDatabase.lines(
            .updated, try await read(context, [StoreDatabase.replaced(effect.record, in: row.id, tenant: context.tenant)])[0])
        let journal = ImportJournal(seal: JobSeal(job: row.id, tenant: context.tenant))
        var values: [Int: FieldValue?] = [:]
        for line in lines {
            let subject = line.subject.map { SubjectID($0) }
            let keys = try await keys(for: subject.map { [$0] } ?? [], withTenantKey: subject == nil, context)
            guard let key = keys.key(for: subject), let replaced = journal.replaced(line, entity, key) else { throw Self.erased }
            values.merge(replaced) { $1 }
        }
        var draft = RecordDraft()
        for (position, value) in values { draft.write(value, at: position) }
        let whole = draft
        let updating = try await writable(.update, entity, context, record: RecordID(effect.record))
        _ = try await amend(entity, RecordID(effect.record), updating, ifMatch: nil, context) { _ in whole }
    }

    // MARK: Parts

    /// - Parameter isLast: it is on record that the job has ended.
    private func write(_ statements: [SQL], _ row: JobRow, isLast: Bool, _ context: RequestContext) async throws(Refusal) {
        if isLast {
            _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                for statement in statements { transaction.enqueue(statement) }
                return ((), jobEvent(.workingOnJobs, row, .ended, context))
            }
            return
        }
        do throws(StorageError) {
            try await store.transaction(Scope(tenant: context.tenant), wrap: { $0 }) { (transaction: Transaction) throws(StorageError) in
                for statement in statements { transaction.enqueue(statement) }
            }
        } catch {
            throw refusal(error)
        }
    }

    private func postpone(_ row: JobRow, _ wait: Duration, _ code: String?, _ context: RequestContext) async throws(Refusal) {
        let later = StoreDatabase.postponeJob(row.id, to: Instant.now().advanced(by: wait), code: code, tenant: context.tenant)
        do { _ = try await changed(later, context.tenant) } catch { throw refusal(error) }
    }

    private func fail(_ row: JobRow, _ code: String, _ context: RequestContext) async throws(Refusal) {
        let now = Instant.now()
        let failed = StoreDatabase.moveJob(
            row.id, from: [.running, .reverting], to: .failed, code: code, at: now, due: nil, filesUntil: now.advanced(by: Self.fileLifetime),
            tenant: context.tenant)
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            transaction.enqueue(failed)
            return ((), jobEvent(.workingOnJobs, row, .failed, context))
        }
    }
}
