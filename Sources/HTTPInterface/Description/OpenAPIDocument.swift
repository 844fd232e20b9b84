import DataFormats
import Gateway
import NIOHTTP1
import Policies

/// A description as an OpenAPI 3.1 document, its schemas in JSON Schema 2020-12.
struct OpenAPIDocument {
    private let description: APIDescription

    init(_ description: APIDescription) { self.description = description }

    var json: JSONObject {
        var paths = JSONObject()
        for offered in description.operations {
            var item = paths[offered.path]?.objectValue ?? JSONObject()
            item[offered.operation.method.rawValue.lowercased()] = .object(operation(offered))
            paths[offered.path] = .object(item)
        }
        var schemas = JSONObject()
        for (name, shape) in description.schemas { schemas[name] = .object(shape.json) }
        let sections = description.operations.map(\.section).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Gatehouse", "version": "1",
                "description": .string(
                    "The API as this caller may use it: entities, fields and operations that it can never see or do are not described here. "
                        + "Every error is a problem document with a stable `code`; docs/errors.md explains each."),
            ],
            "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema", "servers": [["url": "/"]],
            "tags": .array(sections.map { ["name": .string($0), "description": .string(says($0))] }), "paths": .object(paths),
            "components": [
                "schemas": .object(schemas), "headers": .object(Self.headers), "parameters": .object(commonParameters),
                "securitySchemes": .object(Self.securitySchemes),
            ],
        ]
    }

    private func says(_ section: String) -> String { Operation.Area(rawValue: section)?.says ?? Operation.Area.records.says }

    // MARK: Operations

    private func operation(_ offered: APIDescription.Offered) -> JSONObject {
        let operation = offered.operation
        var json: JSONObject = ["operationId": .string(offered.id), "tags": [.string(offered.section)], "summary": .string(offered.summary)]
        if let detail = operation.detail { json["description"] = .string(detail) }
        var parameters = (offered.pathParameters + offered.parameters).map { JSONValue.object(Self.parameter($0)) }
        if operation.access.needsCredential {
            parameters += commonParameters.members.map { ["$ref": .string("#/components/parameters/\($0.name)")] }
        }
        if !parameters.isEmpty { json["parameters"] = .array(parameters) }
        if let body = offered.body {
            var content: JSONObject = ["schema": .object(body.shape.json)]
            if let example = body.example { content["examples"] = ["usual": ["value": example]] }
            json["requestBody"] = ["required": .bool(body.isRequired), "content": .object([body.type: .object(content)])]
        }
        json["responses"] = .object(responses(offered))
        json["security"] = Self.security(operation)
        return json
    }

    private static func parameter(_ parameter: Operation.Parameter) -> JSONObject {
        [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue), "required": .bool(parameter.isRequired),
            "description": .string(parameter.says), "schema": .object(parameter.shape.json),
        ]
    }

    /// Headers that every call with a credential may have.
    private var commonParameters: JSONObject {
        var parameters: JSONObject = [:]
        if !description.purposes.isEmpty {
            parameters["Purpose"] = .object(
                Self.parameter(.header(HeaderName.purpose, .choice(description.purposes), "what you come for; your usual purpose when left out")))
            parameters["On-Behalf-Of"] = .object(
                Self.parameter(.header(HeaderName.onBehalfOf, .accountName, "the user that a program asks for, when its key may act for users")))
            parameters["Grant"] = .object(Self.parameter(.header(HeaderName.grant, .id, "the id of a grant in force that you need for this")))
        }
        return parameters
    }

    private static func security(_ operation: Operation) -> JSONValue {
        switch operation.access {
        case .open where operation.refusals.contains(.credentialInvalid): [[:], ["bearer": []], ["apiKey": []]]
        case .open: []
        case .agent: [[:], ["agentToken": []]]
        case .credential, .system, .record: [["bearer": []], ["apiKey": []]]
        }
    }

    private static let securitySchemes: JSONObject = [
        "bearer": [
            "type": "http", "scheme": "bearer",
            "description": "an API key, `Authorization: Bearer ghk_…`, or an access token of an issuer that is known",
        ],
        "apiKey": ["type": "apiKey", "in": "header", "name": "X-API-Key", "description": "an API key"],
        "agentToken": ["type": "http", "scheme": "bearer", "description": "the token of an agent of the Data Rights Protocol"],
    ]

    // MARK: Answers

    private func responses(_ offered: APIDescription.Offered) -> JSONObject {
        let operation = offered.operation
        var responses = JSONObject()
        for answer in offered.answers {
            var headers = Self.headers(answer.headers)
            headers["Request-Id"] = Self.reference(to: "Request-Id")
            if operation.access.needsCredential { headers["Audit-Event"] = Self.reference(to: "Audit-Event") }
            if operation.refusals.contains(.rateLimited) { for name in Self.limits { headers[name] = Self.reference(to: name) } }
            if operation.keepsAnswer { headers["Idempotency-Replayed"] = Self.reference(to: "Idempotency-Replayed") }
            var response: JSONObject = ["description": .string(answer.says), "headers": .object(headers)]
            if let type = answer.type, let shape = answer.shape { response["content"] = .object([type: ["schema": .object(shape.json)]]) }
            if answer.status == 201, case let links = links(from: offered), !links.isEmpty { response["links"] = .object(links) }
            responses["\(answer.status)"] = .object(response)
        }
        let statuses = Dictionary(grouping: operation.refusals) { Int(Problem.status($0).code) }
        for (status, codes) in statuses.sorted(by: { $0.key < $1.key }) { add(status, codes, to: &responses, operation) }
        return responses
    }

    private func add(_ status: Int, _ codes: [Refusal.Code], to responses: inout JSONObject, _ operation: Operation) {
        var response = responses["\(status)"]?.objectValue ?? JSONObject()
        let words = codes.map { "`\($0.rawValue)`" }.sorted().joined(separator: ", ")
        response["description"] = .string([response["description"]?.stringValue, words].compactMap { $0 }.joined(separator: "; or "))
        var headers = response["headers"]?.objectValue ?? Self.headers(["Request-Id"])
        switch status {
        case 401: headers["WWW-Authenticate"] = Self.reference(to: "WWW-Authenticate")
        case 405: headers["Allow"] = Self.reference(to: "Allow")
        case 415 where operation.method == .PATCH: headers["Accept-Patch"] = Self.reference(to: "Accept-Patch")
        case 429:
            for name in Self.limits + ["Retry-After"] { headers[name] = Self.reference(to: name) }
        case 503: headers["Retry-After"] = Self.reference(to: "Retry-After")
        default: break
        }
        response["headers"] = .object(headers)
        var content = response["content"]?.objectValue ?? JSONObject()
        content["application/problem+json"] = ["schema": .object(Shape.named("Problem").json)]
        response["content"] = .object(content)
        responses["\(status)"] = .object(response)
    }

    /// From what was made to everything that can be done with it.
    private func links(from maker: APIDescription.Offered) -> JSONObject {
        var links = JSONObject()
        for other in description.operations where other.path == maker.path + "/{id}" || other.path.hasPrefix(maker.path + "/{id}/") {
            guard other.pathParameters.count == 1 else { continue }
            var parameters: JSONObject = ["path.id": "$response.body#/id"]
            let needsTag = other.parameters.contains { $0.name == HeaderName.ifMatch }
            if needsTag, maker.answers.contains(where: { $0.headers.contains("ETag") }) { parameters["header.If-Match"] = "$response.header.ETag" }
            links[other.id] = ["operationId": .string(other.id), "parameters": .object(parameters)]
        }
        return links
    }

    // MARK: Headers

    private static let limits = [HeaderName.rateLimit, HeaderName.rateLimitPolicy]

    private static func reference(to header: String) -> JSONValue { ["$ref": .string("#/components/headers/\(header)")] }

    /// A name with a question mark is that of a header which some of these answers lack.
    private static func headers(_ names: [String]) -> JSONObject {
        names.reduce(into: JSONObject()) { headers, name in
            if name.hasSuffix("?") {
                headers[String(name.dropLast())] = reference(to: "Optional" + name.dropLast())
            } else {
                headers[name] = reference(to: name)
            }
        }
    }

    private static let headers: JSONObject = [
        "Request-Id": header("the trace of the request, as it stands in the audit trail", .text(pattern: "^[0-9a-f]{32}$"), isRequired: true),
        "Audit-Event": header("the id of the audit event that this answer stands in", .id),
        "ETag": header("the version that you see; for If-Match and If-None-Match", .text(pattern: "^\".+\"$"), isRequired: true),
        "OptionalETag": header("the version that you see; absent when other records go along", .text(pattern: "^\".+\"$")),
        "Link": header("the next page, as `rel=\"next\"`; absent on the last", .text),
        "Location": header("where it is now", .text, isRequired: true),
        HeaderName.withheldRows: header("how many rows may no longer be seen, and are left out", .count, isRequired: true),
        "Content-Disposition": header("the name of the file", .text, isRequired: true),
        "WWW-Authenticate": header("which credential is asked for", .text, isRequired: true),
        "Allow": header("the methods that are offered", .text, isRequired: true),
        "Accept-Patch": header("the type of a patch", .text, isRequired: true),
        "RateLimit": header("what is left of the tightest limit, and the seconds until it is whole again", .text),
        "RateLimit-Policy": header("the limit: its units, and the seconds that they are for", .text),
        "Idempotency-Replayed": header("`true` when the call had been done before, and nothing was done now", .choice(["true"])),
        "Retry-After": header("seconds to wait", .text(pattern: "^[0-9]+$")),
    ]

    /// The headers that an answer can be said to have.
    static var knownHeaders: Set<String> { Set(headers.members.map { $0.name.hasPrefix("Optional") ? $0.name.dropFirst(8) + "?" : $0.name }) }

    private static func header(_ says: String, _ shape: Shape, isRequired: Bool = false) -> JSONValue {
        ["description": .string(says), "required": .bool(isRequired), "schema": .object(shape.json)]
    }
}
