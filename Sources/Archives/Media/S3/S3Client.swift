import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import Sealing
import Vocabulary

/// How long requests are waited for, and tried again.
package struct S3Patience: Sendable {
    /// For a request and its answer, beside a second for each 128 KiB that they carry.
    package var request: Duration = .seconds(30)
    /// Between the first two attempts; then twice as long each time, up to ``greatestPause``.
    package var pause: Duration = .milliseconds(250)
    package var greatestPause: Duration = .seconds(10)
    /// For all attempts of one request: none after the second begins later. One is always tried again, however long it took to fail.
    package var total: Duration = .seconds(180)

    package init() {}
}

/// Sends signed requests to one bucket, tries again what failed for the moment, and bounds every answer in size and time.
///
/// Redirects are not followed: the session token would go with them.
struct S3Client: Sendable {
    struct Request: Sendable {
        var method = "GET"
        /// In the bucket, with the repository's prefix; empty for the bucket itself.
        var object = ""
        var query: [(String, String)] = []
        var headers: [(String, String)] = []
        var body: [UInt8] = []
        /// Its SHA-256, when it is known already.
        var digest: [UInt8]?
        var greatestAnswer = 4 << 20
        /// For what the service has to do before it answers.
        var extraTime: Duration = .zero
    }

    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]
        /// Whether an attempt before may have done what was asked, without its answer having arrived.
        var followsLost = false
        /// Whether the body is an object's, and not what the service says.
        var isObject = false
        var isDone: Bool { (200..<300).contains(status) }
    }

    /// Why there is no answer at all.
    private enum Silence: Error { case lost(String), tooLong }

    let location: S3Location
    let credentials: S3Credentials
    let patience: S3Patience

    /// Lives as long as the process.
    private static let http: HTTPClient = {
        var trust = TLSConfiguration.makeClientConfiguration()
        trust.minimumTLSVersion = .tlsv12
        var configuration = HTTPClient.Configuration(tlsConfiguration: trust, redirectConfiguration: .disallow, decompression: .disabled)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(10)
        configuration.httpVersion = .http1Only
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// - Parameter place: the object's key, for errors.
    /// - Returns: any answer but those that say to come again.
    /// - Throws: `unavailable` when there is none in time, or the task was cancelled; `garbled` when it is too long.
    func send(_ request: Request, _ place: String) async throws(MediumError) -> Answer {
        var request = request
        request.digest = request.digest ?? SHA256.hash(request.body)
        let start = ContinuousClock.now
        var pause = patience.pause
        var attempts = 0
        var followsLost = false
        var hasRenewed = false
        while true {
            guard !Task.isCancelled else { throw MediumError(.unavailable, place, "cancelled") }
            var wish: Duration?
            let reason: String
            let keyID = credentials.withKeys { $0.accessKeyID }
            attempts += 1
            do throws(Silence) {
                var answer = try await attempt(request)
                answer.isObject = request.method == "GET" && request.query.isEmpty && answer.isDone
                let error = answer.code
                if !hasRenewed, [400, 401, 403].contains(answer.status), S3Client.refusals.contains(error ?? ""), credentials.renew(after: keyID) {
                    hasRenewed = true
                    continue
                }
                guard answer.saysAgain else {
                    answer.followsLost = followsLost
                    return answer
                }
                if answer.status >= 500 { followsLost = true }
                wish = answer.headers.first(name: "retry-after").flatMap { Int($0) }.map { .seconds(min(max($0, 0), 30)) }
                reason = error ?? "status \(answer.status)"
            } catch {
                switch error {
                case .tooLong: throw MediumError(.garbled, place, "the answer is longer than it may be")
                case .lost(let text): reason = text
                }
                followsLost = true
            }
            let delay = max(wish ?? .zero, pause * Double.random(in: 0.5...1))
            pause = min(pause * 2, patience.greatestPause)
            let isInTime = attempts < 2 || ContinuousClock.now - start + delay < patience.total
            guard isInTime, (try? await Task.sleep(for: delay)) != nil else {
                throw MediumError(.unavailable, place, Task.isCancelled ? "cancelled" : reason)
            }
        }
    }

    /// What may be because other credentials are in the file by now.
    private static let refusals: Set<String> = [
        "ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch", "TokenRefreshRequired",
    ]

    private func attempt(_ request: Request) async throws(Silence) -> Answer {
        let headers = credentials.withKeys { keys in
            S3Signature.signed(
                request.method, location.path(request.object), query: request.query, headers: request.headers + [("host", location.host)],
                bodyDigest: request.digest ?? SHA256.hash(request.body), region: location.region, keys: keys, at: .now()
            )
        }
        let query = request.query.isEmpty ? "" : "?" + S3Signature.query(request.query)
        var asked = HTTPClientRequest(url: "\(location.scheme)://\(location.host)\(location.path(request.object))\(query)")
        asked.method = HTTPMethod(rawValue: request.method)
        asked.headers = HTTPHeaders(headers)
        // Not among those that are signed: it says nothing of what is asked.
        asked.headers.add(name: TraceContext.header, value: TraceContext.parent())
        if !request.body.isEmpty { asked.body = .bytes(ByteBuffer(bytes: request.body)) }
        let carried = request.body.count + (request.method == "GET" && request.query.isEmpty ? request.greatestAnswer : 0)
        let limit = patience.request + request.extraTime + .seconds(Double(carried) / 131_072)
        let (sent, greatest) = (asked, request.greatestAnswer)
        let outcome = await withTaskGroup(of: Result<Answer, Silence>.self) { group in
            // The client's own limit ends with the head of the answer; this one covers the last byte of it.
            group.addTask { await Self.exchange(sent, limit, greatest) }
            group.addTask {
                try? await Task.sleep(for: limit)
                return .failure(.lost("no answer in time"))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(.lost("no answer"))
        }
        return try outcome.get()
    }

    private static func exchange(_ request: HTTPClientRequest, _ limit: Duration, _ greatest: Int) async -> Result<Answer, Silence> {
        do {
            let response = try await http.execute(request, timeout: TimeAmount(limit))
            let body = try await response.body.collect(upTo: greatest)
            return .success(Answer(status: Int(response.status.code), headers: response.headers, body: Array(body.readableBytesView)))
        } catch is NIOTooManyBytesError {
            return .failure(.tooLong)
        } catch let error as HTTPClientError {
            return .failure(.lost(error.shortDescription.lowercased()))
        } catch {
            return .failure(.lost("the connection failed"))
        }
    }
}
