import AuditTrail
import Catalog
import Disclosure
import Expressions
import Identity
import KeyRing
import Policies
import PostgresLink
import Sealing
import Storage
package import Vocabulary

/// Calls that are sent again: one effect, one answer.
extension RecordGateway {
    /// The answer that was given to this call before; `nil` when there was none.
    ///
    /// It is a disclosure like any other: the credential has to be alive, the policies still have to allow what was done, the record that it shows
    /// still has to be seen in the same way, and the trail tells of it. An answer that can no longer be given is refused, and what was done is
    /// never done twice.
    package func answerKept(_ context: RequestContext) async throws(Refusal) -> KeptAnswer? {
        guard let call = context.call else { return nil }
        let seal = call.seal(try await tenantKeys(context), context)
        let rows = try await read(context, [StoreDatabase.keptAnswer(seal.scope, tenant: context.tenant)])[0]
        guard let row = StoreDatabase.keptAnswer(rows) else { return nil }
        guard isEqualInConstantTime(row.fingerprint, seal.fingerprint) else {
            throw Refusal(
                .idempotencyKeyReused, "this Idempotency-Key was sent before with something else", hint: "send a new key with a new call")
        }
        guard let action = Action(rawValue: row.action) else { throw Self.answerGone }
        let entity = catalog.entity(named: row.resource)
        let ruling = entity.map { sight(action, $0, context).ruling } ?? context.policies.decide(context.access, action, on: row.resource)
        guard ruling.isAllowed else { throw await deny(ruling, context, record: row.record) }
        var event = event(ruling.widest, context, outcome: .disclosed)
        if let entity, let record = row.record, let seen = row.sight {
            let view = try await view(of: record, entity, context)
            guard view.decision.fingerprint == seen else { throw Self.answerGone }
            event.records = [record]
            (event.clearFields, event.maskedFields) = view.names(of: view.shown)
        }
        let keys = try await keys(for: row.subject.map { [$0] } ?? [], withTenantKey: row.subject == nil, context)
        guard let key = keys.key(for: row.subject), let answer = seal.open(row, key) else { throw Self.answerGone }
        event.subjects = keys.pseudonyms
        _ = try await record(event, context)
        return answer
    }

    /// Takes away answers of a tenant whose time is over.
    package func dropKeptAnswers(of tenant: TenantID) async throws(Refusal) {
        let some = 5000
        do throws(StorageError) {
            while !Task.isCancelled {
                let gone = try await store.transaction(Scope(tenant: tenant), wrap: { $0 }) { (transaction: Transaction) async throws(StorageError) in
                    do throws(LinkError) {
                        return try await transaction.execute(StoreDatabase.dropKeptAnswers(limit: some, tenant: tenant))[0].int64(0, 0) ?? 0
                    } catch {
                        throw StorageError(error)
                    }
                }
                if Int(gone) < some { return }
            }
        } catch {
            throw refusal(error)
        }
    }

    // MARK: Parts

    /// Whether the transaction is the one that may answer the call: nobody else is at it, and nobody was.
    func claim(_ call: IdempotentCall, _ transaction: Transaction, _ context: RequestContext) async throws(Refusal) {
        if call.isKept { return }
        let seal = call.seal(try await tenantKeys(context), context)
        let results: [ResultSet]
        do throws(LinkError) {
            results = try await transaction.execute(StoreDatabase.claimAnswer(seal.scope, tenant: context.tenant))
        } catch {
            throw refusal(StorageError(error))
        }
        guard results[0].bool(0, 0) == true, results[1].rowCount == 0 else {
            throw Refusal(
                .idempotencyKeyInUse, "a call with this Idempotency-Key is under way", hint: "send it again in a moment, with the same key")
        }
    }

    /// How the caller may see a record now; as one it may not read when it is not there.
    private func view(of record: RecordID, _ entity: Entity, _ context: RequestContext) async throws(Refusal) -> FieldView {
        let reading = sight(.read, entity, context)
        guard reading.ruling.isAllowed else { return reading.excluded }
        let shape = RecordShape(entity) { _ in false }.asking(reading.ruling.questions)
        let rows = try await read(context, [table(entity).select(record, shape, tenant: context.tenant, where: reading.ruling.filter)])[0]
        return table(entity).records(rows, shape).first.map { reading.view($0) } ?? reading.excluded
    }

    private static var answerGone: Refusal {
        Refusal(
            .idempotencyAnswerGone, "this was done before, and its answer can no longer be shown",
            hint: "read what there is now; it is not done again")
    }
}
