import AuditTrail
import Catalog
import DataFormats
import Identity
import KeyRing
import Policies
import PostgresLink
import Sealing
import Storage
package import SubjectRights
import Synchronization
package import Vocabulary

extension RecordGateway {
    /// How long a package waits to be fetched.
    static var packageLifetime: Duration { .seconds(7 * 86_400) }

    /// Hands a person everything about them (GDPR Art. 15, 20; CCPA 1798.110): a package that only they can open, and a link to fetch it by.
    ///
    /// What the person gets does not depend on what the caller may see, who sees none of it: values go into the sealed package and nowhere else. The
    /// event that tells which fields were handed out commits with the package. Called again for the same request it begins anew, and the
    /// earlier link leads nowhere any more. Whoever is cancelled, or killed, leaves nothing that can be found.
    ///
    /// - Parameters:
    ///   - id: of the request.
    ///   - isEnd: nothing is left to do for whoever called, once the package is there.
    ///   - subjects: all ids of the one person: a contact's and that of the lead it once was.
    package func exportPackage(
        _ id: UUIDv7, of subjects: [SubjectID], scope: ExportScope, sealedTo seal: ExportSeal, isEnd: Bool = false, _ context: RequestContext
    ) async throws(Refusal) -> ExportedPackage {
        let decision = try await decide(.create, .export, context)
        let subjects = try await mergedPeople(subjects, context).ids
        let keys = try await exportKeys(of: subjects, context)
        let turn = try await ExportTurn()
        defer { turn.end() }
        let sections = scope == .portability ? [] : try await exportSections(subjects, keys, context)
        let frame = ExportFrame(
            request: id, package: .make(), madeAt: .now(), scope: scope, subjects: subjects, processing: rights.processing,
            purposes: catalog.purposes
        )
        let build = PackageBuild(self, frame, ExportPlan(catalog, scope), sections, sealedTo: seal, context)
        let built = try await build.run(keys)

        let token = DownloadToken(tenant: context.tenant)
        let row = PackageRow(
            id: frame.package, request: id, subjects: subjects, tokenCode: token.code(try await downloadKey()), byteCount: Int64(built.byteCount),
            builtAt: frame.madeAt, builtBy: context.principal.actor, expiresAt: frame.madeAt.advanced(by: Self.packageLifetime)
        )
        let package = ExportedPackage(
            id: frame.package, link: Personal("\(rights.publicURL)/downloads/\(token.text)"), expiresAt: row.expiresAt, byteCount: built.byteCount,
            counts: built.counts, manifest: built.manifest
        )
        if isEnd { context.call?.ends { _ in package } }
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            try await keep(built.people, transaction, context)
            for statement in StoreDatabase.publish(row, tenant: context.tenant) { transaction.enqueue(statement) }
            var event = event(decision, context, outcome: .disclosed)
            event.subjects = keys.pseudonyms
            event.clearFields = built.shownFields
            event.count = built.counts.reduce(0) { $0 + $1.count }
            event.target = .export(request: id, package: frame.package)
            return ((), event)
        }
        return package
    }

    func downloadKey() async throws(Refusal) -> SymmetricKey {
        do { return try await keyRing.systemKey("gatehouse/v1/download-link") } catch { throw Self.refusal(error) }
    }

    // MARK: Parts

    private static var alreadyErased: Refusal {
        Refusal(
            .subjectErased, "this data subject was erased, so there is nothing to hand out",
            hint: "the certificate of erasure says what was done")
    }

    /// Whoever erases the person takes these rows first: either they are gone by now, or the erasure comes behind the package and takes it along.
    private func keep(
        _ people: [(entity: Entity, records: [RecordID])], _ transaction: Transaction, _ context: RequestContext
    ) async throws(Refusal) {
        for (entity, records) in people where !records.isEmpty {
            let rows: ResultSet
            do throws(LinkError) { rows = try await transaction.execute(table(entity).keep(records, tenant: context.tenant))[0] } catch {
                throw refusal(StorageError(error))
            }
            guard rows.rowCount == records.count else {
                throw Refusal(.busy, "a record of this person was removed meanwhile", hint: "try again")
            }
        }
    }

    /// The keys of people who are there; whoever was erased, or never was, has no export.
    private func exportKeys(of subjects: [SubjectID], _ context: RequestContext) async throws(Refusal) -> RecordKeys {
        let keys = try await keys(for: subjects, withTenantKey: true, context)
        guard !subjects.isEmpty, keys.lost.isEmpty else { throw Refusal(.notFound, "there is no such data subject") }
        guard keys.subjects.count == subjects.count else { throw Self.alreadyErased }
        return keys
    }

    /// What is no record: what the person allows, and who looked.
    private func exportSections(_ subjects: [SubjectID], _ keys: RecordKeys, _ context: RequestContext) async throws(Refusal) -> [ExportSection] {
        let tenant = context.tenant
        let answers = try await read(
            context,
            [StoreDatabase.consentEvents(of: subjects, tenant: tenant), StoreDatabase.requests(about: subjects, tenant: tenant)]
                + subjects.flatMap { StoreDatabase.standing(of: $0, tenant: tenant) })
        let consents = StoreDatabase.consentEvents(answers[0])
        let standings = stride(from: 2, to: answers.count, by: SubjectStanding.statementCount).map { from in
            SubjectStanding(Array(answers[from..<from + SubjectStanding.statementCount]))
        }
        let accesses = try await inTrail(context) { (scope: Scope) async throws(StorageError) in
            var summary = AccessSummary()
            for pseudonym in keys.pseudonyms.compactMap({ UUIDv7(bytes: $0.bytes) }) {
                var after: EventID?
                while true {
                    let page = try await store.auditEvents(about: pseudonym, after: after, limit: Self.reportPage, scope)
                    for event in page.lazy.compactMap({ ReportedEvent($0) }) where event.result != .withheld {
                        summary.add(at: event.at, roles: event.roles, purpose: event.purpose, isChange: event.result == .changed)
                    }
                    guard page.count == Self.reportPage, let last = page.last else { break }
                    after = last.id
                }
            }
            return summary
        }
        let evidence = self.evidence(of: consents, keys, tenant)
        return [StandingSections.consents(consents, evidence)] + StandingSections.all(standings) + [
            StandingSections.requests(answers[1]), accesses.section,
        ]
    }
}

/// A place among the few exports that are built at the same time: each holds a connection for as long as it reads.
private struct ExportTurn: ~Copyable {
    private static let places = 2
    private static let taken = Mutex(0)

    /// Waits for a place, but not for ever: whoever asked is waiting, too.
    init() async throws(Refusal) {
        let deadline = ContinuousClock.now + .seconds(20)
        while !Self.hasTaken {
            guard ContinuousClock.now < deadline, (try? await Task.sleep(for: .milliseconds(50))) != nil else {
                throw Refusal(.busy, "other exports are being built", hint: "try again in a few seconds")
            }
        }
    }

    private static var hasTaken: Bool {
        taken.withLock { taken in
            guard taken < places else { return false }
            taken += 1
            return true
        }
    }

    func end() { Self.taken.withLock { $0 -= 1 } }
}
