import AuditTrail
import Catalog
import DataFormats
import Identity
import Policies
import PostgresLink
import Sealing
package import Storage
package import SubjectRights
package import Vocabulary

extension RecordGateway {
    /// Admits the agents of a directory, or takes over what it says of them now. Others stay as they are.
    ///
    /// - Parameter business: what this tenant is called in the directory of the network.
    package func admitAgents(_ agents: [DirectoryAgent], business: String, _ context: RequestContext) async throws(Refusal) {
        let decision = try await decide(.create, .rightsAgent, context)
        guard DirectoryAgent.isID(business) else {
            throw Refusal(.valueInvalid, "the id of the business takes A to Z, digits and _, at most 64")
        }
        let rows = agents.map {
            AgentRow(
                tenant: context.tenant, id: $0.id, name: $0.name, key: $0.key.bytes, business: business, webURL: $0.webURL,
                addedAt: context.access.time, addedBy: context.principal.actor
            )
        }
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            for row in rows { transaction.enqueue(StoreDatabase.admitAgent(row)) }
            var event = event(decision, context, outcome: .changed)
            event.target = rows.count == 1 ? .agent(rows[0].id) : .report("agents")
            event.count = rows.count
            return ((), event)
        }
    }

    package func listAgents(_ context: RequestContext) async throws(Refusal) -> [AgentRow] {
        let decision = try await decide(.read, .rightsAgent, context)
        let rows = try await read(context, [StoreDatabase.listAgents(of: context.tenant)])[0]
        let agents = StoreDatabase.agentRows(rows)
        var event = event(decision, context, outcome: .disclosed)
        event.count = agents.count
        _ = try await record(event, context)
        return agents
    }

    /// Ends an agent's token and hears it no more. Requests that it has sent go on.
    package func removeAgent(_ id: String, _ context: RequestContext) async throws(Refusal) {
        let decision = try await decide(.delete, .rightsAgent, context)
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let touched: Int
            do throws(LinkError) {
                touched = try await transaction.execute(StoreDatabase.removeAgent(id, of: context.tenant))[0].affectedRows
            } catch {
                throw refusal(StorageError(error))
            }
            guard touched == 1 else { throw Refusal(.notFound, "there is no such agent", hint: "gatehouse agent list") }
            var event = event(decision, context, outcome: .changed)
            event.target = .agent(id)
            return ((), event)
        }
    }

    // MARK: Agents themselves

    /// An agent that proved to be one, with what it is heard as.
    package struct HeardAgent: Sendable {
        let row: AgentRow
        let key: VerifyingKey
        package let context: RequestContext
    }

    /// Gives an agent its token for a message that it has signed; the one before ends.
    ///
    /// - Throws: `denied` for whatever is wrong with the message: agents are told no more.
    package func setUpAgent(_ id: String, _ message: [UInt8], request: TraceID) async throws(Refusal) -> String {
        let now = Instant.now()
        let rows: [AgentRow]
        do { rows = try await store.agents(id) } catch { throw refusal(error) }
        let sender = rows.first { row in
            guard let key = VerifyingKey(bytes: row.key) else { return false }
            return (try? AgentMessage(message, from: row.id, key: key, business: row.business, at: now)) != nil
        }
        guard let sender, let heard = heard(sender, request) else { throw Refusal(.denied, "this agent is not heard") }
        let decision = try await decide(.update, .rightsAgent, heard.context)
        let token = Base64URL.encode(randomBytes(count: 32))
        let code = agentCode(token)
        _ = try await change(heard.context) { (transaction: Transaction) async throws(Refusal) in
            let touched: Int
            do throws(LinkError) {
                touched = try await transaction.execute(StoreDatabase.giveToken(code, to: sender, at: now))[0].affectedRows
            } catch {
                throw refusal(StorageError(error))
            }
            guard touched == 1 else { throw Refusal(.denied, "this agent is not heard") }
            var event = event(decision, heard.context, outcome: .changed)
            event.target = .agent(sender.id)
            return ((), event)
        }
        return token
    }

    /// The agent that a token was given to.
    package func agent(token: String, request: TraceID) async throws(Refusal) -> HeardAgent {
        let row: AgentRow?
        do { row = try await store.agent(token: agentCode(token)) } catch { throw refusal(error) }
        guard let row, let heard = heard(row, request) else { throw Refusal(.denied, "this agent is not heard") }
        return heard
    }

    /// Whether the token is this agent's.
    package func checkAgent(_ id: String, token: String, request: TraceID) async throws(Refusal) {
        let heard = try await agent(token: token, request: request)
        guard heard.row.id == id else { throw Refusal(.denied, "this agent is not heard") }
    }

    private func heard(_ row: AgentRow, _ request: TraceID) -> HeardAgent? {
        guard let key = VerifyingKey(bytes: row.key) else { return nil }
        let context = RequestContext(
            principal: .agent(row.id, tenant: row.tenant), purpose: catalog.purposes["compliance"], policies: policies, requestID: request)
        return HeardAgent(row: row, key: key, context: context)
    }

    /// What is stored instead of a token.
    private func agentCode(_ token: String) -> [UInt8] {
        pepper.withBytes { HMACSHA256.authenticate(Array("agent-token\n".utf8) + Array(token.utf8), key: $0) }
    }
}
