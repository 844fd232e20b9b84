import Catalog
import Expressions
import KeyRing
import PostgresLink
import Sealing
import Storage
import Vocabulary

/// Rotations that rewrite what is made with a key: cells, or search tokens.
extension Rotation {
    /// Gives every subject, and the tenant, a further version of the data key, seals every cell with it, and removes the old ones.
    mutating func subjects(_ step: RotationStep, _ job: inout KeyJob) async throws(Refusal) -> Int {
        let tenant = job.tenant
        let (started, position) = (job.startedAt, job.position)
        switch step {
        case .begin:
            if let suite = UInt8(exactly: job.new).flatMap({ Envelope.Suite(rawValue: $0) }), job.new != job.old {
                try await gateway.inKeyRing { () async throws(KeyRingError) in try await keyRing.setSuite(suite, of: tenant) }
            }
            let keys = try await gateway.inVault { () async throws(StorageError) in try await keyRing.vault.dataKeyCount(of: tenant) }
            job.total = Int64(keys) + (try await recordCount(tenant, of: sealedEntities))
            job.enter(.rewrap)
        case .rewrap:
            let limit = batch(2000, job)
            let walked = try await gateway.inKeyRing { () async throws(KeyRingError) in
                try await keyRing.addVersions(olderThan: started, after: position, limit: limit, of: tenant)
            }
            if let (last, count) = walked {
                job.position = last
                job.done += Int64(count)
                return count
            }
            try await gateway.inVault { () async throws(StorageError) in try await keyRing.vault.announceChangedKeys(of: tenant) }
            job.enter(.settle)
        case .settle: return await settle(&job, then: .rewrite)
        case .rewrite:
            let limit = batch(200, job)
            // Records, those in the archive, then what else is sealed under people's keys: the ledger of consents, and what they wrote in requests.
            if job.entity != Self.archive, job.entity != Self.ledger, job.entity != RecordGateway.contentPlace {
                let count = try await walk(&job, over: sealedEntities) { (entity: Entity, after: RecordID?) async throws(Refusal) in
                    try await reseal(entity, after: after, limit: limit, tenant)
                }
                if let count { return count }
                (job.entity, job.position) = (Self.archive, nil)
            }
            if job.entity == Self.archive {
                if let (last, count, unreadable) = try await resealArchive(after: job.position, limit: limit, tenant) {
                    job.position = last
                    job.unreadable += Int64(unreadable)
                    return count
                }
                (job.entity, job.position) = (Self.ledger, nil)
            }
            if job.entity == Self.ledger {
                if let (last, count, unreadable) = try await resealConsents(after: job.position.map { SubjectID($0) }, people: limit, tenant) {
                    job.position = last.uuid
                    job.unreadable += Int64(unreadable)
                    return count
                }
                (job.entity, job.position) = (RecordGateway.contentPlace, nil)
            }
            if let (last, count, unreadable) = try await gateway.resealRequests(after: job.position, limit: limit, tenant) {
                job.position = last
                job.unreadable += Int64(unreadable)
                return count
            }
            job.unusedSince = .now()
            job.enter(.retire)
        case .retire:
            if job.unreadable > 0 {
                // Old versions stay: some cell that does not open may be under one of them, put there by a hand that can be undone.
                job.unusedSince = nil
                job.finish()
                return 0
            }
            let limit = batch(5000, job)
            let walked = try await gateway.inVault { () async throws(StorageError) in
                // The gateway's own keys may be derived from the tenant's first version.
                try await keyRing.vault.removeOldVersions(olderThan: started, except: [tenant.uuid], after: position, limit: limit, of: tenant)
            }
            guard let last = walked.last else {
                try await gateway.inVault { () async throws(StorageError) in try await keyRing.vault.announceChangedKeys(of: tenant) }
                job.finish()
                return 0
            }
            job.position = last
            return walked.removed
        case .settleAgain, .destroy, .done: throw Self.stray
        }
        return 0
    }

    /// Makes every search token anew under a further search key, looks up under that, and removes the old key and its tokens.
    mutating func search(_ step: RotationStep, _ job: inout KeyJob) async throws(Refusal) -> Int {
        let (tenant, old) = (job.tenant, job.old)
        switch step {
        case .begin:
            job.new = try await gateway.inKeyRing { () async throws(KeyRingError) in try await keyRing.beginSearchKey(after: old, of: tenant) }
            job.total = try await recordCount(tenant, of: searchableEntities)
            job.enter(.settle)
        case .settle: return await settle(&job, then: .rewrite)
        case .rewrite:
            let (new, limit) = (job.new, batch(200, job))
            let count = try await walk(&job, over: searchableEntities) { (entity: Entity, after: RecordID?) async throws(Refusal) in
                try await index(entity, after: after, limit: limit, generation: new, tenant)
            }
            if let count { return count }
            job.enter(.retire)
        case .retire:
            try await gateway.inKeyRing { () async throws(KeyRingError) in try await keyRing.removeSearchKey(old, of: tenant) }
            job.enter(.settleAgain)
        case .settleAgain:
            let count = await settle(&job, then: .destroy)
            if job.step == RotationStep.destroy.rawValue { job.unusedSince = .now() }
            return count
        case .destroy:
            let limit = batch(20_000, job)
            let count = try await gateway.inVault { () async throws(StorageError) in
                try await keyRing.vault.removeTokens(ofGeneration: old, limit: limit, of: tenant)
            }
            if count == 0 { job.finish() }
            return count
        case .rewrap, .done: throw Self.stray
        }
        return 0
    }

