import AuditTrail
import Catalog
import DataFormats
import Disclosure
import Expressions
import Identity
import KeyRing
import Policies
import PostgresLink
import Sealing
package import Storage
package import Vocabulary

/// What a job is to do.
package struct JobOrder: Sendable {
    package let kind: JobKind
    /// A plural of the catalog.
    package let entity: String
    package var isDryRun = false
    /// A condition in CEL, the field to sort by with a `-` in front for descending, and the fields to show: of an export.
    package var filter: String?
    package var sort: String?
    package var fields: [String]?

    package init(kind: JobKind, entity: String) {
        self.kind = kind
        self.entity = entity
    }
}

/// A job, and what came of taking it back.
package struct JobReport: Sendable {
    package let row: JobRow
    package let entity: String
    /// Records by outcome: `reverted`, or the code of why not.
    package var reversals: [(outcome: String, count: Int64)] = []

    /// Until when what was imported can be taken back.
    package var revertibleUntil: Instant? { row.kind == .import && !row.isDryRun ? row.revertibleUntil : nil }
}

/// Imports and exports of many records, for whoever does not want to wait. Everybody has their own, each belongs to an API key; the operator
/// on the host sees those of the tenant.
///
/// Nothing of a job is done by rights of its own: every step is decided by what its key may do at that time.
extension RecordGateway {
    /// Rows of one part.
    package static var jobPartRows: Int { maximumImportRows }
    private static let mostParts: Int32 = 10_000
    private static let mostLiveJobs = 10
    /// Of the rows that wait in one import.
    private static let mostBytes: Int64 = 1 << 30
    /// How long results and refused rows wait to be fetched.
    static let fileLifetime = Duration.seconds(86_400)
    /// How long an import can be taken back.
    static let revertLifetime = Duration.seconds(7 * 86_400)
    /// How long it is known what a job has done.
    static let jobLifetime = Duration.seconds(30 * 86_400)

    package func openJob(_ order: JobOrder, _ context: RequestContext) async throws(Refusal) -> JobReport {
        let decision = try await decide(.create, .job, context)
        let (owner, ownContext) = try await jobOwner(context)
        guard let entity = catalog.entity(plural: order.entity) else {
            throw Refusal(
                .valueInvalid, "a member of the body is wrong",
                members: [
                    .init("entity", Refusal.Code.valueInvalid.rawValue, "entity is one of " + catalog.entities.map(\.plural).joined(separator: ", "))
                ])
        }
        let content = JobContent(order, reason: context.reason)
        switch order.kind {
        case .import: _ = try await writable(.import, entity, ownContext)
        case .export:
            let sight = try await decide(.read, entity, ownContext)
            let query = content.query(after: nil, limit: 1)
            _ = try await noted(sight, ownContext) { () throws(Refusal) in
                (try shownPositions(query.fields, sight.widest), try ListPlan(query, sight, ownContext))
            }
        }
        let id = UUIDv7.make()
        let seal = JobSeal(job: id, tenant: context.tenant)
        let (key, wrapped) = try await inKeyRing { () async throws(KeyRingError) in
            try await keyRing.makeKey(for: seal.holder, tenant: context.tenant)
        }
        let moment = keyRing.moment
        let row = JobRow(
            id: id, kind: order.kind, entity: entity.name, state: order.kind == .import ? .open : .running, owner: owner,
            purpose: context.purpose?.name, isDryRun: order.isDryRun, content: seal.seal(content.encoded, .content, key), createdAt: context.time,
            filesUntil: context.time.advanced(by: Self.fileLifetime),
            // Set before the first row has its turn: an import that is ended in the middle of a part can be taken back, too.
            revertibleUntil: order.kind == .import ? context.time.advanced(by: Self.fileLifetime + Self.revertLifetime) : nil,
            dueAt: order.kind == .import ? nil : context.time)
        try await inVault { () async throws(StorageError) in
            guard try await vault.add([wrapped], [], of: context.tenant) == .written else { throw StorageError.unrecorded }
        }
        keyRing.keep(key, of: seal.holder, tenant: context.tenant, since: moment)
        do throws(Refusal) {
            return try await change(context) { (transaction: Transaction) async throws(Refusal) in
                let live = try await inTransaction { () async throws(LinkError) in
                    try await transaction.execute(StoreDatabase.countLiveJobs(of: owner, tenant: context.tenant))[1].int64(0, 0) ?? 0
                }
                guard live < Int64(Self.mostLiveJobs) else {
                    throw Refusal(
                        .requestState, "a key has at most \(Self.mostLiveJobs) jobs at the same time", hint: "wait for one to end, or delete it")
                }
                transaction.enqueue(StoreDatabase.addJob(row, tenant: context.tenant))
                return (JobReport(row: row, entity: entity.plural), jobEvent(decision, row, .opened, context))
            }.value
        } catch {
            if error.code != .outcomeUnknown { _ = try? await keyRing.destroyKey(of: seal.holder, tenant: context.tenant) }
            throw error
        }
    }

