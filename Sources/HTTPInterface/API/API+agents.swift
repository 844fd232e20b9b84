package import DataFormats
import Gateway
import NIOHTTP1
package import Storage
import SubjectRights
import Vocabulary

extension API {
    func listAgents(_ context: RequestContext) async throws(Refusal) -> APIResponse {
        let agents = try await gateway.listAgents(context).map { JSONValue.object(AgentCoding.object($0)) }
        return APIResponse(.ok, body: JSONValue.object(["data": .array(agents), "next": .null]).encoded())
    }

    /// `{"business": "EXAMPLE", "agents": […]}`, the list as the directory has it.
    func admitAgents(_ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        let body = try request.object("application/json")
        for member in body.members where member.name != "business" && member.name != "agents" {
            throw Refusal(
                .memberUnknown, "a member of the body is not known",
                members: [.init(member.name, Refusal.Code.memberUnknown.rawValue, "there is no such member")])
        }
        guard let business = body["business"]?.stringValue, let list = body["agents"] else {
            throw Refusal(.valueInvalid, "the body names a business and has its agents", hint: #"{"business": "EXAMPLE", "agents": […]}"#)
        }
        let agents: [DirectoryAgent]
        do throws(DirectoryProblem) { agents = try AgentDirectory.read(list.encoded()) } catch {
            let place = error.entry == 0 ? "" : "agent \(error.entry): "
            throw Refusal(.valueInvalid, place + error.message)
        }
        try await gateway.admitAgents(agents, business: business, context)
        return APIResponse(.noContent, contentType: nil)
    }
}

/// Agents on the wire.
package enum AgentCoding {
    package static func object(_ agent: AgentRow) -> JSONObject {
        [
            "id": .string(agent.id), "name": .string(agent.name), "business": .string(agent.business),
            "web_url": agent.webURL.map { .string($0) } ?? .null, "has_token": .bool(agent.hasToken),
            "added_at": .string(agent.addedAt.description), "added_by": .string(agent.addedBy),
        ]
    }
}
