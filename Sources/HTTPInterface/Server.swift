import Gateway
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization

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
        let connections = OpenConnections()
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
                guard connections.enter(channel) else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    // Whoever neither sends nor reads for a minute is let go.
                    try pipeline.addHandler(IdleStateHandler(allTimeout: .seconds(60)))
                    // The handler takes turns by itself: the codec's pipelining assistance stops and starts reading at each request.
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
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

/// Counts connections; more than fit are closed at once.
private final class OpenConnections: Sendable {
    private static let maximum = 2048
    private let count = Mutex(0)

    func enter(_ channel: any Channel) -> Bool {
        let hasRoom = count.withLock { count in
            guard count < Self.maximum else { return false }
            count += 1
            return true
        }
        if hasRoom { channel.closeFuture.whenComplete { [self] _ in count.withLock { $0 -= 1 } } }
        return hasRoom
    }
}

/// Gathers requests, hands them to the API one at a time, writes the answers in order.
private final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let api: API
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var waiting: [(head: HTTPRequestHead, body: [UInt8])] = []
    private var isBusy = false
    /// The read that is being answered; dropped, together with its statement, when the client goes away. A change is seen through.
    private var reading: Task<Void, Never>?
    /// No further request is taken; the connection is closed when what was taken is answered.
    private var isClosing = false
    private var isReading = true
    /// The peer is sending what nobody will read.
    private var isSentMore = false
    private var maximumBody = 0
    private var lastAnswer: APIResponse?

    init(_ api: API) { self.api = api }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isClosing { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
            // Imports are large; everything else is refused before it fills memory.
            let path = head.uri.prefix { $0 != "?" }
            maximumBody = path.hasSuffix("/import") ? API.maximumBodyBytes : API.maximumRecordBytes
            if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > maximumBody {
                return refuseBody(context)
            }
            if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
            }
        case .body(let buffer):
            if body.count + buffer.readableBytes > maximumBody { return refuseBody(context) }
            body.append(contentsOf: buffer.readableBytesView)
        case .end:
            guard let head else { return }
            self.head = nil
            let body = body
            self.body = []
            waiting.append((head, body))
            goOn(context)
            // Whoever sends ahead of the answers is read no further until they are out: neither bodies nor answers pile up.
            if !waiting.isEmpty { setReading(false, context) }
        }
    }

    /// Answers the next request that waits, when none is being answered and the client takes what it gets.
    private func goOn(_ context: ChannelHandlerContext) {
        guard !isBusy, !waiting.isEmpty, context.channel.isWritable else { return }
        let (head, body) = waiting.removeFirst()
        respond(head, body, context)
        if waiting.isEmpty { setReading(true, context) }
    }

    private func setReading(_ isReading: Bool, _ context: ChannelHandlerContext) {
        guard self.isReading != isReading else { return }
        self.isReading = isReading
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }

    private func refuseBody(_ context: ChannelHandlerContext) {
        head = nil
        body = []
        end(with: api.refuse(.bodyTooLarge, "a body has at most \(maximumBody) bytes"), context)
    }

    /// The last answer of a connection, once those that are due have gone out.
    private func end(with answer: APIResponse, _ context: ChannelHandlerContext) {
        isClosing = true
        isSentMore = true
        setReading(true, context)
        if isBusy { lastAnswer = answer } else { write(answer, isKeepAlive: false, isHead: false, context) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        goOn(context)
        context.fireChannelWritabilityChanged()
    }

    private func respond(_ head: HTTPRequestHead, _ body: [UInt8], _ context: ChannelHandlerContext) {
        isBusy = true
        let isKeepAlive = head.isKeepAlive
        let isHead = head.method == .HEAD
        let peer = context.channel.remoteAddress?.ipAddress
        guard let request = APIRequest(method: head.method, target: head.uri, headers: head.headers, body: body, peer: peer) else {
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
        let goesOn = isKeepAlive && (!isClosing || !waiting.isEmpty || lastAnswer != nil)
        write(answer, isKeepAlive: goesOn, isHead: isHead, context)
        if !goesOn {
            isClosing = true
            waiting = []
        } else if waiting.isEmpty, let lastAnswer {
            self.lastAnswer = nil
            write(lastAnswer, isKeepAlive: false, isHead: false, context)
        } else {
            goOn(context)
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
        isDone?.futureResult.whenComplete { [channel = context.channel, lingers = isSentMore] _ in Self.close(channel, lingers: lingers) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: isDone)
    }

    /// Closing while the peer still sends would reset the connection, and the peer might lose the answer that it has not read
    /// yet (RFC 9112 section 9.6). So the sending half is closed first, and what comes is thrown away for a moment.
    private static func close(_ channel: any Channel, lingers: Bool) {
        guard lingers else { return channel.close(promise: nil) }
        channel.close(mode: .output, promise: nil)
        channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
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
        // Bytes that are no request are answered behind the answers that are due; anything else is the peer going away.
        guard error is HTTPParserError, !isClosing else { return isClosing ? () : context.close(promise: nil) }
        end(with: api.refuse(.bodyMalformed, "the bytes sent are no HTTP/1.1 request"), context)
    }
}
