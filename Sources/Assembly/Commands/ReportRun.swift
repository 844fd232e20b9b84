import DataFormats
import Gateway
import Synchronization

/// Has a report made, on this host or by a running gateway, and says on standard error that it takes long when it does.
struct ReportRun: Sendable {
    let place: PlaceOptions

    /// - Parameters:
    ///   - path: what a running gateway is asked for.
    ///   - here: makes the report on this host.
    func object(
        _ path: String, _ here: @escaping @Sendable (RecordGateway, RequestContext, @escaping RecordGateway.ReportProgress) async throws -> JSONObject
    ) async throws -> JSONObject {
        if let remote = try place.remote {
            return try await waiting { try await GatewayClient(remote).object("GET", path) }
        }
        let bar = Mutex(ProgressBar("reading the trail", total: 0, isQuiet: false))
        let start = ContinuousClock.now
        return try await place.withGateway { gateway, context in
            try await here(gateway, context) { events in
                guard ContinuousClock.now - start > .seconds(2) else { return }
                bar.withLock { $0.update(events, detail: "\(events) events") }
            }
        }
    }

    /// A running gateway does not tell how far it is.
    private func waiting(_ body: @escaping @Sendable () async throws -> JSONObject) async throws -> JSONObject {
        try await withThrowingTaskGroup(of: JSONObject?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                var seconds = 0
                while (try? await Task.sleep(for: .seconds(2))) != nil {
                    seconds += 2
                    if seconds == 2 || seconds.isMultiple(of: 10) { Console.note("the gateway is reading the trail, \(seconds) s so far") }
                }
                return nil
            }
            defer { group.cancelAll() }
            while let answer = try await group.next() { if let answer { return answer } }
            throw CommandFailure(.failed, "the report did not come to its end")
        }
    }

    /// Parameters that were given, as a query.
    static func query(_ given: [(String, String?)]) -> String {
        let parts = given.compactMap { name, value in value.map { "\(name)=\(GatewayClient.encode($0))" } }
        return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
    }
}
