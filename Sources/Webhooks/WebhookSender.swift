import AsyncHTTPClient
import Foundation
package import NIOCore
import NIOHTTP1
import NIOSSL
package import SubjectRights
import Vocabulary

/// What became of one try.
package enum WebhookOutcome: Sendable, Equatable {
    /// 2xx: taken.
    case taken
    /// 410: not wanted there any more.
    case gone
    /// A code, and how long the recipient asks to be left alone.
    case failed(code: String, retryAfter: Duration?)
}

/// Delivers events to a recipient (Standard Webhooks 1.0.0): signed, once for each call, over a connection to an address that was checked; and
/// the same, unsigned, to whoever asks to be called (``call(_:to:)``).
///
/// Redirects are failures: the notice would go where nobody sent it. Nothing of an answer's body is read.
package struct WebhookSender: Sendable {
    private let allowsPrivate: Bool
    private let patience: TimeAmount
    private let lookUp: WebhookAddress.LookUp

    /// - Parameter allowsPrivate: also addresses of the operator's own networks, and plain HTTP.
    package init(allowsPrivate: Bool, patience: TimeAmount = .seconds(20)) {
        self.init(allowsPrivate: allowsPrivate, patience: patience, lookUp: WebhookAddress.lookUp)
    }

    init(allowsPrivate: Bool, patience: TimeAmount = .seconds(20), lookUp: @escaping WebhookAddress.LookUp) {
        self.allowsPrivate = allowsPrivate
        self.patience = patience
        self.lookUp = lookUp
    }

    /// What is wrong with an address, as a code; `nil` when messages may be sent there now. Every message asks again.
    package func problem(with url: String) async -> String? {
        do throws(WebhookAddress.Problem) { _ = try await WebhookAddress(resolving: url, allowsPrivate: allowsPrivate, lookUp: lookUp) } catch {
            return error.rawValue
        }
        return nil
    }

    /// - Parameters:
    ///   - id: of the event, the same at every try.
    ///   - now: seconds since 1970.
    package func send(_ body: [UInt8], id: String, to url: String, signing secrets: WebhookSecrets, now: Int64) async -> WebhookOutcome {
        let signed = [
            ("webhook-id", id), ("webhook-timestamp", String(now)), ("webhook-signature", secrets.signature(id: id, timestamp: now, body: body)),
        ]
        return await post(body, signed, to: url)
    }

    /// Without a signature: the protocol that asks for the call has none for it.
    package func call(_ body: [UInt8], to url: String) async -> WebhookOutcome { await post(body, [], to: url) }

    private func post(_ body: [UInt8], _ headers: [(name: String, value: String)], to url: String) async -> WebhookOutcome {
        let address: WebhookAddress
        do throws(WebhookAddress.Problem) { address = try await WebhookAddress(resolving: url, allowsPrivate: allowsPrivate, lookUp: lookUp) } catch {
            return .failed(code: error.rawValue, retryAfter: nil)
        }
        var trust = TLSConfiguration.makeClientConfiguration()
        trust.minimumTLSVersion = .tlsv12
        var configuration = HTTPClient.Configuration(tlsConfiguration: trust, redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(10)
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = [address.host: address.resolved]
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        defer { client.shutdown { _ in } }
        var request = HTTPClientRequest(url: address.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "User-Agent", value: "gatehouse")
        request.headers.add(name: TraceContext.header, value: TraceContext.parent())
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let response = try await client.execute(request, timeout: patience)
            return Self.outcome(Int(response.status.code), retryAfter: response.headers.first(name: "Retry-After"))
        } catch {
            return .failed(code: "unreachable", retryAfter: nil)
        }
    }

    static func outcome(_ status: Int, retryAfter: String?) -> WebhookOutcome {
        switch status {
        case 200..<300: .taken
        case 410: .gone
        case 429, 502, 503, 504:
            // A day at most: what is longer is no wish that anybody has to follow.
            .failed(code: "status-\(status)", retryAfter: retryAfter.flatMap { Int($0) }.map { .seconds(min(max($0, 0), 86_400)) })
        default: .failed(code: "status-\(status)", retryAfter: nil)
        }
    }
}
