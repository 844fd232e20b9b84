import Catalog
import Identity
import PostgresLink
import Sealing
import Storage
import SubjectRights
import Vocabulary

/// Two or more people turn out to be one: what is about the others is about the winner from now on, under the winner's key.
///
/// All of it in the transaction of whoever found it out. The keys of the others stay, since pseudonyms of the trail hang on them and what
/// retention has archived; they go with the winner's when that person is erased.
struct PeopleJoining {
    let gateway: RecordGateway
    let winner: SubjectID
    let losers: [SubjectID]
    let context: RequestContext

    /// More records than this are not sealed anew while everybody waits.
    static let maximumRecords = 5000

    private var tenant: TenantID { context.tenant }

    /// - Parameter except: records that the caller takes care of, by their entity.
    /// - Returns: the keys of all of them.
    func carryOut(
        except: [(entity: Entity, records: [RecordID])], isDryRun: Bool, _ transaction: Transaction
    ) async throws(Refusal) -> RecordKeys {
        try await moveAll(except: except, isDryRun: isDryRun, transaction).keys
    }

    /// The same, and how many records came along.
    func moveAll(
        except: [(entity: Entity, records: [RecordID])], isDryRun: Bool, _ transaction: Transaction
    ) async throws(Refusal) -> (keys: RecordKeys, moved: Int) {
        try await lock(transaction)
        if let held = try await gateway.held([winner] + losers, transaction, context).values.first { throw .held(by: held) }
        let keys = try await opened()
        let moved = try await moveRecords(except: except, keys, transaction)
        try await moveConsents(keys, transaction)
        for loser in losers {
            for statement in StoreDatabase.moveStanding(of: loser, to: winner, tenant: tenant) { transaction.enqueue(statement) }
        }
        for statement in StoreDatabase.mergePeople(losers, into: winner, at: context.time, tenant: tenant) { transaction.enqueue(statement) }
        return (keys, moved)
    }

    /// What was under way when the people were joined, and was written about the one who is gone.
    ///
    /// - Returns: how many records there were.
    func moveStrays(_ transaction: Transaction) async throws(Refusal) -> Int {
        try await lock(transaction)
        let keys = try await opened()
        let moved = try await moveRecords(except: [], keys, transaction)
        try await moveConsents(keys, transaction)
        for loser in losers {
            for statement in StoreDatabase.moveStanding(of: loser, to: winner, tenant: tenant) { transaction.enqueue(statement) }
        }
        return moved
    }

    // MARK: Parts

    /// Whoever is about to write something that points to one of them waits, and then finds who it is now; an erasure waits, too.
    private func lock(_ transaction: Transaction) async throws(Refusal) {
        let people = ErasedPeople([winner] + losers, tenant: tenant, at: context.time)
        let statements = Reach(gateway.catalog).people.map { gateway.table($0).lock(people) }
        try await gateway.inTransaction { () async throws(LinkError) in _ = try await transaction.execute(statements) }
    }

    private func opened() async throws(Refusal) -> RecordKeys {
        let keys = try await gateway.keys(for: [winner] + losers, withTenantKey: true, context)
        for person in [winner] + losers {
            try RecordGateway.refuseLost(person, keys)
            if keys.subjects[person] == nil { throw RecordGateway.erased }
        }
        return keys
    }

    private func moveRecords(
        except: [(entity: Entity, records: [RecordID])], _ keys: RecordKeys, _ transaction: Transaction
    ) async throws(Refusal) -> Int {
        guard let key = keys.subjects[winner] else { throw RecordGateway.erased }
        var count = 0
        for entity in gateway.catalog.entities where entity.subject != .nobody {
            let table = gateway.table(entity)
            let spared = Set(except.filter { $0.entity === entity }.flatMap(\.records))
            let rows = try await gateway.inTransaction { () async throws(LinkError) in
                try await transaction.execute(table.records(about: losers, table.whole, limit: Self.maximumRecords + 1, tenant: tenant))[0]
            }
            let records = table.records(rows, table.whole).filter { !spared.contains($0.id) }
            count += records.count
            guard count <= Self.maximumRecords else {
                throw Refusal(
                    .valueInvalid, "more than \(Self.maximumRecords) records would have to be sealed anew at once", hint: "ask the operator")
            }
            for record in records {
                let row = try moved(record, entity, from: keys.key(for: record), to: key)
                transaction.enqueue(table.update(row, tenant: tenant))
            }
        }
        return count
    }

    /// The row with its cells sealed for the winner.
    private func moved(_ record: StoredRecord, _ entity: Entity, from old: DataKey?, to key: DataKey) throws(Refusal) -> RecordRow {
        var place = CellPlace(tenant: tenant, entity: entity.name, record: record.id)
        let scratch = Scratch()
        var cells: [Cell] = []
        cells.reserveCapacity(entity.fields.count)
        for (position, field) in entity.fields.enumerated() {
            guard field.isSealed else {
                cells.append(.plain(record.plainValue(position)))
                continue
            }
            guard let sealed = record.sealedBytes(position) else {
                cells.append(.sealed(nil))
                continue
            }
            let new = sealed.withUnsafeBytes { sealed in
                old?.open(sealed, field: field.nameBytes, at: &place, into: scratch).map { key.seal($0, field: field.nameBytes, at: &place) }
            }
            guard let new else {
                throw Refusal(
                    .subjectKeyMissing, "a record of one of these people does not open", hint: "the operator finds the reason in the log")
            }
            cells.append(.sealed(new))
        }
        return RecordRow(id: record.id, version: record.version + 1, subject: winner, cells: cells)
    }

    /// The ledgers become one, in the order in which things were said. Where one of them says no to a purpose, nobody goes by the other's yes.
    private func moveConsents(_ keys: RecordKeys, _ transaction: Transaction) async throws(Refusal) {
        guard let key = keys.subjects[winner] else { throw RecordGateway.erased }
        let results = try await gateway.inTransaction { () async throws(LinkError) in
            try await transaction.execute(
                [StoreDatabase.consentEvents(of: losers, tenant: tenant), StoreDatabase.lastWords(of: winner, tenant: tenant)]
                    + losers.map { StoreDatabase.lastWords(of: $0, tenant: tenant) })
        }
        let events = StoreDatabase.consentEvents(results[0])
        if events.isEmpty { return }
        for stored in events {
            var evidence = stored.sealedEvidence
            if evidence != nil, let old = keys.subjects[stored.subject] {
                evidence = gateway.evidence(of: stored, movedFrom: old, to: key, tenant)
                if evidence == nil { throw Refusal(.subjectKeyMissing, "the evidence of a consent does not open") }
            }
            transaction.enqueue(StoreDatabase.moveConsent(stored, to: winner, evidence: evidence, tenant: tenant))
        }
        let words = results.dropFirst().map { StoreDatabase.consentEvents($0) }
        for purpose in Set(words.joined().map(\.event.purpose)).sorted() {
            let said = words.compactMap { $0.first { $0.event.purpose == purpose }?.event }
            let (yes, no) = (said.filter { $0.isInForce(at: context.time) }, said.filter { !$0.isInForce(at: context.time) })
            guard !yes.isEmpty, !no.isEmpty else { continue }
            let end = ConsentEvent(
                purpose: purpose, state: .expired, at: context.time, expression: .implied, recordedBy: context.principal.actor)
            transaction.enqueue(StoreDatabase.add(StoredConsentEvent(subject: winner, event: end), tenant: tenant))
        }
    }
}
