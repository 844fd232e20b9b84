import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import TestPostgres

/// A server in front of another, or of none, that does to requests what a script says: for what no real service does on demand.
final class Front: Sendable {
    struct Request: Sendable {
        let method: String
        let uri: String
        let headers: HTTPHeaders
        var body: [UInt8] = []

        var path: String { String(uri.prefix { $0 != "?" }) }
        /// Whether the query names this.
        func asks(_ name: String) -> Bool { uri.contains("?\(name)=") || uri.contains("&\(name)=") }
        var isPart: Bool { method == "PUT" && asks("partNumber") }
        var number: Int? { uri.split(separator: "partNumber=").dropFirst().first.flatMap { Int($0.prefix { $0.isNumber }) } }
    }

    struct Answer: Sendable {
        var status: Int
        var headers: [(String, String)] = []
        var body: [UInt8] = []

        /// What it says, but not whole: so many bytes fewer come than it says, and the connection ends.
        var missing = 0

        static func error(_ status: Int, _ code: String, headers: [(String, String)] = []) -> Answer {
            Answer(status: status, headers: headers, body: Array("<?xml version=\"1.0\"?><Error><Code>\(code)</Code></Error>".utf8))
        }
    }

    enum Action: Sendable {
        case pass
        case answer(Answer)
        /// The request is done, and another answer given.
        case instead(@Sendable (Answer) -> Answer)
        /// The request is done, and the connection ends without an answer.
        case lose
        /// The connection ends before the request is read to its end, which is not done.
        case cut
        /// The connection stays, and nothing comes.
        case silence
        /// A byte comes now and then, and never the last.
        case drip
    }

    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    let url: String
    private let channel: any Channel
    private let log: Log

    /// Every request whose head has come, in order.
    var requests: [Request] { log.all.withLock { $0 } }
    func count(_ test: (Request) -> Bool) -> Int { requests.filter(test).count }
    func forget() { log.all.withLock { $0 = [] } }

    final class Log: Sendable { let all = Mutex<[Request]>([]) }

    /// - Parameter script: asked when the head of a request has come, with the number of the request, from 0.
    init(_ upstream: String? = nil, _ script: @escaping @Sendable (Request, Int) -> Action = { _, _ in .pass }) async throws {
        let log = Log()
        self.log = log
        channel = try await ServerBootstrap(group: Self.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(FrontHandler(upstream, log, script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = channel.localAddress?.port else { throw TestFailure("no port can be had") }
        url = "http://127.0.0.1:\(port)"
    }

    deinit { channel.close(promise: nil) }
}

private final class FrontHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let upstream: String?
    private let log: Front.Log
    private let script: @Sendable (Front.Request, Int) -> Front.Action
    private var request: Front.Request?
    private var action = Front.Action.pass

    init(_ upstream: String?, _ log: Front.Log, _ script: @escaping @Sendable (Front.Request, Int) -> Front.Action) {
        (self.upstream, self.log, self.script) = (upstream, log, script)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            let request = Front.Request(method: head.method.rawValue, uri: head.uri, headers: head.headers)
            self.request = request
            let number = log.all.withLock { all in
                all.append(request)
                return all.count - 1
            }
            action = script(request, number)
            if case .cut = action { context.close(promise: nil) }
        case .body(let bytes): request?.body += bytes.readableBytesView
        case .end:
            guard let request else { return }
            act(request, context)
        }
    }

    private func act(_ request: Front.Request, _ context: ChannelHandlerContext) {
        switch action {
        case .cut, .silence: break
        case .answer(let answer): send(answer, request, context)
        case .drip:
            head(200, [("Content-Length", "1000"), ("Content-Type", "application/octet-stream")], context)
            drip(context)
        case .pass, .instead, .lose:
            let (action, upstream) = (action, upstream)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.makeFutureWithTask { try await Self.passed(request, to: upstream) }.whenComplete { outcome in
                let (handler, context) = bound.value
                guard case .success(let answer) = outcome else { return context.close(promise: nil) }
                switch action {
                case .instead(let change): handler.send(change(answer), request, context)
                case .lose: context.close(promise: nil)
                default: handler.send(answer, request, context)
                }
            }
        }
    }

    private static func passed(_ request: Front.Request, to upstream: String?) async throws -> Front.Answer {
        guard let upstream else { throw TestFailure("there is nobody to pass it to") }
        var passed = HTTPClientRequest(url: upstream + request.uri)
        passed.method = HTTPMethod(rawValue: request.method)
        passed.headers = request.headers
        passed.headers.remove(name: "content-length")
        passed.headers.remove(name: "connection")
        if !request.body.isEmpty { passed.body = .bytes(ByteBuffer(bytes: request.body)) }
        let answer = try await HTTPClient.shared.execute(passed, timeout: .seconds(60))
        let body = try await answer.body.collect(upTo: 64 << 20)
        return Front.Answer(
            status: Int(answer.status.code), headers: answer.headers.map { ($0.name, $0.value) }, body: Array(body.readableBytesView))
    }

    private func head(_ status: Int, _ headers: [(String, String)], _ context: ChannelHandlerContext) {
        let head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: HTTPHeaders(headers))
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    }

    private func send(_ answer: Front.Answer, _ request: Front.Request, _ context: ChannelHandlerContext) {
        let own = ["connection", "transfer-encoding", "content-length"]
        var headers = answer.headers.filter { !own.contains($0.0.lowercased()) }
        let length = answer.headers.first { $0.0.lowercased() == "content-length" }?.1
        headers.append(("Content-Length", request.method == "HEAD" ? length ?? "0" : "\(answer.body.count)"))
        head(answer.status, headers, context)
        let body = answer.body.dropLast(answer.missing)
        if request.method != "HEAD", !body.isEmpty {
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        }
        guard answer.missing == 0 else {
            // As soon as that has left.
            context.eventLoop.assumeIsolated().execute { context.close(promise: nil) }
            return
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func drip(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: [0])))), promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(50)) { self.drip(context) }
    }
}
