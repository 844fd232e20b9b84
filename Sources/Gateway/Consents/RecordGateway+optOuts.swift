import AuditTrail
import Identity
import Policies
import PostgresLink
package import Storage
import SubjectRights
package import Vocabulary

extension RecordGateway {
    /// Records that a person's data is not to be sold or shared (CCPA, Civil Code 1798.120), or that it may be again. An opt-out that
    /// stands already stays as it is. It closes every purpose with `sale_or_sharing: true`, whatever was consented to.
    package func setOptOut(_ id: SubjectID, stands: Bool, source: OptOutSource, _ context: RequestContext) async throws(Refusal) {
        try await setOptOut(.sale, id, stands: stands, source: source, context)
    }

    /// Records that sensitive data is to be used for what is necessary alone (CCPA, Civil Code 1798.121), or no longer.
    package func setLimit(_ id: SubjectID, stands: Bool, source: OptOutSource = .request, _ context: RequestContext) async throws(Refusal) {
        try await setOptOut(.sensitive, id, stands: stands, source: source, context)
    }

    /// Global Privacy Control of a known person: an opt-out of sale and sharing, written once.
    ///
    /// - Returns: since when it stands.
    package func honourSignal(of id: SubjectID, _ context: RequestContext) async throws(Refusal) -> Instant {
        // Allowed or not is decided, and recorded when not, whatever stands already.
        let decision = try await decide(.update, .subject, context)
        let keys = try await keys(ofPeople: [id], context)
        let row = OptOutRow(kind: .sale, since: context.time, source: .gpc, recordedBy: context.principal.actor)
        let standing = StoreDatabase.optOuts(try await read(context, [StoreDatabase.optOuts(of: id, tenant: context.tenant)])[0])
        if let standing = standing.first(where: { $0.kind == .sale }) {
            var event = event(decision, context, outcome: .disclosed)
            event.subjects = keys.pseudonyms
            event.target = .consents
            _ = try await self.record(event, context)
            return standing.since
        }
        try await record(row, of: id, decision, keys, context)
        return context.time
    }

    private func setOptOut(
        _ kind: OptOutRow.Kind, _ id: SubjectID, stands: Bool, source: OptOutSource, _ context: RequestContext
    ) async throws(Refusal) {
        guard stands else {
            let statement = StoreDatabase.removeOptOut(kind, of: id, tenant: context.tenant)
            return try await changeSubjects([id], target: .optOut(kind, stands: false), context, [statement])
        }
        let decision = try await decide(.update, .subject, context)
        let keys = try await keys(ofPeople: [id], context)
        let row = OptOutRow(kind: kind, since: context.time, source: source, recordedBy: context.principal.actor)
        try await record(row, of: id, decision, keys, context)
    }

    /// Writes an opt-out down with its event. Those to whom the data is sold or shared are told in the same transaction (11 CCR 7026(f)(2)); an
    /// opt-out that stood before was told before.
    private func record(
        _ row: OptOutRow, of id: SubjectID, _ decision: Decision, _ keys: RecordKeys, _ context: RequestContext
    ) async throws(Refusal) {
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let isNew: Bool
            do throws(LinkError) {
                isNew = try await transaction.execute(StoreDatabase.record(row, of: id, tenant: context.tenant))[0].affectedRows == 1
            } catch {
                throw refusal(StorageError(error))
            }
            var event = event(decision, context, outcome: .changed)
            event.subjects = keys.pseudonyms
            event.target = .optOut(row.kind, stands: true)
            if isNew, row.kind == .sale { try await enqueueNotices(.optOut, for: event.id.uuid, about: [id], transaction, context) }
            return ((), event)
        }
    }
}