    // MARK: Records

    /// What a job calls the archive, behind the entities.
    private static var archive: String { "archived_record" }
    /// What a job calls the ledger of consents, behind the archive.
    private static var ledger: String { "consent_event" }

    private var sealedEntities: [Entity] { gateway.catalog.entities.filter { $0.fields.contains(where: \.isSealed) } }
    private var searchableEntities: [Entity] { gateway.catalog.entities.filter { !$0.searchableFields.isEmpty } }

    private func recordCount(_ tenant: TenantID, of entities: [Entity]) async throws(Refusal) -> Int64 {
        let counts = entities.map { gateway.table($0).count(.constant(true), tenant: tenant) }
        do { return try await gateway.store.read(Scope(tenant: tenant), counts).reduce(0) { $0 + ($1.int64(0, 0) ?? 0) } } catch {
            throw gateway.refusal(error)
        }
    }

    /// Goes over the records of entities, a batch at a time; `nil` at the end.
    ///
    /// - Parameter batch: does those after a record, and says which was the last, how many there were, and how many did not open.
    private func walk(
        _ job: inout KeyJob, over entities: [Entity],
        _ batch: (Entity, RecordID?) async throws(Refusal) -> (last: RecordID, count: Int, unreadable: Int)?
    ) async throws(Refusal) -> Int? {
        let first = job.entity.flatMap { name in entities.firstIndex { $0.name == name } } ?? 0
        guard first < entities.count else { return nil }
        let entity = entities[first]
        if let (last, count, unreadable) = try await batch(entity, job.position.map { RecordID($0) }) {
            job.entity = entity.name
            job.position = last.uuid
            job.done += Int64(count)
            job.unreadable += Int64(unreadable)
            return count
        }
        guard first + 1 < entities.count else { return nil }
        job.entity = entities[first + 1].name
        job.position = nil
        return 0
    }

    private func page(_ entity: Entity, after: RecordID?, limit: Int, _ shape: RecordShape, _ tenant: TenantID) -> SQL {
        var page = RecordPage()
        page.limit = limit
        page.after = after.map { RecordPage.Position(value: nil, id: $0) }
        return gateway.table(entity).list(page, shape, tenant: tenant)
    }

    /// The same for records that retention has moved to the archive, of all entities in the order of their ids.
    private func resealArchive(
        after: UUIDv7?, limit: Int, _ tenant: TenantID
    ) async throws(Refusal) -> (last: UUIDv7, count: Int, unreadable: Int)? {
        let gateway = gateway
        return try await gateway.store.transaction(Scope(tenant: tenant), wrap: { gateway.refusal($0) }) {
            (transaction: Transaction) async throws(Refusal) in
            func execute(_ statement: SQL) async throws(Refusal) -> ResultSet {
                do throws(LinkError) { return try await transaction.execute([statement])[0] } catch { throw gateway.refusal(StorageError(error)) }
            }
            let page = try await execute(StoreDatabase.archivedPage(after: after, limit: limit, tenant: tenant))
            guard page.rowCount > 0, let last = page.uuid(page.rowCount - 1, 1) else { return nil }
            var ids: [String: [RecordID]] = [:]
            for row in 0..<page.rowCount {
                if let entity = page.text(row, 0), let id = page.uuid(row, 1) { ids[entity, default: []].append(RecordID(id)) }
            }
            var unreadable = 0
            for entity in gateway.catalog.entities {
                guard let ids = ids[entity.name] else { continue }
                let table = gateway.table(entity)
                let records = table.records(try await execute(table.archived(ids, table.whole, tenant: tenant)), table.whole)
                let keys = try await gateway.keys(for: records, tenant: tenant)
                for record in records {
                    guard let key = keys.key(for: record) else { continue }
                    let (row, failed) = reseal(record, entity, key, tenant)
                    unreadable += failed
                    guard let row else { continue }
                    let values = zip(entity.fields, row.cells).enumerated().compactMap { position, pair -> (field: Field, new: [UInt8])? in
                        guard case .sealed(let new?) = pair.1, new != record.sealedBytes(position) else { return nil }
                        return (pair.0, new)
                    }
                    transaction.enqueue(table.reseal(record.id, values, tenant: tenant))
                }
            }
            return (last, page.rowCount, unreadable)
        }
    }

