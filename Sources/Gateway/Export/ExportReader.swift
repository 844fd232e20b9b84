import Catalog
import PostgresLink
import Storage
import SubjectRights
import Vocabulary

/// Reads what stands about people at one moment, page by page, so that memory does not grow with how much there is.
struct ExportReader {
    private static let page = 500

    let gateway: RecordGateway
    let transaction: Transaction
    let tenant: TenantID
    let keys: RecordKeys
    let subjects: [SubjectID]
    let own: Set<RecordID>

    init(_ gateway: RecordGateway, _ transaction: Transaction, tenant: TenantID, _ keys: RecordKeys, _ subjects: [SubjectID]) {
        self.gateway = gateway
        self.transaction = transaction
        self.tenant = tenant
        self.keys = keys
        self.subjects = subjects
        own = Set(subjects.map { RecordID($0.uuid) })
    }

    /// The ids of an entity's records, in the order they were made.
    ///
    /// - Parameter origins: ids found so far, by entity: a history follows the records whose changes it keeps.
    func ids(of planned: ExportPlan.PlannedEntity, origins: [String: [RecordID]]) async throws(Refusal) -> [RecordID] {
        let table = gateway.table(planned.entity)
        let statement: SQL
        if planned.isMention {
            statement = table.ids(naming: subjects, by: planned.namingReferences, tenant: tenant)
        } else if let origin = planned.origin {
            statement = table.ids(pointingTo: origins[origin.entity] ?? [], by: origin.reference, tenant: tenant)
        } else {
            statement = table.ids(ofSubjects: subjects, tenant: tenant)
        }
        let found = ids(try await execute(statement))
        // What went into the archive is about the person as much as it was before.
        if planned.isMention || planned.origin != nil { return found }
        let archived = ids(try await execute(table.archivedIDs(ofSubjects: subjects, tenant: tenant)))
        return archived.isEmpty ? found : Set(found + archived).sorted()
    }

    private func ids(_ rows: ResultSet) -> [RecordID] { (0..<rows.rowCount).compactMap { rows.uuid($0, 0).map { RecordID($0) } } }

    /// Calls `body` with the records of each page.
    func pages(
        _ planned: ExportPlan.PlannedEntity, _ ids: [RecordID], _ body: ([ExportedRecord]) async throws(Refusal) -> Void
    ) async throws(Refusal) {
        let table = gateway.table(planned.entity)
        for from in stride(from: 0, to: ids.count, by: Self.page) {
            let page = Array(ids[from..<min(from + Self.page, ids.count)])
            var records = table.records(try await execute(table.select(page, table.whole, tenant: tenant)), table.whole)
            if records.count < page.count {
                records += table.records(try await execute(table.archived(page, table.whole, tenant: tenant)), table.whole)
                records.sort { $0.id < $1.id }
            }
            try await body(records.map { exported($0, planned) })
        }
    }

    private func exported(_ record: StoredRecord, _ planned: ExportPlan.PlannedEntity) -> ExportedRecord {
        // What is sealed for somebody else is not even tried.
        var opening = Opening(record, planned.entity, tenant: tenant, key: planned.isMention ? nil : keys.key(for: record))
        return ExportedRecord(id: record.id, values: planned.fields.map { value($0, record, &opening) })
    }

    private func value(
        _ planned: ExportPlan.PlannedField, _ record: StoredRecord, _ opening: inout Opening
    ) -> ExportedRecord.Value {
        let plain = record.plainValue(planned.position)
        guard plain != nil || planned.field.isSealed && record.sealedBytes(planned.position) != nil else { return .none }
        switch planned.treatment {
        case .held: return .held
        case .another: return .another
        case .ownOnly:
            guard case .reference(let person)? = plain, own.contains(person) else { return .another }
            return .shown(.reference(person))
        case .shown:
            switch opening.content(planned.position) {
            case .value(let value?): return .shown(value)
            case .value(nil): return .none
            case .unreadable:
                gateway.observe(.sealedValueUnreadable(entity: opening.entity.name, field: planned.field.name))
                return .unreadable
            }
        }
    }

    private func execute(_ statement: SQL) async throws(Refusal) -> ResultSet {
        do throws(LinkError) { return try await transaction.execute(statement)[0] } catch { throw gateway.refusal(StorageError(error)) }
    }
}
