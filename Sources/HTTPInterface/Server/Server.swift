import Gateway
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOTLS
import ServiceLifecycle
import Synchronization

/// Whatever answers requests, behind swift-nio's HTTP/1.1 codec, and behind TLS everywhere but on loopback.
///
/// A graceful shutdown stops accepting, answers what was accepted, and ends; what is not answered in time is closed.
package struct Server: Service {
    /// Answers a request, and never throws.
    package typealias Answer = @Sendable (APIRequest) async -> APIResponse

    private let answer: Answer
    private let listener: Listener
    private let limits: ServerLimits
    private let onReady: @Sendable (Int) async -> Void

    /// - Parameter onReady: called with the port once connections are accepted.
    package init(
        _ answer: @escaping Answer, at listener: Listener, limits: ServerLimits = ServerLimits(), onReady: @escaping @Sendable (Int) async -> Void
    ) {
        self.answer = answer
        self.listener = listener
        self.limits = limits
        self.onReady = onReady
    }

    package func run() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let quiescing = ServerQuiescingHelper(group: group)
        let (answer, listener, limits) = (answer, listener, limits)
        let connections = OpenConnections(atMost: limits.connections)
        let budget = BodyBudget(limits.bodies)
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
                    if let tls = listener.tls {
                        try pipeline.addHandler(tls.handler())
                        try pipeline.addHandler(HandshakeDeadline(limits.handshake))
                    }
                    let arrival = ArrivalDeadline(limits)
                    try pipeline.addHandler(IdleStateHandler(allTimeout: limits.idle))
                    try pipeline.addHandler(arrival)
                    // The handler takes turns by itself: the codec's pipelining assistance stops and starts reading at each request.
                    try pipeline.configureHTTPServerPipeline(
                        withPipeliningAssistance: false, withErrorHandling: false, withEncoderConfiguration: HTTPResponseEncoder.Configuration(),
                        withDecoderLimitConfiguration: Self.headerLimits)
                    try pipeline.addHandler(
                        RequestHandler(answer, listener.trusted, arrival, budget, patience: limits.answer, isSecure: listener.tls != nil))
                }
            }
            .bind(host: listener.host, port: listener.port).get()
        let closed = channel.eventLoop.makePromise(of: Void.self)
        await withGracefulShutdownHandler {
            await onReady(channel.localAddress?.port ?? listener.port)
            try? await channel.closeFuture.get()
        } onGracefulShutdown: {
            quiescing.initiateShutdown(promise: closed)
        }
        // Connections that still answer are waited for, but not for ever.
        quiescing.initiateShutdown(promise: nil)
        let end = channel.eventLoop.scheduleTask(in: limits.farewell) { connections.close() }
        try? await closed.futureResult.get()
        end.cancel()
    }

    private static var headerLimits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16 << 10
        limits.maxHeaderListSize = 64 << 10
        limits.maxHeaderFieldCount = 100
        return limits
    }
}

/// Knows the connections; more than fit are closed at once.
private final class OpenConnections: Sendable {
    private let maximum: Int
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    init(atMost maximum: Int) { self.maximum = maximum }

    func enter(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let hasRoom = channels.withLock { channels in
            guard channels.count < maximum else { return false }
            channels[id] = channel
            return true
        }
        if hasRoom { channel.closeFuture.whenComplete { [self] _ in channels.withLock { $0[id] = nil } } }
        return hasRoom
    }

    /// Closes whatever is still open.
    func close() {
        for channel in channels.withLock({ Array($0.values) }) { channel.close(promise: nil) }
    }
}

