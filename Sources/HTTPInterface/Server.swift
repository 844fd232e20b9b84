import Gateway
package import Hummingbird
import HTTPTypes
package import Logging
import NIOCore

/// Puts the API behind Hummingbird's HTTP/1.1 server.
package enum Server {
    /// - Parameters:
    ///   - host: an address of this machine; only loopback is served without TLS.
    ///   - port: 0 takes a free one.
    ///   - onReady: called with the port once connections are accepted.
    package static func application(
        _ api: API, host: String, port: Int, logger: Logger, onReady: @escaping @Sendable (Int) async -> Void
    ) -> some ApplicationProtocol {
        Application(
            responder: Responder(api: api),
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? port) },
            logger: logger
        )
    }
}

private struct Responder: HTTPResponder {
    let api: API

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        var body: [UInt8] = []
        if request.method != .get && request.method != .head && request.method != .delete {
            do {
                let buffer = try await request.body.collect(upTo: API.maximumBodyBytes)
                body = Array(buffer.readableBytesView)
            } catch {
                return response(api.refuse(.bodyTooLarge, "a body has at most \(API.maximumBodyBytes) bytes"), to: request.method)
            }
        }
        guard
            let apiRequest = APIRequest(
                method: request.method, target: request.head.path ?? "/", headers: request.headers, body: body
            )
        else {
            return response(api.refuse(.parameterInvalid, "the request target is too long or not percent-encoded UTF-8"), to: request.method)
        }
        return response(await api.respond(to: apiRequest), to: request.method)
    }

    /// An answer to HEAD has no content (RFC 9110 section 9.3.2): its bytes would be taken for the next answer.
    private func response(_ answer: APIResponse, to method: HTTPRequest.Method) -> Response {
        let bytes = method == .head ? [] : answer.body
        return Response(status: answer.status, headers: answer.headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
