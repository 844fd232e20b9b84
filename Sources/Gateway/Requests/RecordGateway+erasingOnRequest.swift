import AuditTrail
import Catalog
import Identity
import Policies
import PostgresLink
import Sealing
import Storage
import SubjectRights
import Vocabulary

extension RecordGateway {
    /// Erases whoever is not held. Somebody of whom everything is held stays, restricted, and the request is refused for legal claims.
    func erase(
        _ before: RequestFile, _ decision: Decision, _ ifVersion: Int64?, _ context: RequestContext
    ) async throws(Refusal) -> RequestFile {
        let actor = context.principal.actor
        let begun = try await changing(before.id, .run, ifVersion, context) {
            (file: inout RequestFile, transaction: Transaction) async throws(Refusal) in
            let untouched = file
            try file.take(.begun(by: actor), by: actor, at: context.time)
            // Once rows may be gone an erasure is brought to its end, and the certificate says who stayed.
            if untouched.machine.runner == nil {
                let held = try await held(file.subjects, transaction, context)
                if !held.isEmpty, file.subjects.allSatisfy({ held[$0] != nil }) {
                    restrict(held, transaction, context)
                    file = untouched
                    try file.take(.refused(reason: RefusalReason.legalClaims), by: actor, at: context.time)
                }
            }
            return requestEvent(decision, file.id, "begin", context)
        }
        if begun.state != .inProgress { return begun }
        do throws(Refusal) { _ = try await runErasure(begun.id, of: begun.subjects, context) } catch {
            // Holds that came in between keep all of it: nothing was erased, and nothing will be until they are released.
            guard error.code == .holdInTheWay else { throw error }
        }
        return try await settle(begun.id, decision, context)
    }

    /// Says in a request, which may be none of ours, that the erasure it asked for has come to its end without whoever began it.
    func settleRequest(ofErasure id: UUIDv7, _ context: RequestContext) async throws(Refusal) {
        let rows = try await read(context, [StoreDatabase.request(id, tenant: context.tenant)])[0]
        guard let row = StoreDatabase.requests(rows).first, try file(row).state == .inProgress else { return }
        _ = try await settle(id, .finishingErasure, context)
    }

    /// The end of a request whose erasure is certified.
    private func settle(_ id: UUIDv7, _ decision: Decision, _ context: RequestContext) async throws(Refusal) -> RequestFile {
        let actor = context.principal.actor
        do throws(Refusal) {
            return try await changing(id, .run, nil, context) { (file: inout RequestFile, _: Transaction) async throws(Refusal) in
                let remaining = Set(try await keys(for: file.subjects, withTenantKey: false, context).subjects.keys)
                try file.take(
                    remaining.isEmpty ? .fulfilled : .partlyFulfilled(reason: RefusalReason.legalClaims), by: actor, at: context.time)
                // Whom it was about is known by nothing any more.
                file.edit { $0.subjects = $0.subjects.filter { remaining.contains($0) } }
                return requestEvent(decision, file.id, "run", context)
            }
        } catch {
            // Whoever goes on with erasures may have been first.
            guard error.code == .requestState,
                let row = StoreDatabase.requests(try await read(context, [StoreDatabase.request(id, tenant: context.tenant)])[0]).first
            else { throw error }
            let settled = try file(row)
            if settled.state == .inProgress { throw error }
            return settled
        }
    }
}
