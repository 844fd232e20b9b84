import Gateway
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
import ServiceLifecycle

/// The API behind swift-nio's HTTP/1.1 codec, on loopback.
///
/// A graceful shutdown stops accepting, answers what was accepted, and ends.
package struct Server: Service {
    private let api: API
    private let host: String
    private let port: Int
    private let onReady: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - onReady: called with the port once connections are accepted.
    package init(_ api: API, host: String, port: Int, onReady: @escaping @Sendable (Int) async -> Void) {
        self.api = api
        self.host = host
        self.port = port
        self.onReady = onReady
    }

    package func run() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let quiescing = ServerQuiescingHelper(group: group)
        let api = api
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    // Whoever neither sends nor reads for a minute is let go.
                    try pipeline.addHandler(IdleStateHandler(allTimeout: .seconds(60)))
                    // The handler takes turns by itself: the codec's pipelining assistance stops and starts reading at each request.
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: true)
                    try pipeline.addHandler(RequestHandler(api))
                }
            }
            .bind(host: host, port: port).get()
        let closed = channel.eventLoop.makePromise(of: Void.self)
        await withGracefulShutdownHandler {
            await onReady(channel.localAddress?.port ?? port)
            try? await channel.closeFuture.get()
        } onGracefulShutdown: {
            quiescing.initiateShutdown(promise: closed)
        }
        // Connections that still answer are waited for.
        quiescing.initiateShutdown(promise: nil)
        try? await closed.futureResult.get()
    }
}

/// Gathers requests, hands them to the API one at a time, writes the answers in order.
private final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Requests that a client may send ahead of their answers; one more closes the connection.
    private static let maximumAhead = 32

    private let api: API
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var waiting: [(head: HTTPRequestHead, body: [UInt8])] = []
    private var isBusy = false
    /// The read that is being answered; dropped, together with its statement, when the client goes away. A change is seen through.
    private var reading: Task<Void, Never>?
    /// No further request is taken; the connection is closed when what was taken is answered.
    private var isClosing = false

    init(_ api: API) { self.api = api }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isClosing { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
            if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
            }
        case .body(let buffer):
            if body.count + buffer.readableBytes > API.maximumBodyBytes {
                isClosing = true
                body = []
                write(api.refuse(.bodyTooLarge, "a body has at most \(API.maximumBodyBytes) bytes"), isKeepAlive: false, isHead: false, context)
            } else {
                body.append(contentsOf: buffer.readableBytesView)
            }
        case .end:
            guard let head else { return }
            self.head = nil
            let body = body
            self.body = []
            if !isBusy { return respond(head, body, context) }
            guard waiting.count < Self.maximumAhead else { return context.close(promise: nil) }
            waiting.append((head, body))
        }
    }

    private func respond(_ head: HTTPRequestHead, _ body: [UInt8], _ context: ChannelHandlerContext) {
        isBusy = true
        let isKeepAlive = head.isKeepAlive
        let isHead = head.method == .HEAD
        guard let request = APIRequest(method: head.method, target: head.uri, headers: head.headers, body: body) else {
            let answer = api.refuse(.parameterInvalid, "the request target is too long or not percent-encoded UTF-8")
            return finish(answer, isKeepAlive: isKeepAlive, isHead: isHead, context)
        }
        let loop = context.eventLoop
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: loop)
        let api = api
        // The one task made outside the assembly: it lives for one request, and the quiescing helper waits for its answer.
        let task = Task {
            let answer = await api.respond(to: request)
            loop.execute {
                let (handler, context) = bound.value
                handler.finish(answer, isKeepAlive: isKeepAlive, isHead: isHead, context)
            }
        }
        if head.method == .GET { reading = task }
    }

    private func finish(_ answer: APIResponse, isKeepAlive: Bool, isHead: Bool, _ context: ChannelHandlerContext) {
        isBusy = false
        reading = nil
        let goesOn = isKeepAlive && !(isClosing && waiting.isEmpty)
        write(answer, isKeepAlive: goesOn, isHead: isHead, context)
        if !goesOn {
            isClosing = true
            waiting = []
        } else if !waiting.isEmpty {
            let (head, body) = waiting.removeFirst()
            respond(head, body, context)
        }
    }

    private func write(_ answer: APIResponse, isKeepAlive: Bool, isHead: Bool, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        var headers = answer.headers
        // 204 and 304 have no body (RFC 9110 section 6.4.1).
        let hasBody = answer.status != .noContent && answer.status != .notModified
        if hasBody { headers.add(name: "Content-Length", value: String(answer.body.count)) }
        if !isKeepAlive { headers.replaceOrAdd(name: "Connection", value: "close") }
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers))), promise: nil)
        // An answer to HEAD has no content (section 9.3.2): its bytes would be taken for the next answer.
        if hasBody, !isHead, !answer.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        }
        let isDone = isKeepAlive ? nil : context.eventLoop.makePromise(of: Void.self)
        isDone?.futureResult.whenComplete { [channel = context.channel] _ in channel.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: isDone)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { return context.close(promise: nil) }
        if event is ChannelShouldQuiesceEvent {
            isClosing = true
            if !isBusy, head == nil { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        reading?.cancel()
        waiting = []
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The codec has answered malformed bytes with 400 already; anything else is the peer going away.
        context.close(promise: nil)
    }
}
