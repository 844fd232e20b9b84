import NIOHTTP1
import AsyncHTTPClient
import DataFormats
import Foundation
import Gateway
import NIOCore

/// A running gateway, over its own HTTP API.
struct GatewayClient: Sendable {
    let url: String
    let token: String

    /// Lives as long as the process. A gateway that is not there is told at once: the shared client would try for 90 seconds.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(10)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    init(_ remote: (url: String, token: String)) {
        url = remote.url.hasSuffix("/") ? String(remote.url.dropLast()) : remote.url
        token = remote.token
    }

    /// Sends a request; an answer that is not 2xx is thrown as the refusal it tells of.
    func send(_ method: String, _ path: String, contentType: String? = nil, body: [UInt8] = [], headers: [(String, String)] = []) async throws
        -> [UInt8]
    {
        var request = HTTPClientRequest(url: url + path)
        request.method = .init(rawValue: method)
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let contentType {
            request.headers.add(name: "Content-Type", value: contentType)
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let status: Int
        let bytes: [UInt8]
        do {
            let response = try await Self.http.execute(request, timeout: .seconds(120))
            status = Int(response.status.code)
            bytes = Array(try await response.body.collect(upTo: 64 << 20).readableBytesView)
        } catch {
            throw CommandFailure(.unavailable, "the gateway at \(url) does not answer", hint: "check GATEHOUSE_URL")
        }
        if (200..<300).contains(status) { return bytes }
        throw failure(status, bytes)
    }

    private func failure(_ status: Int, _ bytes: [UInt8]) -> CommandFailure {
        let problem = (try? JSONReader.read(bytes))?.objectValue
        guard let code = problem?["code"]?.stringValue.flatMap(Refusal.Code.init(rawValue:)), let detail = problem?["detail"]?.stringValue else {
            return CommandFailure(.failed, "the gateway answered with status \(status)")
        }
        let members = (problem?["errors"]?.arrayValue ?? []).compactMap { item -> Refusal.Member? in
            guard let item = item.objectValue, let pointer = item["pointer"]?.stringValue, let detail = item["detail"]?.stringValue else {
                return nil
            }
            return Refusal.Member(String(pointer.dropFirst(2)), item["code"]?.stringValue ?? "", detail)
        }
        return CommandFailure(Refusal(code, detail, hint: problem?["hint"]?.stringValue, members: members))
    }

    /// The members of an answer.
    func object(_ method: String, _ path: String, contentType: String? = nil, body: [UInt8] = [], headers: [(String, String)] = []) async throws
        -> JSONObject
    {
        let bytes = try await send(method, path, contentType: contentType, body: body, headers: headers)
        guard let object = (try? JSONReader.read(bytes))?.objectValue else {
            throw CommandFailure(.failed, "the gateway's answer is not a JSON object")
        }
        return object
    }

    /// Percent-encodes a value for a query.
    static func encode(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~"))) ?? ""
    }
}
