package import AuditTrail
import Catalog
import PostgresLink
import Storage
import TransparencyLog
package import Vocabulary

/// What came of opening the sealed cells of some records of an entity.
package struct OpenedSample: Sendable, Equatable {
    package let entity: String
    package internal(set) var records = 0
    /// Cells that opened.
    package internal(set) var opened = 0
    /// Cells of people whose keys were destroyed on purpose.
    package internal(set) var erased = 0
    /// Cells that no key opens, though nobody has destroyed it.
    package internal(set) var unreadable = 0
}

extension RecordGateway {
    /// Opens every sealed cell of some records of each entity, inside the process, and counts. Nothing is shown, and nothing is recorded: for
    /// copies of the databases that only a drill has.
    ///
    /// - Parameters:
    ///   - limit: so many records of each entity at most.
    ///   - progress: told how many entities were looked at, of how many.
    package func openSamples(
        of tenant: TenantID, limit: Int, progress: @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws(Refusal) -> [OpenedSample] {
        let entities = catalog.entities.filter { $0.fields.contains(where: \.isSealed) }
        var samples: [OpenedSample] = []
        for (done, entity) in entities.enumerated() {
            let table = table(entity)
            let records: [StoredRecord]
            do {
                let rows = try await store.read(Scope(tenant: tenant), [table.sample(limit, table.whole, tenant: tenant)])[0]
                records = table.records(rows, table.whole)
            } catch {
                throw refusal(error)
            }
            let keys = try await keys(for: records, tenant: tenant)
            var sample = OpenedSample(entity: entity.name)
            for record in records { sample.add(record, entity, keys, tenant) }
            samples.append(sample)
            progress(done + 1, entities.count)
        }
        return samples
    }

    /// Holds the log of a copy of the store against itself: hashes, heads, signatures, and what stands beside the entries. Nothing is recorded,
    /// signed or remembered, and the log does not grow by it.
    ///
    /// - Parameter signer: whose signatures heads have to have; the store's own word where it is `nil`.
    /// - Returns: an empty report where the tenant has no log yet.
    package func verifyCopiedLog(
        signer: LogSigner?, _ context: RequestContext, progress: @Sendable (Int, Int) -> Void
    ) async throws(Refusal) -> LiveReport {
        var report = LiveReport()
        guard let log = StoreDatabase.storedLog(try await read(context, [StoreDatabase.log(of: context.tenant)])[0]) else { return report }
        let origin = LogOrigin(name: log.name, tenant: context.tenant, epoch: log.epoch)
        let key = signer.flatMap { try? $0.noteKey(of: origin) }
        try await hold(&report, remembered: [], key: key, context, progress: progress)
        return report
    }
}

extension OpenedSample {
    fileprivate mutating func add(_ record: StoredRecord, _ entity: Entity, _ keys: RecordKeys, _ tenant: TenantID) {
        records += 1
        let isErased = keys.isErased(record)
        var opening = Opening(record, entity, tenant: tenant, key: keys.key(for: record))
        for position in entity.fields.indices where entity.fields[position].isSealed && record.sealedBytes(position) != nil {
            switch opening.content(position) {
            case .value: opened += 1
            case .unreadable where isErased: erased += 1
            case .unreadable: unreadable += 1
            }
        }
    }
}
