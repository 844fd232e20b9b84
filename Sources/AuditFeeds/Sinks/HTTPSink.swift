import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Vocabulary

/// A collector that takes OCSF events by HTTP: `POST`, one JSON object a line (`application/x-ndjson`).
///
/// A status of 2xx says that it has taken a request's events. Anything else says that it has not: redirects are not followed, because the
/// token and the events would go where nobody sent them. Many events go in several requests, one after the other; when one fails, those
/// before it were taken and come again.
package final class HTTPSink: FeedSink {
    /// The bounds of one request; a single event may be longer.
    static let greatestEventCount = 500
    static let greatestByteCount = 1 << 20
    /// More than this of an answer is not read.
    private static let greatestAnswer = 64 << 10

    package let name: String
    private let url: String
    private let token: TokenFile?
    private let patience: TimeAmount
    private let client: HTTPClient

    /// - Parameter patience: how long one request may take in all.
    init(name: String, url: String, token: TokenFile?, trust: CollectorTrust, patience: TimeAmount) {
        self.name = name
        self.url = url
        self.token = token
        self.patience = patience
        var configuration = HTTPClient.Configuration(tlsConfiguration: trust.configuration, redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = patience
        configuration.timeout.read = patience
        configuration.httpVersion = .http1Only
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        client.shutdown { _ in }
    }

    /// When cancelled, throws `unreachable`; the collector may have taken the events.
    package func deliver(_ events: [FeedEvent]) async throws(FeedError) {
        let requests = try Self.requests(events)
        let token = try currentToken()
        for request in requests { try await post(request, token) }
    }

    /// All events are put into words before the first one leaves: one that cannot be read holds up the others at once, not in the middle.
    static func requests(_ events: [FeedEvent]) throws(FeedError) -> [ByteBuffer] {
        var requests: [ByteBuffer] = []
        var open = ByteBuffer()
        var count = 0
        for event in events {
            let line = try OCSFEvent(event).json
            if count == greatestEventCount || (count > 0 && open.readableBytes + line.count >= greatestByteCount) {
                requests.append(open)
                open = ByteBuffer()
                count = 0
            }
            open.writeBytes(line)
            open.writeInteger(UInt8(ascii: "\n"))
            count += 1
        }
        if count > 0 { requests.append(open) }
        return requests
    }

    private func currentToken() throws(FeedError) -> String? {
        do throws(TokenFile.Problem) { return try token?.read() } catch { throw FeedError(.misconfigured) }
    }

    private func post(_ body: ByteBuffer, _ token: String?) async throws(FeedError) {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-ndjson")
        request.headers.add(name: "User-Agent", value: "gatehouse")
        request.headers.add(name: TraceContext.header, value: TraceContext.parent())
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        request.body = .bytes(body)
        let deadline = NIODeadline.now() + patience
        let response: HTTPClientResponse
        do { response = try await client.execute(request, deadline: deadline) } catch { throw FeedError(error) }
        guard (200..<300).contains(response.status.code) else { throw FeedError(.refused) }
        await drain(response, until: deadline)
    }

    /// Reads what follows the status, so that the connection can be used again; what it says does not matter.
    private func drain(_ response: HTTPClientResponse, until deadline: NIODeadline) async {
        var count = 0
        do {
            for try await part in response.body {
                count += part.readableBytes
                if count > Self.greatestAnswer || NIODeadline.now() > deadline { return }
            }
        } catch {
            // The events are taken already; the next request opens another connection.
        }
    }
}