    package func jobs(_ context: RequestContext) async throws(Refusal) -> [JobReport] {
        let decision = try await decide(.read, .job, context)
        let reach = try await jobReach(context)
        let rows = StoreDatabase.jobs(try await read(context, [StoreDatabase.jobs(of: reach, limit: 100, tenant: context.tenant)])[0])
        var event = event(decision, context, outcome: .disclosed)
        event.count = rows.count
        _ = try await record(event, context)
        return rows.map { JobReport(row: $0, entity: plural(of: $0)) }
    }

    package func job(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> JobReport {
        let decision = try await decide(.read, .job, context)
        let row = try await ownJob(id, context)
        let rows = try await read(context, [StoreDatabase.reversals(of: id, tenant: context.tenant)])[0]
        var report = JobReport(row: row, entity: plural(of: row))
        report.reversals = (0..<rows.rowCount).map { (rows.text($0, 0) ?? "", rows.int64($0, 1) ?? 0) }
        _ = try await record(jobEvent(decision, row, .shown, outcome: .disclosed, context), context)
        return report
    }

    /// Puts rows of an import aside until it starts. A part that is sent again replaces the one before.
    package func fillJob(_ id: UUIDv7, part number: Int32, _ rows: [ImportRow], _ context: RequestContext) async throws(Refusal) {
        let decision = try await decide(.create, .job, context)
        let reach = try await jobReach(context)
        guard (1...Self.mostParts).contains(number) else {
            throw Refusal(.parameterInvalid, "the parts of an import have the numbers 1 to \(Self.mostParts)")
        }
        guard !rows.isEmpty else { throw Refusal(.valueInvalid, "a part has at least one row") }
        let seal = JobSeal(job: id, tenant: context.tenant)
        var bytes: [UInt8] = []
        for row in rows {
            bytes += JSONValue.object(row.json).encoded()
            bytes.append(UInt8(ascii: "\n"))
        }
        defer { wipe(&bytes) }
        let key = try await jobKey(seal, context)
        let sealed = seal.seal(bytes, .part(number), key)
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let row = try await lockedJob(id, of: reach, transaction, context)
            guard row.kind == .import, row.state == .open else { throw Self.otherState(row, "takes no rows") }
            for statement in StoreDatabase.putPart(sealed, rows: rows.count, number: number, of: id, tenant: context.tenant) {
                transaction.enqueue(statement)
            }
            let byteCount = try await inTransaction { () async throws(LinkError) in
                try await transaction.execute([StoreDatabase.byteCount(of: id, tenant: context.tenant)])[0].int64(0, 0) ?? 0
            }
            guard byteCount <= Self.mostBytes else {
                throw Refusal(
                    .bodyTooLarge, "the rows of an import take at most \(Self.mostBytes >> 20) MiB", hint: "send the rest in another import")
            }
            var event = jobEvent(decision, row, .filled, context)
            event.count = rows.count
            return ((), event)
        }
    }

    /// Lets an import begin, once all its parts are there.
    package func startJob(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> JobReport {
        let decision = try await decide(.create, .job, context)
        let reach = try await jobReach(context)
        return try await change(context) { (transaction: Transaction) async throws(Refusal) in
            var row = try await lockedJob(id, of: reach, transaction, context)
            guard row.kind == .import, row.state == .open else { throw Self.otherState(row, "cannot be started") }
            let parts = try await inTransaction { () async throws(LinkError) in
                try await transaction.execute([StoreDatabase.lastPart(of: id, tenant: context.tenant)])[0]
            }
            let (count, last) = (parts.int64(0, 0) ?? 0, parts.int64(0, 1) ?? 0)
            guard count > 0, count == last else {
                throw Refusal(
                    .requestState, count == 0 ? "the import has no rows yet" : "of \(last) parts \(last - count) are missing",
                    hint: "PUT /v1/jobs/\(id)/parts/1, 2, and so on")
            }
            transaction.enqueue(
                StoreDatabase.moveJob(
                    id, from: [.open], to: .running, code: nil, at: context.time, due: context.time, filesUntil: nil, tenant: context.tenant))
            row.state = .running
            return (JobReport(row: row, entity: plural(of: row)), jobEvent(decision, row, .started, context))
        }.value
    }

    /// Ends a job, and throws away what it holds. What was imported stays, and can be taken back as long as ever.
    package func endJob(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) {
        let decision = try await decide(.delete, .job, context)
        let reach = try await jobReach(context)
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let row = try await lockedJob(id, of: reach, transaction, context)
            let isLive = [.open, .running, .reverting].contains(row.state)
            transaction.enqueue(
                StoreDatabase.moveJob(
                    id, from: [row.state], to: isLive ? .cancelled : row.state, code: isLive ? nil : row.code, at: row.endedAt ?? context.time,
                    due: nil, filesUntil: context.time, tenant: context.tenant))
            return ((), jobEvent(decision, row, .cancelled, context))
        }
        try await dropFiles(of: id, context.tenant)
    }

