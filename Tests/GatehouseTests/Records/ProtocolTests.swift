import DataFormats
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct ProtocolTests {
    @Test func `a problem tells its status, code and trace, and no more`() async throws {
        let caller = try await Site.shared().administrator
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        let problem = try await caller.post("/v1/contacts", ["shoe_size": 43], ["traceparent": "00-\(trace)-00f067aa0ba902b7-01"])
        #expect(problem.headers["content-type"] == "application/problem+json")
        #expect(problem.headers["request-id"] == trace)
        let expected = """
            {"type":"about:blank","title":"Unprocessable Content","status":422,"code":"member-unknown","detail":"a member of the body is wrong",\
            "trace_id":"\(trace)","errors":[{"pointer":"#/shoe_size","code":"member-unknown","detail":"there is no such member"}]}
            """
        #expect(problem.text == expected)
    }

    @Test(arguments: [
        ("GET", "/v1", 404), ("GET", "/", 404), ("GET", "/v1/people", 404), ("GET", "/v1/contacts/me", 404), ("GET", "/v1/contacts/x/y", 404),
        ("GET", "/v2/contacts", 404), ("PUT", "/v1/contacts", 405), ("PATCH", "/v1/contacts", 405),
        ("OPTIONS", "/v1/contacts", 405), ("HEAD", "/v1/contacts", 405), ("GET", "/v1/contacts/import", 405), ("PATCH", "/v1/tokens", 405),
        ("POST", "/v1/audit/events", 405), ("DELETE", "/healthz", 405),
    ])
    func `what is not offered is a problem`(method: String, path: String, status: Int) async throws {
        let answer = try await Site.shared().administrator.send(method, path)
        #expect(answer.status == status)
        #expect(answer.headers["content-type"] == "application/problem+json")
        #expect(answer.headers["cache-control"] == "no-store")
        #expect((answer.headers["allow"] != nil) == (status == 405))
    }

    @Test func `allow names what is offered`() async throws {
        let caller = try await Site.shared().administrator
        #expect(try await caller.send("PUT", "/v1/contacts").headers["allow"] == "GET, POST")
        #expect(try await caller.send("PUT", "/v1/contacts/019a0000-0000-7000-8000-000000000000").headers["allow"] == "GET, PATCH, DELETE")
    }

    @Test func `V4.1.1: a body of another kind is refused with what would be taken`() async throws {
        let caller = try await Site.shared().administrator
        let made = try await caller.post("/v1/accounts", ["name": "Kind"])
        for type in ["application/json", "text/plain", "application/merge-patch+json; charset=latin1", ""] {
            let headers = type.isEmpty ? ["If-Match": "*"] : ["Content-Type": type, "If-Match": "*"]
            let answer = try await caller.send("PATCH", "/v1/accounts/\(made.id)", headers, body: Array(#"{"name":"x"}"#.utf8))
            #expect(answer.status == 415)
            #expect(answer.headers["accept-patch"] == "application/merge-patch+json")
        }
        #expect(try await caller.post("/v1/accounts", ["name": "x"], ["Content-Type": "text/csv"]).code == "media-type-unsupported")
        #expect(try await caller.post("/v1/accounts", ["name": "x"], ["Content-Type": "Application/JSON; Charset=UTF-8"]).status == 201)
        #expect(try await caller.post("/v1/accounts/import", [:]).code == "media-type-unsupported")
        #expect(try await caller.get("/v1/accounts", ["Accept": "text/html"]).status == 406)
        #expect(try await caller.get("/v1/accounts?limit=1", ["Accept": "text/html, */*;q=0.1"]).status == 200)
    }

    @Test(arguments: [
        "", "{", "{\"name\":\"x\"}}", "{\"name\":\"a\",\"name\":\"b\"}", "{\"name\":\"a\",\"n\\u0061me\":\"b\"}", "{\"name\":'x'}", "{\"name\":NaN}",
        "{\"name\":\"\\ud800\"}", "{\"name\":\"x\",}", "\u{FEFF}x", "{\"name\":[[[[[[[[[[1]]]]]]]]]]}", "{\"name\":\"a\u{1}b\"}",
    ])
    func `what is not one JSON object is malformed`(body: String) async throws {
        let caller = try await Site.shared().administrator
        let answer = try await caller.send("POST", "/v1/accounts", ["Content-Type": "application/json"], body: Array(body.utf8))
        #expect(answer.status == 400)
        #expect(answer.code == "body-malformed")
    }

    @Test func `bytes that are no UTF-8 are malformed`() async throws {
        let caller = try await Site.shared().administrator
        let body = Array("{\"name\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8)
        #expect(try await caller.send("POST", "/v1/accounts", ["Content-Type": "application/json"], body: body).code == "body-malformed")
    }

    @Test(arguments: ["[]", "null", "7", "\"x\""])
    func `a patch that is no object would replace the whole record, and is refused`(body: String) async throws {
        let caller = try await Site.shared().administrator
        let made = try await caller.post("/v1/accounts", ["name": "Whole"])
        let answer = try await caller.send(
            "PATCH", "/v1/accounts/\(made.id)", ["Content-Type": "application/merge-patch+json", "If-Match": "*"], body: Array(body.utf8)
        )
        #expect(answer.status == 422)
        #expect(try await caller.get("/v1/accounts/\(made.id)")["name"] == "Whole")
    }

    @Test func `bodies have a size, and imports a number of rows`() async throws {
        let caller = try await Site.shared().administrator
        let large = JSONValue.object(["name": .string(String(repeating: "x", count: 1 << 20))])
        let answer = try await caller.post("/v1/accounts", large)
        #expect(answer.status == 413)
        #expect(answer.code == "body-too-large")
        let rows = (1...501).map { JSONValue.object(["line": .number(JSONNumber($0)), "members": ["name": "x"]]) }
        #expect(try await caller.importRows("accounts", rows).code == "body-too-large")
        let long = try await caller.post("/v1/accounts", ["name": .string(String(repeating: "ä", count: 101))])
        #expect(long.status == 422)
        #expect(long.pointers == ["#/name"])
    }

    @Test func `a request target has a length, a number of parameters, and is UTF-8`() async throws {
        let caller = try await Site.shared().administrator
        for target in ["/v1/accounts?name=\(String(repeating: "x", count: 8200))", "/v1/accounts?name=%FF", "/v1/accounts/%00"] {
            let answer = try await caller.get(target)
            #expect(answer.status == 400, "\(target.prefix(40))")
        }
        let many = (0..<65).map { "f\($0)=1" }.joined(separator: "&")
        #expect(try await caller.get("/v1/accounts?\(many)").code == "parameter-invalid")
    }

    @Test(arguments: [
        "GET /v1/accounts HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /v1/accounts HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n", "GARBAGE\r\n\r\n",
        "GET /v1/accounts HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2\r\n\r\n",
        "GET /v1/accounts HTTP/1.1\r\nHost: a\r\n Folded: x\r\n\r\n",
    ])
    func `bytes that could be two requests are never answered with records`(bytes: String) async throws {
        let site = try await Site.shared()
        let answer = try await RawConnection.exchange(site.url, bytes)
        #expect(!answer.contains("200 OK"))
        #expect(!answer.contains("\"data\""))
        #expect(try await site.administrator.get("/healthz").status == 200)
    }

    @Test func `a purpose is one of those declared, and stands in the trail`() async throws {
        let caller = try await Site.shared().administrator
        let made = try await caller.post("/v1/contacts", [:], ["Purpose": "service", "Reason": "ticket 4711"])
        let event = try #require(try await caller.get("/v1/audit/events?record=\(made.id)&action=create").data.first)
        #expect(event["purpose"] == "service")
        #expect(event["basis"] == "contract")
        #expect(event["reason"] == "ticket 4711")
        #expect(try await caller.get("/v1/contacts", ["Purpose": "curiosity"]).code == "purpose-unknown")
        #expect(try await caller.get("/v1/contacts", ["Reason": String(repeating: "x", count: 501)]).code == "parameter-invalid")
    }

    @Test func `health is told to everybody`() async throws {
        var caller = try await Site.shared().administrator
        caller.token = nil
        #expect(try await caller.get("/healthz").text == #"{"status":"ok"}"#)
    }
}
