import Gateway
import NIOHTTP1
import Synchronization
package import Vocabulary

/// Where requests come in: to the API while it is open, and to one answer while the databases are being restored.
///
/// Only `/healthz` is answered as always: the process lives, and nobody should kill it for waiting.
package final class Door: Sendable {
    private enum Standing: Sendable { case unopened, open(API), closed }

    private let standing = Mutex(Standing.unopened)
    private let observe: Observer

    package init(observe: @escaping Observer) { self.observe = observe }

    /// From now on requests go to this API.
    package func open(_ api: API) { standing.withLock { $0 = .open(api) } }

    /// From now on no request reaches an API; those that did come to their end.
    package func close() { standing.withLock { $0 = .closed } }

    /// Answers a request. Never throws.
    package func respond(to request: APIRequest) async -> APIResponse {
        let api: API? = standing.withLock { if case .open(let api) = $0 { api } else { nil } }
        if let api { return await api.respond(to: request) }
        let trace = request.traceID()
        if [.GET, .HEAD].contains(request.method), request.segments == ["healthz"] { return Self.finished(APIResponse(.ok), trace) }
        observe(.requestFailed(route: "closed", code: Refusal.Code.restoring.rawValue))
        return Self.finished(Problem.response(.restoring, trace: trace), trace)
    }

    private static func finished(_ answer: APIResponse, _ trace: String) -> APIResponse {
        var response = answer
        response.headers.replaceOrAdd(name: HeaderName.cacheControl, value: "no-store")
        response.headers.replaceOrAdd(name: HeaderName.contentTypeOptions, value: "nosniff")
        response.headers.replaceOrAdd(name: HeaderName.requestID, value: trace)
        return response
    }
}