/// Gathers requests, hands them to the API one at a time, writes the answers in order.
private final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: Server.Answer
    private let trusted: TrustedPeers
    private let arrival: ArrivalDeadline
    /// What the client proved itself with in the handshake, or in the one that this session goes on from.
    private var certificate: ClientCertificate?
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

    /// How long an answer is waited for.
    private let patience: TimeAmount
    /// Counts requests: an answer that comes when its request has been given up is nobody's.
    private var turn = 0
    private var givingUp: Scheduled<Void>?
    private let isSecure: Bool
    private let budget: BodyBudget
    /// Bytes of bodies that this connection keeps, and those of the request that is being answered.
    private var kept = 0
    private var answering = 0

    init(
        _ answer: @escaping Server.Answer, _ trusted: TrustedPeers, _ arrival: ArrivalDeadline, _ budget: BodyBudget, patience: TimeAmount,
        isSecure: Bool
    ) {
        self.isSecure = isSecure
        self.budget = budget
        self.patience = patience
        self.answer = answer
        self.trusted = trusted
        self.arrival = arrival
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isClosing { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
            // Imports are large; everything else is refused before it fills memory.
            let path = head.uri.prefix { $0 != "?" }
            maximumBody = API.maximumBodyBytes(at: path)
            if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > maximumBody {
                return refuseBody(context)
            }
            if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
            }
        case .body(let buffer):
            if body.count + buffer.readableBytes > maximumBody { return refuseBody(context) }
            guard budget.take(buffer.readableBytes) else {
                return drop(API.refuse(.busy, "too much is being sent to this gateway at once", hint: "try again in a moment"), context)
            }
            kept += buffer.readableBytes
            body.append(contentsOf: buffer.readableBytesView)
        case .end:
            guard let head else { return }
            arrival.stop()
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
        if !isReading { arrival.stop() }
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }

    private func refuseBody(_ context: ChannelHandlerContext) {
        drop(API.refuse(.bodyTooLarge, "a body has at most \(maximumBody) bytes"), context)
    }

    /// Answers a request that is still arriving, and takes no other.
    private func drop(_ answer: APIResponse, _ context: ChannelHandlerContext) {
        head = nil
        release(body.count)
        body = []
        end(with: answer, context)
    }

    private func release(_ bytes: Int) {
        guard bytes > 0 else { return }
        budget.give(back: bytes)
        kept -= bytes
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
        answering = body.count
        let isKeepAlive = head.isKeepAlive
        let isHead = head.method == .HEAD
        var headers = head.headers
        // A connection lasts as long as it is used, and a session that is resumed is not looked at again: an end is noticed here.
        if let certificate, certificate.hasEnded { return finish(Self.certificateEnded, isKeepAlive: false, isHead: isHead, context) }
        guard let origin = trusted.origin(peer: context.channel.remoteAddress?.ipAddress, certificate: certificate?.bytes, &headers) else {
            let answer = API.refuse(.parameterInvalid, "the proxy's Client-Cert is no certificate (RFC 9440)")
            return finish(answer, isKeepAlive: isKeepAlive, isHead: isHead, context)
        }
        // A proxy may keep connections, too.
        if let bytes = origin.certificate, bytes != certificate?.bytes, ClientCertificate(bytes)?.hasEnded == true {
            return finish(Self.certificateEnded, isKeepAlive: isKeepAlive, isHead: isHead, context)
        }
        guard
            let request = APIRequest(
                method: head.method, target: head.uri, headers: headers, body: body, peer: origin.address, clientCertificate: origin.certificate)
        else {
            let answer = API.refuse(.parameterInvalid, "the request target is too long or not percent-encoded UTF-8")
            return finish(answer, isKeepAlive: isKeepAlive, isHead: isHead, context)
        }
        let loop = context.eventLoop
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: loop)
        turn += 1
        let turn = turn
        let isRead = head.method == .GET || head.method == .HEAD
        givingUp = loop.scheduleTask(in: patience) {
            let (handler, context) = bound.value
            handler.giveUp(turn, isRead: isRead, isHead: isHead, context)
        }
        // The one task made outside the assembly: it lives for one request, and the quiescing helper waits for its answer.
        let task = Task { [answer] in
            let answer = await answer(request)
            loop.execute {
                let (handler, context) = bound.value
                guard handler.turn == turn, handler.isBusy else { return }
                handler.finish(answer, isKeepAlive: isKeepAlive, isHead: isHead, context)
            }
        }
        if isRead { reading = task }
    }

    /// A read that takes too long ends, together with its statement. A change is seen through, but nobody waits for it any longer.
    private func giveUp(_ turn: Int, isRead: Bool, isHead: Bool, _ context: ChannelHandlerContext) {
        guard turn == self.turn, isBusy else { return }
        reading?.cancel()
        let seconds = patience.nanoseconds / 1_000_000_000
        let refusal: APIResponse =
            isRead
            ? API.refuse(.busy, "this took longer than \(seconds) seconds and was given up", hint: "ask for less at once, or try again in a moment")
            : API.refuse(
                .outcomeUnknown, "this took longer than \(seconds) seconds, and nobody waited for its end",
                hint: "read what there is before trying again; with an Idempotency-Key it can be sent again as it is")
        // Whatever was sent behind it would wait for what is still under way.
        isClosing = true
        waiting = []
        finish(refusal, isKeepAlive: false, isHead: isHead, context)
    }

    private static var certificateEnded: APIResponse { API.refuse(.credentialInvalid, "the client certificate has expired") }

    private func finish(_ answer: APIResponse, isKeepAlive: Bool, isHead: Bool, _ context: ChannelHandlerContext) {
        isBusy = false
        release(answering)
        answering = 0
        reading = nil
        givingUp?.cancel()
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
        // RFC 6797: a browser that has been here asks by TLS alone, for a year.
        if isSecure { headers.add(name: "Strict-Transport-Security", value: "max-age=31536000") }
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
        if case .handshakeCompleted = event as? TLSUserEvent {
            let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
            certificate = handler?.peerCertificate.flatMap { ClientCertificate($0) }
        }
        if event is ChannelShouldQuiesceEvent {
            isClosing = true
            if !isBusy, head == nil { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        reading?.cancel()
        givingUp?.cancel()
        waiting = []
        release(kept)
        answering = 0
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Bytes that are no request are answered behind the answers that are due; anything else is the peer going away.
        guard error is HTTPParserError, !isClosing else { return isClosing ? () : context.close(promise: nil) }
        end(with: API.refuse(.bodyMalformed, "the bytes sent are no HTTP/1.1 request"), context)
    }
}
