import AsyncHTTPClient
import NIOCore
import NIOHTTP1
package import NIOSSL
import Vocabulary

/// One way to a server outside: it is sent something, and its answer has a bounded size and a bounded time.
///
/// Redirects are not followed: whoever may answer for the address could name any other. Nothing of an answer reaches an error but what it means.
package struct WitnessPost: Sendable {
    struct Answer: Sendable {
        let status: UInt
        /// In lower case, without parameters.
        let contentType: String?
        let body: [UInt8]
    }

    private let address: WitnessAddress
    private let trust: TLSConfiguration
    private let patience: Duration

    /// - Parameters:
    ///   - authorities: whose certificates the server's has to lead to, instead of those that the system trusts.
    ///   - patience: for the whole exchange.
    package init(to address: WitnessAddress, trusting authorities: [NIOSSLCertificate]? = nil, patience: Duration = .seconds(10)) {
        self.address = address
        self.patience = patience
        var trust = TLSConfiguration.makeClientConfiguration()
        trust.minimumTLSVersion = .tlsv12
        if let authorities { trust.trustRoots = .certificates(authorities) }
        self.trust = trust
    }

    /// Lives as long as the process.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// - Throws: `unreachable` when there is no whole answer in time, or the caller was cancelled; `malformed` when it is too long.
    func send(_ body: [UInt8], as contentType: String, to path: String = "", greatestAnswer: Int) async throws(WitnessError) -> Answer {
        var request = HTTPClientRequest(url: address.url + path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: contentType)
        request.headers.add(name: TraceContext.header, value: TraceContext.parent())
        request.body = .bytes(ByteBuffer(bytes: body))
        request.tlsConfiguration = trust
        let asked = request
        let patience = patience
        let outcome = await withTaskGroup(of: Result<Answer, WitnessError>.self) { group in
            // The client's own limit ends with the head of the answer; this one covers the last byte of it.
            group.addTask { await Self.exchange(asked, patience, greatestAnswer) }
            group.addTask {
                try? await Task.sleep(for: patience)
                return .failure(WitnessError(.unreachable))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(WitnessError(.unreachable))
        }
        return try outcome.get()
    }

    private static func exchange(
        _ request: HTTPClientRequest, _ patience: Duration, _ greatestAnswer: Int
    ) async -> Result<Answer, WitnessError> {
        do {
            let response = try await http.execute(request, timeout: TimeAmount(patience))
            let body = try await response.body.collect(upTo: greatestAnswer)
            let type = response.headers.first(name: "Content-Type")?.split(separator: ";", omittingEmptySubsequences: false).first
            return .success(
                Answer(
                    status: response.status.code, contentType: type.map { $0.filter { $0 != " " }.lowercased() }, body: Array(body.readableBytesView)
                )
            )
        } catch is NIOTooManyBytesError {
            return .failure(WitnessError(.malformed))
        } catch {
            return .failure(WitnessError(.unreachable))
        }
    }
}

extension WitnessError {
    /// What a status means that has no meaning of its own for the one that is asked.
    init(status: UInt) {
        switch status {
        case 401, 403, 404, 410: self.init(.refused)
        case 408, 429, 500...: self.init(.unreachable)
        default: self.init(.malformed)
        }
    }
}
