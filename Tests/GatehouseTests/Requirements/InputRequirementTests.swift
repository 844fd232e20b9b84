import Catalog
import DataFormats
import Foundation
import TestPostgres
import Testing

@testable import HTTPInterface

/// What the Application Security Verification Standard 5.0 (V…) and the API Security Top 10 of 2023 ([API…]) ask of a gateway: what comes in.
@Suite(.timeLimit(.minutes(15)))
struct InputRequirementTests {
    /// What is SQL, or the end of it, in one place or another.
    static let injections = [
        "' OR '1'='1", "'; DROP TABLE contact; --", "\") OR 1=1 --", "1) UNION SELECT code FROM credential --", "$1", "$$; SELECT pg_sleep(9); $$",
        "\\'; SELECT 1; --", "x' AND pg_sleep(9) IS NULL --", "%27%20OR%201=1", "\u{2019} OR 1=1", "{{7*7}}", "%", "_", "*", "\u{FEFF}'",
        "(((((((((((((",
    ]

    static func encoded(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "" }

    @Test(arguments: injections)
    func `V1.2.4: what is SQL is a value wherever a value can be sent, and finds nothing`(injection: String) async throws {
        let stage = try await LeakMatrixTests.staging.value
        let administrator = try stage.site.administrator
        let text = Self.encoded(injection)
        for entity in stage.catalog.entities {
            for field in entity.fields where field.isFilterable {
                let answer = try await administrator.get("/v1/\(entity.plural)?\(field.name)=\(text)&limit=200")
                #expect(answer.status == 400 || answer.status == 200 && answer.data.isEmpty, "\(entity.plural).\(field.name): \(answer.status)")
            }
            for parameter in ["sort", "fields", "group_by", "sum", "filter", "cursor", "limit", "count", injection] {
                let answer = try await administrator.get("/v1/\(entity.plural)?\(Self.encoded(parameter))=\(text)")
                #expect((400..<500).contains(answer.status), "\(entity.plural)?\(parameter): \(answer.status) \(answer.text)")
            }
            for path in ["/v1/\(entity.plural)/\(text)", "/v1/\(text)"] {
                #expect(try await administrator.get(path).status == 404, "\(path)")
            }
        }
        for header in ["Purpose", "Reason", "Grant", "If-None-Match", "Accept", "traceparent", "X-Forwarded-For", "Idempotency-Key"]
        where injection.utf8.allSatisfy({ $0 < 0x80 }) {
            let answer = try await administrator.get("/v1/contacts?limit=1", [header: injection])
            #expect(answer.status < 500, "\(header): \(answer.status)")
        }
        #expect(try await administrator.get("/v1/contacts?limit=1").data.count == 1)
    }

    @Test(arguments: injections)
    func `V1.2.4: what is SQL comes back from a field as it was sent`(injection: String) async throws {
        let site = try await Site.shared()
        // With something of its own in front: others ask by such names alone, and have to find nothing.
        let name = unique() + " " + injection
        let made = try await site.administrator.post("/v1/accounts", ["name": .string(name)])
        // White space and marks of order at the ends are no part of a name.
        #expect(made.status == 201 && made["name"]?.stringValue.map { name.contains($0) } == true, "\(made.text)")
        let found = try await site.administrator.get("/v1/accounts?name=\(Self.encoded(name))&limit=200")
        #expect(found.data.contains { $0["id"]?.stringValue == made.id })
    }

