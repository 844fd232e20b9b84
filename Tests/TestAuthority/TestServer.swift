import NIOCore
import NIOHTTP1
import NIOPosix
package import NIOSSL
import Synchronization

/// An HTTP server on a port of 127.0.0.1, for as long as it is referred to. What it answers is a function of the request.
package final class TestServer: Sendable {
    package struct Request: Sendable {
        package let method: String
        package let path: String
        package let contentType: String?
        /// Names in lower case.
        package let headers: [String: String]
        package let body: [UInt8]
    }

    package enum Reply: Sendable {
        case answer(Int, type: String = "text/plain", body: [UInt8] = [], headers: [String: String] = [:])
        /// The connection stays, and nothing comes.
        case silence
        /// The head and a byte come, and the rest does not.
        case stall
        /// The connection ends without an answer.
        case hangUp

        package static func answer(_ status: Int, type: String = "text/plain", text: String) -> Reply {
            .answer(status, type: type, body: Array(text.utf8))
        }
    }

    /// What was asked, in order.
    private final class Log: Sendable {
        private let requests = Mutex<[Request]>([])
        var all: [Request] { requests.withLock { $0 } }
        func add(_ request: Request) { requests.withLock { $0.append(request) } }
    }

    /// Apart from what clients run on: an answer may take its time.
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    package let url: String
    private let log = Log()
    private let channel: any Channel
    package var requests: [Request] { log.all }

    /// - Parameter tls: of a server that speaks it.
    package init(tls: NIOSSLContext? = nil, _ respond: @escaping @Sendable (Request) -> Reply) async throws {
        let log = log
        channel = try await ServerBootstrap(group: Self.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        TestServerHandler { request in
                            log.add(request)
                            return respond(request)
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = channel.localAddress?.port else { throw ChannelError.operationUnsupported }
        url = "\(tls == nil ? "http" : "https")://127.0.0.1:\(port)"
    }

    deinit { channel.close(promise: nil) }
}

private final class TestServerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let respond: (TestServer.Request) -> TestServer.Reply
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ respond: @escaping (TestServer.Request) -> TestServer.Reply) { self.respond = respond }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let bytes): body += bytes.readableBytesView
        case .end:
            guard let head else { return }
            let type = head.headers.first(name: "Content-Type")
            let headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $0 + ", " + $1 })
            reply(
                respond(TestServer.Request(method: head.method.rawValue, path: head.uri, contentType: type, headers: headers, body: body)), context)
        }
    }

    private func reply(_ reply: TestServer.Reply, _ context: ChannelHandlerContext) {
        switch reply {
        case .silence: break
        case .hangUp: context.close(promise: nil)
        case .stall:
            send(200, ["Content-Length": "100", "Content-Type": "text/plain"], [0x20], context)
            context.flush()
        case .answer(let status, let type, let body, let headers):
            send(status, headers.merging(["Content-Length": "\(body.count)", "Content-Type": type]) { first, _ in first }, body, context)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    private func send(_ status: Int, _ headers: [String: String], _ body: [UInt8], _ context: ChannelHandlerContext) {
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: HTTPHeaders(headers.map { ($0.key, $0.value) })
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !body.isEmpty { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil) }
    }
}
