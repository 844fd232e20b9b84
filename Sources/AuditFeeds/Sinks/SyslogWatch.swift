import NIOCore
import Synchronization

/// The last handler of a connection to a syslog server: keeps why it failed, and drops what the server says.
final class SyslogWatch: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let first = Mutex<FeedError?>(nil)

    var failure: FeedError? { first.withLock { $0 } }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        first.withLock { if $0 == nil { $0 = FeedError(error) } }
        context.close(promise: nil)
    }
}
