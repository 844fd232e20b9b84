import DataFormats
import Gateway
import NIOHTTP1
import SubjectRights
import Vocabulary

/// The calls of the Data Rights Protocol 1.0. Their errors have a form of their own, and say little: whoever is no agent that we hear gets
/// an empty 403.
extension API {
    func setUpAgent(_ id: String, _ request: APIRequest, _ trace: TraceID) async -> APIResponse {
        do throws(Refusal) {
            let token = try await gateway.setUpAgent(id, request.body, request: trace)
            return APIResponse(.ok, body: JSONValue.object(["agent-id": .string(id), "token": .string(token)]).encoded())
        } catch {
            return Self.unheard(error)
        }
    }

    func checkAgent(_ id: String, _ request: APIRequest, _ trace: TraceID) async -> APIResponse {
        do throws(Refusal) {
            try await gateway.checkAgent(id, token: try request.agentToken(), request: trace)
            return APIResponse(.ok, body: Array("{}".utf8))
        } catch {
            return Self.unheard(error)
        }
    }

    func exercise(_ route: Route, _ request: APIRequest, _ trace: TraceID) async -> APIResponse {
        let agent: RecordGateway.HeardAgent
        do throws(Refusal) { agent = try await gateway.agent(token: try request.agentToken(), request: trace) } catch { return Self.unheard(error) }
        var response: APIResponse
        do throws(ExerciseFailure) {
            let status: ExerciseStatus
            switch route {
            case .exerciseStatus(let id): status = try await gateway.exerciseStatus(id, agent)
            case .exerciseRevoke(let id): status = try await gateway.revokeExercise(id, agent, request.body)
            default: status = try await gateway.exercise(agent, request.body)
            }
            response = APIResponse(.ok, body: JSONValue.object(status.members).encoded())
        } catch {
            switch error {
            case .unheard: response = APIResponse(.forbidden, contentType: nil)
            case .wrong(let message, let isFatal): response = Self.protocolError(.badRequest, message, isFatal: isFatal)
            case .failed(let refusal):
                let status = Problem.status(refusal.code)
                response = Self.protocolError(status.code >= 500 ? status : .badRequest, refusal.detail)
            }
        }
        if let event = agent.context.event { response.headers.replaceOrAdd(name: HeaderName.auditEvent, value: event.description) }
        return response
    }

    /// What is wrong with us is told as it is, anything else is one answer.
    static func unheard(_ refusal: Refusal) -> APIResponse {
        let status = Problem.status(refusal.code)
        return APIResponse(status.code >= 500 ? status : .forbidden, contentType: nil)
    }

    /// `fatal` says that the request itself has ended with it.
    static func protocolError(_ status: HTTPResponseStatus, _ message: String, isFatal: Bool = false) -> APIResponse {
        let body: JSONObject = ["code": .string("\(status.code)"), "message": .string(message), "fatal": .bool(isFatal)]
        return APIResponse(status, body: JSONValue.object(body).encoded())
    }
}

extension APIRequest {
    func agentToken() throws(Refusal) -> String {
        guard let token = try credential(), (1...200).contains(token.utf8.count) else { throw Refusal(.denied, "this agent is not heard") }
        return token
    }
}