    /// Seals the cells of a batch of records with the newest version of their keys and the tenant's suite. Values, versions and
    /// entity tags stay. Rows are locked meanwhile, so that no change gets lost.
    private func reseal(
        _ entity: Entity, after: RecordID?, limit: Int, _ tenant: TenantID
    ) async throws(Refusal) -> (last: RecordID, count: Int, unreadable: Int)? {
        let (gateway, table) = (gateway, gateway.table(entity))
        let selection: SQL = "\(page(entity, after: after, limit: limit, table.whole, tenant)) FOR UPDATE"
        return try await gateway.store.transaction(Scope(tenant: tenant), wrap: { gateway.refusal($0) }) {
            (transaction: Transaction) async throws(Refusal) in
            let records: [StoredRecord]
            do throws(LinkError) { records = table.records(try await transaction.execute(selection)[0], table.whole) } catch {
                throw gateway.refusal(StorageError(error))
            }
            guard let last = records.last else { return nil }
            let keys = try await gateway.keys(for: records, tenant: tenant)
            var unreadable = 0
            for record in records {
                guard let key = keys.key(for: record) else {
                    // What was erased opens nowhere. A key that is just gone may come back with the right vault, and so may its cells.
                    if !keys.isErased(record) {
                        unreadable += entity.fields.indices.count { entity.fields[$0].isSealed && record.sealedBytes($0) != nil }
                    }
                    continue
                }
                let (row, problems) = reseal(record, entity, key, tenant)
                unreadable += problems
                if let row { transaction.enqueue(table.update(row, tenant: tenant)) }
            }
            do throws(LinkError) { try await transaction.flush() } catch { throw gateway.refusal(StorageError(error)) }
            return (last.id, records.count, unreadable)
        }
    }

    /// The row with its cells sealed anew; `nil` when all are as they should be.
    private func reseal(_ record: StoredRecord, _ entity: Entity, _ key: DataKey, _ tenant: TenantID) -> (row: RecordRow?, unreadable: Int) {
        var place = CellPlace(tenant: tenant, entity: entity.name, record: record.id)
        let scratch = Scratch()
        var (cells, unreadable, isChanged) = ([Cell](), 0, false)
        cells.reserveCapacity(entity.fields.count)
        for (position, field) in entity.fields.enumerated() {
            guard field.isSealed else {
                cells.append(.plain(record.plainValue(position)))
                continue
            }
            var sealed = record.sealedBytes(position)
            if let old = sealed, !old.withUnsafeBytes({ key.isCurrent($0) }) {
                let new = old.withUnsafeBytes { old in
                    key.open(old, field: field.nameBytes, at: &place, into: scratch)
                        .map { opened in key.seal(opened, field: field.nameBytes, at: &place) }
                }
                if let new { (sealed, isChanged) = (new, true) } else { unreadable += 1 }
            }
            cells.append(.sealed(sealed))
        }
        let row = isChanged ? RecordRow(id: record.id, version: record.version, subject: record.subject, cells: cells) : nil
        return (row, unreadable)
    }

    /// Makes the tokens of a batch of records under one search key. A record that is changed meanwhile has its own writer make them.
    private func index(
        _ entity: Entity, after: RecordID?, limit: Int, generation: Int32, _ tenant: TenantID
    ) async throws(Refusal) -> (last: RecordID, count: Int, unreadable: Int)? {
        let (gateway, table) = (gateway, gateway.table(entity))
        let shape = RecordShape(entity) { entity.fields[$0].isSearchable }
        let records: [StoredRecord]
        do {
            let rows = try await gateway.store.read(Scope(tenant: tenant), [page(entity, after: after, limit: limit, shape, tenant)])[0]
            records = table.records(rows, shape)
        } catch {
            throw gateway.refusal(error)
        }
        guard let last = records.last else { return nil }
        let keys = try await gateway.keys(for: records, tenant: tenant)
        let tenantKeys = try await gateway.inKeyRing { () async throws(KeyRingError) in try await keyRing.keys(of: tenant) }
        let generations = tenantKeys.searchGenerations.filter { $0.number == generation }
        // Going on without it would end with the old tokens removed, and none in their place.
        guard !generations.isEmpty else { throw Refusal(.internalError, "the search key that tokens are to be made with is not there") }
        let tokens = records.flatMap {
            gateway.searchTokens(of: $0, entity, key: keys.key(for: $0), tenantKeys: tenantKeys, generations: generations)
        }
        _ = try await gateway.inVault { () async throws(StorageError) in try await keyRing.vault.add([], tokens, of: tenant) }
        return (last.id, records.count, 0)
    }
}
