import AsyncHTTPClient
import DataFormats
import NIOCore
import NIOHTTP1

/// Somebody who calls the API.
struct Caller: Sendable {
    var url: String
    var token: String?
    var id = ""
    var sendsKeys = true
    /// With what it connects.
    var client = HTTPClient.shared

    /// - Parameter headers: beside Authorization.
    func send(
        _ method: String, _ path: String, _ headers: [String: String] = [:], body: [UInt8]? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = .init(rawValue: method)
        // Calls that need a key get one of their own, unless the test sends one.
        if sendsKeys, headers["Idempotency-Key"] == nil, Self.needsKey(method, path) {
            request.headers.add(name: "Idempotency-Key", value: unique("call"))
        }
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await client.execute(request, timeout: .seconds(90))
        let bytes = try await response.body.collect(upTo: 64 << 20)
        return Answer(
            status: Int(response.status.code),
            headers: Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $0 + ", " + $1 }),
            bytes: Array(bytes.readableBytesView)
        )
    }

    private static func needsKey(_ method: String, _ path: String) -> Bool {
        let parts = path.split(separator: "/")
        if method == "POST", parts == ["v1", "webhook-endpoints"] { return true }
        guard method == "POST", parts.starts(with: ["v1", "requests"]) else { return false }
        return parts.count == 2 || (parts.count == 4 && ["export", "run"].contains(parts[3]))
    }

    func get(_ path: String, _ headers: [String: String] = [:]) async throws -> Answer { try await send("GET", path, headers) }

    func post(_ path: String, _ body: JSONValue, _ headers: [String: String] = [:]) async throws -> Answer {
        try await send("POST", path, headers.merging(["Content-Type": "application/json"]) { first, _ in first }, body: body.encoded())
    }

    func put(_ path: String, _ body: JSONValue) async throws -> Answer {
        try await send("PUT", path, ["Content-Type": "application/json"], body: body.encoded())
    }

    func patch(_ path: String, ifMatch tag: String?, _ body: JSONValue) async throws -> Answer {
        var headers = ["Content-Type": "application/merge-patch+json"]
        headers["If-Match"] = tag
        return try await send("PATCH", path, headers, body: body.encoded())
    }

    func delete(_ path: String, ifMatch tag: String?) async throws -> Answer {
        try await send("DELETE", path, tag.map { ["If-Match": $0] } ?? [:])
    }

    /// Import rows as the wire wants them.
    func importRows(_ plural: String, _ rows: [JSONValue], query: String = "") async throws -> Answer {
        var body: [UInt8] = []
        for row in rows { body += row.encoded() + [UInt8(ascii: "\n")] }
        return try await send("POST", "/v1/\(plural)/import\(query)", ["Content-Type": "application/x-ndjson"], body: body)
    }
}

struct Answer: Sendable {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let bytes: [UInt8]

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var object: JSONObject? { (try? JSONReader.read(bytes))?.objectValue }
    var code: String? { object?["code"]?.stringValue }
    var tag: String? { headers["etag"] }
    var id: String { object?["id"]?.stringValue ?? "" }
    var data: [JSONObject] { (object?["data"]?.arrayValue ?? []).compactMap(\.objectValue) }
    var next: String? { object?["next"]?.stringValue }
    /// Where each problem of a body lies.
    var pointers: [String] { (object?["errors"]?.arrayValue ?? []).compactMap { $0.objectValue?["pointer"]?.stringValue } }

    subscript(name: String) -> JSONValue? { object?[name] }

    /// Everything that came over the wire, without what differs between any two answers.
    var whole: String {
        let kept = headers.filter { !["date", "request-id", "audit-event", "content-length", "ratelimit"].contains($0.key) }
        return "\(status) \(kept.sorted { $0.key < $1.key }) \(stable)"
    }

    /// The body without its trace.
    var stable: String {
        guard var object else { return text }
        object["trace_id"] = nil
        return String(decoding: JSONValue.object(object).encoded(), as: UTF8.self)
    }
}

func percentEncoded(_ text: String) -> String {
    text.utf8.map { byte in
        let scalar = Unicode.Scalar(byte)
        let isPlain = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
        return isPlain ? String(scalar) : "%" + Hex.encode([byte])
    }.joined()
}