    /// Takes an import back: what it made is destroyed, what it changed gets the values that were there, where nobody has changed it since.
    package func revertJob(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> JobReport {
        let decision = try await decide(.update, .job, context)
        let reach = try await jobReach(context)
        let known = try await ownJob(id, context)
        guard let entity = catalog.entity(named: known.entity) else { throw Self.noSuchJob }
        let own = try await jobOwner(context).context
        if known.counts.created > 0 { _ = try await writable(.destroy, entity, own) }
        if known.counts.updated > 0 { _ = try await writable(.update, entity, own) }
        return try await change(context) { (transaction: Transaction) async throws(Refusal) in
            var row = try await lockedJob(id, of: reach, transaction, context)
            guard row.kind == .import, !row.isDryRun, [.done, .failed, .cancelled].contains(row.state) else {
                throw Self.otherState(row, "cannot be taken back")
            }
            guard let until = row.revertibleUntil, until > context.time else {
                throw Refusal(.requestState, "this import can no longer be taken back", hint: "that can be done for seven days")
            }
            transaction.enqueue(
                StoreDatabase.moveJob(
                    id, from: [row.state], to: .reverting, code: nil, at: context.time, due: context.time, filesUntil: nil, tenant: context.tenant))
            row.state = .reverting
            return (JobReport(row: row, entity: entity.plural), jobEvent(decision, row, .reverting, context))
        }.value
    }

    // MARK: Parts

    static let noSuchJob = Refusal(.notFound, "there is no such job")

    func jobEvent(
        _ decision: Decision, _ row: JobRow, _ stage: JobStage, outcome: AuditEvent.Outcome = .changed, _ context: RequestContext
    ) -> AuditEvent {
        var event = event(decision, context, outcome: outcome)
        event.target = .job(row.id, stage)
        return event
    }

    private static func otherState(_ row: JobRow, _ what: String) -> Refusal {
        Refusal(.requestState, "the \(row.kind.rawValue) is \(row.state.rawValue) and \(what)")
    }

    private func plural(of row: JobRow) -> String { catalog.entity(named: row.entity)?.plural ?? row.entity }

    /// Whose jobs the caller reaches; `nil` for all of the tenant. Who acts for a user reaches none: what the key's own jobs hold is by rights that
    /// the user may not have.
    private func jobReach(_ context: RequestContext) async throws(Refusal) -> String? {
        context.principal.method == .host ? nil : try await jobOwner(context).key
    }

    func ownJob(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> JobRow {
        let rows = try await read(context, [StoreDatabase.job(id, of: try await jobReach(context), tenant: context.tenant)])[0]
        guard let row = StoreDatabase.jobs(rows).first else { throw Self.noSuchJob }
        return row
    }

    private func lockedJob(
        _ id: UUIDv7, of reach: String?, _ transaction: Transaction, _ context: RequestContext
    ) async throws(Refusal) -> JobRow {
        let statement = StoreDatabase.job(id, of: reach, tenant: context.tenant, forUpdate: true)
        let rows = try await inTransaction { () async throws(LinkError) in try await transaction.execute([statement])[0] }
        guard let row = StoreDatabase.jobs(rows).first else { throw Self.noSuchJob }
        return row
    }

    /// The key that a job belongs to, and that key's owner as a caller.
    private func jobOwner(_ context: RequestContext) async throws(Refusal) -> (key: String, context: RequestContext) {
        guard let own = context.principal.liveness?.credential,
            let owner = try await ownerContext(own, purpose: context.purpose?.name, tenant: context.tenant),
            owner.principal.user == context.principal.user
        else {
            throw Refusal(
                .denied, "a job belongs to an API key, by whose rights each of its steps is decided",
                hint: "call with one, and without On-Behalf-Of; on the host 'gatehouse import' needs no job")
        }
        return (own, context.reason.map { owner.because($0) } ?? owner)
    }

    /// The key of the job's own; gone with its files.
    func jobKey(_ seal: JobSeal, _ context: RequestContext) async throws(Refusal) -> DataKey {
        let known = try await inKeyRing { () async throws(KeyRingError) in try await keyRing.keys(of: [seal.holder], tenant: seal.tenant) }
        guard let key = known.0[seal.holder] else { throw Self.noSuchJob }
        return key
    }

    /// The job's owner as a caller, and what it was asked for; `nil` for what is gone.
    func working(_ row: JobRow, _ tenant: TenantID) async throws(Refusal) -> (owner: RequestContext?, content: JobContent?) {
        guard let owner = try await ownerContext(row.owner, purpose: row.purpose, tenant: tenant) else { return (nil, nil) }
        let seal = JobSeal(job: row.id, tenant: tenant)
        let keys = try await inKeyRing { () async throws(KeyRingError) in try await keyRing.keys(of: [seal.holder], tenant: tenant) }.0
        guard let sealed = row.content, let key = keys[seal.holder],
            let content = seal.open(sealed, .content, key).flatMap({ JobContent(encoded: $0) })
        else { return (owner, nil) }
        return (content.reason.map { owner.because($0) } ?? owner, content)
    }
}
