import AuditTrail
import Policies
package import Storage

extension RecordGateway {
    /// Events that fit, newest first, each as its canonical bytes. Looking is itself recorded.
    package func searchAudit(_ query: AuditQuery, _ context: RequestContext) async throws(Refusal) -> [[UInt8]] {
        let decision = try await decide(.read, .audit, context)
        let entries: [[UInt8]]
        do { entries = try await store.auditEntries(query, Scope(context.principal)) } catch { throw refusal(error) }
        var event = event(decision, context, outcome: .disclosed)
        event.count = entries.count
        _ = try await record(event)
        return entries
    }
}
