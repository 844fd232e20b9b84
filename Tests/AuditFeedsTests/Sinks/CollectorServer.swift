import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestPostgres

/// A collector on a port of this host that keeps what it is sent and behaves as a test asks.
final class CollectorServer: Sendable {
    enum Manner: Sendable {
        /// Reads, and says nothing.
        case silent
        /// Answers each HTTP request with the next of these, byte by byte as they stand, the last one for ever; hangs up after an
        /// answer that does not promise a length.
        case answering([String])
        /// Hangs up once it has read so many bytes of a connection.
        case hangingUp(after: Int)
    }

    static let taken = "HTTP/1.1 204 No Content\r\n\r\n"

    static func answer(_ status: String, headers: String = "", body: String = "") -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
    }

    private struct State {
        var connections: [[UInt8]] = []
        var channels: [any Channel] = []
        var answers = 0
    }

    let port: Int
    private let listener: any Channel
    private let state: Box

    /// Shared with the handlers of the connections.
    private final class Box: Sendable {
        let value = Mutex(State())
        let manner: Manner
        init(_ manner: Manner) { self.manner = manner }
    }

    init(_ manner: Manner, tls: NIOSSLContext? = nil, host: String = "127.0.0.1", port: Int = 0) async throws {
        let box = Box(manner)
        state = box
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(Peer(box))
                }
            }
            .bind(host: host, port: port).get()
        guard let port = listener.localAddress?.port else { throw TestFailure("no port can be had") }
        self.port = port
    }

    deinit { listener.close(promise: nil) }

    /// What came, one for each connection that brought anything.
    var connections: [[UInt8]] { state.value.withLock { $0.connections.filter { !$0.isEmpty } } }

    /// The HTTP requests that came, in order.
    var requests: [HTTPText] { connections.flatMap { HTTPText.split($0) } }

    /// Ends all connections; new ones are taken.
    func hangUp() async throws {
        let channels = state.value.withLock { state in
            defer { state.channels = [] }
            return state.channels
        }
        for channel in channels { try? await channel.close().get() }
    }

    /// Takes no new connections and ends the old ones.
    func stop() async throws {
        try await listener.close().get()
        try await hangUp()
    }

    private final class Peer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let box: Box
        private var index = 0
        private var answered = 0

        init(_ box: Box) { self.box = box }

        func channelActive(context: ChannelHandlerContext) {
            let channel = context.channel
            index = box.value.withLock { state in
                state.connections.append([])
                state.channels.append(channel)
                return state.connections.count - 1
            }
            context.fireChannelActive()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Array(unwrapInboundIn(data).readableBytesView)
            let all = box.value.withLock { state in
                state.connections[index] += bytes
                return state.connections[index]
            }
            switch box.manner {
            case .silent: break
            case .hangingUp(let count): if all.count >= count { context.close(promise: nil) }
            case .answering(let answers):
                while answered < HTTPText.split(all).count {
                    answered += 1
                    let number = box.value.withLock { state in
                        state.answers += 1
                        return state.answers
                    }
                    let answer = answers[min(number, answers.count) - 1]
                    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
                    if !answer.contains("Content-Length: 0") && answer != CollectorServer.taken { context.close(promise: nil) }
                }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// An HTTP request as it came, as far as a test looks at it.
struct HTTPText: Sendable {
    let head: [String]
    let body: [UInt8]

    func header(_ name: String) -> String? {
        let prefix = name.lowercased() + ": "
        return head.first { $0.lowercased().hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }

    /// The complete requests at the beginning of these bytes.
    static func split(_ bytes: [UInt8]) -> [HTTPText] {
        var requests: [HTTPText] = []
        var rest = bytes[...]
        while let end = headEnd(rest) {
            let head = String(decoding: rest[..<end], as: UTF8.self).split(separator: "\r\n").map(String.init)
            let bare = HTTPText(head: head, body: [])
            guard let length = bare.header("content-length").flatMap({ Int($0) }), rest.endIndex - end >= length else { break }
            requests.append(HTTPText(head: head, body: Array(rest[end..<(end + length)])))
            rest = rest[(end + length)...]
        }
        return requests
    }

    /// Where the body begins.
    private static func headEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        var position = bytes.startIndex
        while position + mark.count <= bytes.endIndex {
            if bytes[position] == mark[0], bytes[position..<(position + mark.count)].elementsEqual(mark) { return position + mark.count }
            position += 1
        }
        return nil
    }
}

/// Waits until something is so, a minute or two at most.
func eventually(_ condition: () -> Bool) async throws -> Bool {
    for _ in 0..<10_000 {
        if condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return condition()
}
