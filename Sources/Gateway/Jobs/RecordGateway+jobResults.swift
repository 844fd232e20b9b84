import AuditTrail
import Catalog
import Disclosure
import Expressions
import KeyRing
import Policies
import PostgresLink
import Sealing
import Storage
package import Vocabulary

/// A refused row of an import.
package struct RefusedRow: Sendable {
    package let number: Int64
    /// With `line`, `members`, `lookups` and `errors`.
    package let json: [UInt8]
}

/// What jobs hand out.
extension RecordGateway {
    private static let filesGone = Refusal(.notFound, "what this job held is gone", hint: "results and refused rows are kept for a day")

    /// A part of an export as NDJSON, each line a record as its owner saw it when it was exported.
    ///
    /// It is a disclosure like any other: the policies still have to allow it, and a record that is gone, or is seen otherwise by now, is left
    /// out. How many those are is told.
    package func jobPart(
        _ id: UUIDv7, _ number: Int32, _ context: RequestContext
    ) async throws(Refusal) -> (bytes: [UInt8], withheld: Int) {
        _ = try await decide(.read, .job, context)
        let row = try await ownJob(id, context)
        guard row.kind == .export, let entity = catalog.entity(named: row.entity), (1...max(1, row.doneParts)).contains(number), row.doneParts > 0
        else {
            throw Refusal(.notFound, "there is no such part")
        }
        let (own, content) = try await working(row, context.tenant)
        guard let own, let content else { throw Self.filesGone }
        let sight = try await decide(.read, entity, own)
        let positions = try shownPositions(content.fields, sight.widest)
        let size = Self.jobPartRows
        let above = Int64(number - 1) * Int64(size)
        let shape = RecordShape(entity) { _ in false }.asking(sight.ruling.questions)
        let found = try await read(own, [StoreDatabase.lines(.exported, above: above, limit: size, of: id, tenant: context.tenant)])[0]
        let lines = StoreDatabase.lines(.exported, found).filter { $0.number <= above + Int64(size) }
        let ids = lines.compactMap { $0.record.map { RecordID($0) } }
        let rows = try await read(own, [table(entity).select(ids, shape, tenant: context.tenant, where: sight.ruling.filter)])[0]
        let records = Dictionary(table(entity).records(rows, shape).map { ($0.id.uuid, $0) }, uniquingKeysWith: { first, _ in first })
        let keys = try await keys(for: Array(records.values), own)
        let seal = JobSeal(job: id, tenant: context.tenant)
        var shown: [(record: StoredRecord, view: FieldView)] = []
        var bytes: [UInt8] = []
        for line in lines {
            guard let record = line.record.flatMap({ records[$0] }), record.subject?.uuid == line.subject, case let view = sight.view(record),
                view.decision.fingerprint == line.sight, let key = keys.key(for: record), let sealed = line.sealed,
                let json = seal.open(sealed, .line(line.number), key)
            else { continue }
            bytes += json
            bytes.append(UInt8(ascii: "\n"))
            shown.append((record, view))
        }
        let seen = try await self.keys(for: shown.map(\.record), own)
        var event = disclosure(of: shown, sight, positions, seen, own)
        event.count = shown.count
        event.target = .job(id, .fetched)
        let receipt = try await record(event, own)
        context.tell(receipt.event)
        return (bytes, lines.count - shown.count)
    }

    /// Rows of an import that were refused, with the reasons, in the order of the rows.
    ///
    /// - Returns: and the number to go on after, if there are more.
    package func refusedRows(
        _ id: UUIDv7, after number: Int64, limit: Int, _ context: RequestContext
    ) async throws(Refusal) -> (rows: [RefusedRow], next: Int64?) {
        let decision = try await decide(.read, .job, context)
        let row = try await ownJob(id, context)
        guard row.kind == .import else { throw Refusal(.notFound, "an export refuses no rows") }
        if row.content == nil { throw Self.filesGone }
        let seal = JobSeal(job: id, tenant: context.tenant)
        let key = try await jobKey(seal, context)
        let found = try await read(context, [StoreDatabase.lines(.refused, above: number, limit: limit + 1, of: id, tenant: context.tenant)])[0]
        let lines = StoreDatabase.lines(.refused, found)
        let rows = lines.prefix(limit).compactMap { line in
            line.sealed.flatMap { seal.open($0, .line(line.number), key) }.map { RefusedRow(number: line.number, json: $0) }
        }
        var event = jobEvent(decision, row, .fetched, outcome: .disclosed, context)
        event.count = rows.count
        _ = try await record(event, context)
        return (rows, lines.count > limit ? rows.last?.number : nil)
    }
}
