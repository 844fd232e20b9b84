import AsyncHTTPClient
import DataFormats
import Foundation
import Gateway
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization
import Vocabulary

/// A running gateway, over its own HTTP API.
struct GatewayClient: Sendable {
    private let remote: RemoteGateway
    private let http: HTTPClient

    /// They live as long as the process, one for each set of authorities.
    private static let clients = Mutex<[String: HTTPClient]>([:])

    init(_ remote: RemoteGateway) throws(CommandFailure) {
        self.remote = remote
        http = try Self.client(trusting: remote.authorities)
    }

    private static func client(trusting authorities: String?) throws(CommandFailure) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        // A gateway that is not there is told at once: the shared client would try for 90 seconds.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(10)
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let authorities {
            do { tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(authorities))] } catch {
                throw CommandFailure(.invalid, "\(authorities) holds no certificates", hint: "a file in PEM")
            }
        }
        configuration.tlsConfiguration = tls
        return clients.withLock { clients in
            if let client = clients[authorities ?? ""] { return client }
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            clients[authorities ?? ""] = client
            return client
        }
    }

    /// Sends a request; an answer that is not 2xx is thrown as the refusal it tells of.
    func send(_ method: String, _ path: String, contentType: String? = nil, body: [UInt8] = [], headers: [(String, String)] = []) async throws
        -> [UInt8]
    {
        var request = HTTPClientRequest(url: remote.url + path)
        request.method = .init(rawValue: method)
        request.headers.add(name: "Authorization", value: "Bearer \(remote.token)")
        request.headers.add(name: TraceContext.header, value: TraceContext.parent())
        if let purpose = remote.purpose, !headers.contains(where: { $0.0 == "Purpose" }) { request.headers.add(name: "Purpose", value: purpose) }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let contentType {
            request.headers.add(name: "Content-Type", value: contentType)
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let status: Int
        let bytes: [UInt8]
        do {
            let response = try await http.execute(request, timeout: .seconds(120))
            status = Int(response.status.code)
            bytes = Array(try await response.body.collect(upTo: 64 << 20).readableBytesView)
        } catch {
            throw CommandFailure(.unavailable, "the gateway at \(remote.url) does not answer", hint: "is it running, and is this its address?")
        }
        if (200..<300).contains(status) { return bytes }
        throw failure(status, bytes)
    }

    /// The header of a key for a call that has one effect however often it arrives: the caller's own, or one that is used for this call alone.
    static func idempotencyKey(_ own: String? = nil) -> (String, String) {
        let key = (own ?? UUIDv7.make().description).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return ("Idempotency-Key", "\"\(key)\"")
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
