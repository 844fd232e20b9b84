import AsyncHTTPClient
import DataFormats
import NIOCore
import NIOHTTP1
import NIOSSL
import Vocabulary

/// The HTTP API of a transit engine: one request, with the token, a few attempts, and an answer that says what it means.
///
/// No text of the server reaches an error: only its status does.
struct TransitEngine: Sendable {
    enum Method: String, Sendable {
        case get = "GET"
        case list = "LIST"
        case post = "POST"
        case delete = "DELETE"
    }

    enum Answer: Sendable {
        case done(JSONObject)
        /// 404. The engine says nothing more about what it does not have; a path without an engine is told of.
        case absent(hasEngine: Bool)
        /// 400: the engine does not do this with this key.
        case declined
        /// 403, with the newest token, too.
        case forbidden
    }

    static let attempts = 3
    private static let patience = TimeAmount.seconds(5)
    private static let greatestAnswer = 4 << 20

    let address: TransitAddress
    let token: TransitToken

    /// Lives as long as the process. Redirects are not followed: the token would go with them.
    private static let http: HTTPClient = {
        var trust = TLSConfiguration.makeClientConfiguration()
        trust.minimumTLSVersion = .tlsv12
        var configuration = HTTPClient.Configuration(tlsConfiguration: trust, redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = patience
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// - Throws: `unavailable` when there is no useful answer after some attempts. When cancelled, too.
    func send(_ method: Method, _ path: String, _ body: JSONObject? = nil) async throws(KeyProviderError) -> Answer {
        let used = token.current
        let answer = try await insist(method, path, body, used)
        guard case .forbidden = answer, let renewed = try token.renewed(after: used) else { return answer }
        return try await insist(method, path, body, renewed)
    }

    /// Tries again what failed for the moment. All requests of this module may be repeated.
    private func insist(
        _ method: Method, _ path: String, _ body: JSONObject?, _ token: String
    ) async throws(KeyProviderError) -> Answer {
        var attempt = 1
        while true {
            do throws(KeyProviderError) {
                return try await once(method, path, body, token)
            } catch {
                // A server that does not answer at all was waited for long enough the first time.
                guard error.code == .unavailable, error != Self.silence, attempt < Self.attempts, !Task.isCancelled,
                    (try? await Task.sleep(for: .milliseconds(100 << attempt))) != nil
                else { throw error }
                attempt += 1
            }
        }
    }

    private func once(_ method: Method, _ path: String, _ body: JSONObject?, _ token: String) async throws(KeyProviderError) -> Answer {
        var request = HTTPClientRequest(url: address.url(path))
        request.method = HTTPMethod(rawValue: method.rawValue)
        request.headers.add(name: "X-Vault-Token", value: token)
        request.headers.add(name: "X-Vault-Request", value: "true")
        request.headers.add(name: TraceContext.header, value: TraceContext.parent())
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: JSONValue.object(body).encoded()))
        }
        let status: UInt
        let bytes: [UInt8]
        do {
            let response = try await Self.http.execute(request, timeout: Self.patience)
            status = response.status.code
            bytes = Array(try await response.body.collect(upTo: Self.greatestAnswer).readableBytesView)
        } catch let error as HTTPClientError where [.deadlineExceeded, .readTimeout, .connectTimeout].contains(error) {
            throw Self.silence
        } catch {
            throw KeyProviderError(
                .unavailable, "the transit engine cannot be reached", hint: "is GATEHOUSE_TRANSIT_URL right, and the server up and reachable?"
            )
        }
        return try read(status, bytes)
    }

    private static let silence = KeyProviderError(
        .unavailable, "the transit engine does not answer in time", hint: "is GATEHOUSE_TRANSIT_URL right, and the server well?"
    )

    private func read(_ status: UInt, _ bytes: [UInt8]) throws(KeyProviderError) -> Answer {
        switch status {
        case 204: return .done([:])
        case 200..<300:
            guard let object = (try? JSONReader.read(bytes))?.objectValue else { throw senseless }
            return .done(object)
        case 400: return .declined
        case 403: return .forbidden
        case 404:
            let errors = (try? JSONReader.read(bytes))?.objectValue?["errors"]?.arrayValue
            return .absent(hasEngine: errors?.isEmpty == true)
        case 503:
            throw KeyProviderError(.unavailable, "the transit engine's server is sealed or not ready", hint: "unseal it, or wait for it")
        case 500...599, 429:
            throw KeyProviderError(.unavailable, "the transit engine answers with status \(status)", hint: "the server's own log says why")
        default:
            throw KeyProviderError(
                .misconfigured, "what answers at GATEHOUSE_TRANSIT_URL is no transit engine (status \(status))",
                hint: "is the address right, and no other server in between?"
            )
        }
    }

    var senseless: KeyProviderError {
        KeyProviderError(
            .misconfigured, "what answers at GATEHOUSE_TRANSIT_URL is no transit engine",
            hint: "is the address right, and no other server in between?"
        )
    }

    /// What 403 means to the caller.
    var refusal: KeyProviderError {
        KeyProviderError(
            .refused, "the transit engine refuses the token in \(token.path)",
            hint: "is it valid, and does its policy allow what the gateway does at the mount '\(address.mount)'?"
        )
    }

    var noEngine: KeyProviderError {
        KeyProviderError(
            .missing, "there is no transit engine at the mount '\(address.mount)'", hint: "enable one there, or set GATEHOUSE_TRANSIT_MOUNT"
        )
    }
}
