import Foundation
import HTTPInterface
import Logging
import NIOHTTP1
import ServiceLifecycle
import Synchronization
import TestPostgres

/// A server on a free port of loopback, and the requests that came through it.
final class ServedAnswers: Sendable {
    let port: Int
    private let seen: Seen
    private let group: ServiceGroup

    private init(port: Int, seen: Seen, group: ServiceGroup) {
        self.port = port
        self.group = group
        self.seen = seen
    }

    private final class Seen: Sendable { let requests = Mutex<[APIRequest]>([]) }

    var requests: [APIRequest] { seen.requests.withLock { $0 } }

    /// Serves until the body has ended. Every request is answered with 200 and `{}`, after `hold` if there is one.
    static func with<Value: Sendable>(
        tls: ServerTLS? = nil, trusted: TrustedPeers = TrustedPeers(), limits: ServerLimits = ServerLimits(),
        hold: @escaping @Sendable () async -> Void = {}, _ body: (ServedAnswers) async throws -> Value
    ) async throws -> Value {
        let seen = Seen()
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let made: Listener? =
            if let tls { Listener(host: "127.0.0.1", port: 0, tls: tls, trusted: trusted) } else {
                Listener(plainOn: "127.0.0.1", port: 0, trusted: trusted)
            }
        guard let listener = made else { throw TestFailure("127.0.0.1 is loopback") }
        let answer: Server.Answer = { request in
            seen.requests.withLock { $0.append(request) }
            await hold()
            return APIResponse(.ok, body: Array("{}".utf8))
        }
        let server = Server(answer, at: listener, limits: limits) { told.yield($0) }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: server)], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            guard let port = await iterator.next() else { throw TestFailure("the server does not start") }
            let outcome: Result<Value, any Error>
            do { outcome = .success(try await body(ServedAnswers(port: port, seen: seen, group: group))) } catch { outcome = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try outcome.get()
        }
    }

    func shutDown() async { await group.triggerGracefulShutdown() }

    /// What `openssl s_client` says and gets, for one GET.
    func client(_ options: [String], path: String = "/") async throws -> Program.Outcome {
        try await Program.run(
            ["/usr/bin/timeout", "60", "/usr/bin/openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-ign_eof"] + options,
            input: "GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    }

    /// Sends pieces, and answers what came back until the server closed the connection.
    ///
    /// - Parameter gate: the last piece waits for it.
    func exchange(_ pieces: [String], pause: Duration = .zero, gate: DispatchSemaphore? = nil) async throws -> String {
        try await RawConnection.exchange(UInt16(port), pieces, pause: pause, gate: gate)
    }
}
