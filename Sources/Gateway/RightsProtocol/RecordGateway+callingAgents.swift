import AuditTrail
import DataFormats
import Policies
import PostgresLink
import Storage
import SubjectRights
package import Vocabulary

/// Telling agents how their requests stand, where they have asked to be told (Data Rights Protocol 1.0, `status_callback`): by best effort, as
/// the protocol has it. Agents that miss a call ask.
extension RecordGateway {
    /// What an agent is told, once.
    package struct AgentCall: Sendable {
        let row: RequestRow
        package let url: Personal<String>
        /// The status object.
        package let body: [UInt8]
    }

    /// Takes what is due. Each has to be answered with ``finish(_:failure:_:)`` within two minutes, or is due again.
    package func dueAgentCalls(_ context: RequestContext) async throws(Refusal) -> [AgentCall] {
        if try await read(context, [StoreDatabase.hasDueAgentCall(tenant: context.tenant)])[0].rowCount == 0 { return [] }
        let rows: [RequestRow]
        do {
            rows = StoreDatabase.requests(try await changed(StoreDatabase.takeDueAgentCalls(limit: 10, tenant: context.tenant), context.tenant))
        } catch {
            throw refusal(error)
        }
        var calls: [AgentCall] = []
        for row in rows where row.agentCallAt != nil {
            guard let file = RequestFile(row, rights.regulations, in: calendar), let agent = try await content(of: row, context)?.agent,
                let url = agent.callback
            else {
                // Nobody is left to be told: the content went with the person's key, or the agent with its registration.
                try await due(row, next: nil, context)
                continue
            }
            // Before it leaves: what is not in the trail is told to nobody.
            _ = try await record(requestEvent(.keepingRequests, row.id, "agent-told", outcome: .disclosed, context), context)
            let status = status(file, agentRequestID: agent.requestID)
            calls.append(AgentCall(row: row, url: Personal(url), body: JSONValue.object(status.members).encoded()))
        }
        return calls
    }

    /// - Parameter failure: why the agent did not take it, as a code; `nil` when it did.
    package func finish(_ call: AgentCall, failure: String?, _ context: RequestContext) async throws(Refusal) {
        let tries = Int(call.row.agentCalls ?? 0)
        let wait = failure == nil || tries > Self.waitsBetweenAgentCalls.count ? nil : Self.waitsBetweenAgentCalls[max(tries, 1) - 1]
        try await due(call.row, next: wait.map { Instant.now().advanced(by: $0) }, context)
        if let failure { observe(.agentCallFailed(code: failure)) }
    }

    private func due(_ row: RequestRow, next: Instant?, _ context: RequestContext) async throws(Refusal) {
        do { _ = try await changed(StoreDatabase.agentCalled(row, next: next, tenant: context.tenant), context.tenant) } catch {
            throw refusal(error)
        }
    }

    private static let waitsBetweenAgentCalls: [Duration] = [.seconds(60), .seconds(900), .seconds(7200)]
}