    @Test func `V2.4.1 [API4]: pages, bodies, depth, parameters and conditions have their limits`() async throws {
        let site = try await Site.shared()
        let administrator = try site.administrator
        for limit in ["0", "201", "-1", "1e9", "99999999999999999999"] {
            #expect(try await administrator.get("/v1/contacts?limit=\(limit)").code == "parameter-invalid", "\(limit)")
        }
        let deep = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
        let nested = try await administrator.send(
            "POST", "/v1/contacts", ["Content-Type": "application/json"], body: Array(#"{"given_name":\#(deep)}"#.utf8))
        #expect(nested.status == 400 && nested.code == "body-malformed", "\(nested.text)")
        let large = try await administrator.send(
            "POST", "/v1/contacts", ["Content-Type": "application/json"], body: Array(#"{"notes":"\#(String(repeating: "x", count: 1 << 20))"}"#.utf8)
        )
        #expect(large.status == 413 && large.code == "body-too-large")
        let parameters = (0..<65).map { "a\($0)=1" }.joined(separator: "&")
        #expect((400..<500).contains(try await administrator.get("/v1/contacts?\(parameters)").status))
        #expect((400..<500).contains(try await administrator.get("/v1/contacts?q=\(String(repeating: "x", count: 9000))").status))
        let brackets = Self.encoded(String(repeating: "(", count: 500) + "true" + String(repeating: ")", count: 500))
        #expect(try await administrator.get("/v1/contacts?filter=\(brackets)").code == "filter-invalid")
        let chain = Self.encoded((0..<400).map { _ in "record.country == 'CH'" }.joined(separator: " || "))
        #expect((400..<500).contains(try await administrator.get("/v1/contacts?filter=\(chain)").status))
        let expression = Self.encoded("record.country.matches('(a+)+\(String(repeating: "b?", count: 2000))')")
        #expect((400..<500).contains(try await administrator.get("/v1/contacts?filter=\(expression)").status))
    }

    @Test func `V1.2.10: what a spreadsheet would run as a formula is defused in what leaves as CSV`() async throws {
        let rows = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]
        var bytes: [UInt8] = []
        CSVWriter.append(rows, to: &bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        for cell in text.dropLast().split(separator: ",") {
            #expect(!["=", "+", "-", "@", "\t", "\r"].contains { cell.drop { $0 == "\"" }.hasPrefix($0) }, "\(cell)")
        }
    }

    @Test func `V14.3.2 [API8]: no answer may be stored, sniffed, framed by another origin's script or dated by a version`() async throws {
        let stage = try await LeakMatrixTests.staging.value
        let person = try #require(stage.people.first)
        let probes = RouteProbes(catalog: stage.catalog, records: person.records, markers: person.markers, spareKey: "aaaaaaaaaaaa")
        var stranger = try stage.site.administrator
        stranger.token = "ghk_aaaaaaaaaaaa_" + String(repeating: "A", count: 43)
        for route in probes.all {
            let probe = probes.probe(route)
            let answer = try await stranger.send(
                probe.method, probe.path, probe.headers.merging(["Origin": "https://evil.example"]) { $1 }, body: probe.body)
            let name = "\(probe.method) \(probe.path)"
            #expect(answer.headers["cache-control"] == "no-store", "\(name)")
            #expect(answer.headers["x-content-type-options"] == "nosniff", "\(name)")
            #expect(
                answer.headers["access-control-allow-origin"] == nil && answer.headers["server"] == nil && answer.headers["x-powered-by"] == nil,
                "\(name)")
            if answer.headers["content-type"]?.hasPrefix("text/html") == true {
                #expect(answer.headers["content-security-policy"]?.contains("frame-ancestors 'none'") == true, "\(name)")
            }
        }
        for method in ["TRACE", "TRACK", "CONNECT", "OPTIONS", "PROPFIND"] {
            guard method != "CONNECT" else { continue }
            let answer = try await stage.site.administrator.send(method, "/v1/contacts")
            #expect(answer.status == 405 || answer.status == 400, "\(method): \(answer.status)")
            #expect(!answer.text.contains("ghk_"), "\(method)")
        }
    }

    @Test func `V16.4.1: nothing that a caller sends begins a line of the log`() async throws {
        try await Site.with { site in
            let server = try await site.serve(["--log-level", "trace"])
            let administrator = try site.administrator
            let interloper = "x\n{\"level\":\"notice\",\"message\":\"interloper\"}\r\n\u{2028}interloper"
            _ = try await administrator.get("/v1/\(Self.encoded(interloper))")
            _ = try await administrator.get("/v1/contacts?\(Self.encoded(interloper))=\(Self.encoded(interloper))")
            _ = try await administrator.post("/v1/contacts", ["given_name": .string(interloper), .init(interloper): 1])
            _ = try await administrator.post("/v1/tokens", ["roles": ["auditor"], "user": .string(interloper)])
            await site.stop()
            let lines = Program.text(server.errors).split(separator: "\n")
            #expect(!lines.isEmpty)
            for line in lines where line.hasPrefix("{") {
                #expect((try? JSONReader.read(Array(line.utf8)))?.objectValue?["message"] != .string("interloper"), "\(line)")
            }
            #expect(lines.filter { $0.contains("interloper") } == [])
        }
    }
}
