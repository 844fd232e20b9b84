import NIOCore

/// Closes a connection whose request takes too long to arrive, head or body, however steadily its bytes drip in.
///
/// The clock runs from the first byte of a request until ``stop()``; nobody is timed while the server itself is what is waited for.
final class ArrivalDeadline: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limits: ServerLimits
    private var begun: NIODeadline?
    private var byteCount = 0
    private var check: Scheduled<Void>?

    init(_ limits: ServerLimits) { self.limits = limits }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        byteCount += unwrapInboundIn(data).readableBytes
        if begun == nil {
            begun = .now()
            schedule(in: limits.arrival, context)
        }
        context.fireChannelRead(data)
    }

    /// The request is there whole, or the server has stopped reading to answer others first. The next byte begins anew.
    func stop() {
        begun = nil
        byteCount = 0
        check?.cancel()
        check = nil
    }

    private func schedule(in time: TimeAmount, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        check = context.eventLoop.scheduleTask(in: time) {
            let (handler, context) = bound.value
            handler.look(context)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        guard let begun else { return }
        let late = NIODeadline.now() - begun - limits.arrival
        let due = max(1, Int(late.nanoseconds / 1_000_000)) * limits.bytesPerSecond / 1000
        guard byteCount > due else { return context.close(promise: nil) }
        schedule(in: .seconds(1), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }
}
