import DataFormats
import Gateway
import NIOHTTP1
import Vocabulary

/// Reports on the trail: for whoever may read it.
extension API {
    /// Everyone who saw or changed a person's data; it takes no parameters.
    func reportSubject(_ id: SubjectID, _ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        guard request.query.isEmpty else { throw Refusal(.parameterInvalid, "a parameter is not known here", hint: "there are none") }
        let report = try await gateway.subjectReport(of: id, context)
        return APIResponse(.ok, body: JSONValue.object(SubjectReportCoding.object(report)).encoded())
    }

    /// How far a stolen credential reached.
    func reportBreach(_ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        var question = BreachQuestion()
        var wantsList = false
        for (name, value) in request.query {
            switch name {
            case "user": question.user = value
            case "app": question.app = value
            case "since": question.since = try time(value, name)
            case "until": question.until = try time(value, name)
            case "list":
                guard ["true", "false"].contains(value) else { throw Refusal(.parameterInvalid, "list is true or false") }
                wantsList = value == "true"
            default: throw Refusal(.parameterInvalid, "a parameter is not known here", hint: "user, app, since, until, list")
            }
        }
        let report = try await gateway.breachReport(question, context)
        return APIResponse(.ok, body: JSONValue.object(BreachReportCoding.object(report, gateway.catalog, withList: wantsList)).encoded())
    }

    /// What is unusual: a day until now, unless something else is asked.
    func reportUnusual(_ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        var given: [String: String] = [:]
        for (name, value) in request.query {
            guard UnusualReportCoding.parameters.contains(name) else {
                throw Refusal(
                    .parameterInvalid, "a parameter is not known here", hint: UnusualReportCoding.parameters.joined(separator: ", "))
            }
            given[name] = value
        }
        let question = try UnusualReportCoding.question(given, now: context.time)
        let findings = try await gateway.unusualReport(question, context)
        return APIResponse(.ok, body: JSONValue.object(UnusualReportCoding.object(findings, question)).encoded())
    }
}
