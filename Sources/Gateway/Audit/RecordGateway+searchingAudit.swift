import AuditTrail
import Identity
import Sealing
import Policies
package import Storage
package import Vocabulary

extension RecordGateway {
    /// Events that fit, newest first. Looking is itself recorded.
    ///
    /// - Parameter subject: whom the events are about. Once their key is destroyed nobody can tell any more.
    package func searchAudit(
        _ query: AuditQuery, about subject: SubjectID? = nil, _ context: RequestContext
    ) async throws(Refusal) -> [DisclosedEvent] {
        let decision = try await decide(.read, .audit, context)
        if let outcome = query.outcome, AuditEvent.Outcome(rawValue: outcome) == nil {
            throw Refusal(.parameterInvalid, "outcome is one of " + AuditEvent.Outcome.allCases.map(\.rawValue).joined(separator: ", "))
        }
        var query = query
        if let subject { query.pseudonym = try await pseudonym(of: subject, context) }
        let events = try await inTrail(context) { (scope: Scope) async throws(StorageError) in try await store.auditEvents(query, scope) }
        var event = event(decision, context, outcome: .disclosed)
        event.count = events.count
        if let subject, let key = try await keys(for: [subject], withTenantKey: false, context).subjects[subject] { event.subjects = [key.pseudonym] }
        _ = try await record(event, context)
        return events.map { DisclosedEvent($0) }
    }

    /// Reads the trail when everything that was recorded before has its place in it.
    func inTrail<Value: Sendable>(
        _ context: RequestContext, _ body: (Scope) async throws(StorageError) -> Value
    ) async throws(Refusal) -> Value {
        // The credential is asked for before anything is waited for, and again by the reading itself.
        try await confirmLiveness(context)
        try await catchUp(context.tenant)
        do { return try await body(Scope(context.principal)) } catch { throw refusal(error) }
    }

    func catchUp(_ tenant: TenantID) async throws(Refusal) {
        let isCaughtUp: Bool
        do { isCaughtUp = try await sequencer.catchUp(tenant) } catch { throw refusal(error) }
        guard isCaughtUp else {
            throw Refusal(.busy, "the log is still taking up what was recorded", hint: "try again in a moment")
        }
    }

    func refusal(_ error: SequencerError) -> Refusal {
        switch error {
        case .store(let error): refusal(error)
        case .vault(let error) where error.isRestoring: .restoring
        case .vault: Refusal(.vaultUnavailable, "the vault cannot be reached", hint: "try again in a moment")
        case .damagedBatch, .damagedTree, .memory, .otherKey, .name:
            Refusal(.internalError, "the audit log does not go on (\(error.code))", hint: "the operator finds out more with 'gatehouse audit verify'")
        }
    }

    /// How the trail calls a person whose key there is.
    func pseudonym(of subject: SubjectID, _ context: RequestContext) async throws(Refusal) -> UUIDv7 {
        let keys = try await keys(ofNamed: [subject], context)
        guard let key = keys.subjects[subject], let pseudonym = UUIDv7(bytes: key.pseudonym.bytes) else {
            throw Refusal(
                .notFound, "there is no such data subject", hint: "of somebody whose key was destroyed the trail does not tell, on purpose"
            )
        }
        return pseudonym
    }
}
