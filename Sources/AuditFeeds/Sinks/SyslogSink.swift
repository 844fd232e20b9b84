import NIOCore
import NIOPosix
import NIOSSL

/// A collector that takes OCSF events as syslog messages (RFC 5424) with octet counting, over TLS (RFC 5425).
///
/// Syslog has no acknowledgement. That events are taken means here: they were written and flushed to the socket, which over TLS takes a
/// collector that has proved who it is, and a moment later the connection was still open. What a collector that dies then had not read
/// is lost to it, and only a comparison with the log tells.
///
/// One connection is kept, and opened again with the next batch once it is lost. Batches are to be delivered one at a time.
package actor SyslogSink: FeedSink {
    /// How long a peer that has gone already may take to say so.
    private static let settling = TimeAmount.milliseconds(20)
    /// Written at once; a single message may be longer.
    private static let greatestByteCount = 256 << 10

    package nonisolated let name: String
    private let address: SyslogAddress
    private let context: NIOSSLContext?
    private let patience: TimeAmount
    private var connection: Connection?

    private struct Connection {
        let channel: any Channel
        let watch: SyslogWatch
    }

    /// - Parameter patience: how long connecting may take, and how long a batch may take after that.
    /// - Throws: `misconfigured` when the authorities cannot be used.
    init(name: String, address: SyslogAddress, trust: CollectorTrust, patience: TimeAmount) throws(FeedError) {
        self.name = name
        self.address = address
        self.patience = patience
        do { context = address.isTLS ? try NIOSSLContext(configuration: trust.configuration) : nil } catch { throw FeedError(.misconfigured) }
    }

    deinit {
        connection?.channel.close(promise: nil)
    }

    /// When cancelled, closes the connection, as soon as there is one, and throws `unreachable`; the collector may have taken the events.
    package func deliver(_ events: [FeedEvent]) async throws(FeedError) {
        let parts = try Self.parts(events)
        if parts.isEmpty { return }
        let connection = try await connected()
        let isTaken = await withTaskCancellationHandler {
            await write(parts, connection.channel)
        } onCancel: {
            connection.channel.close(promise: nil)
        }
        guard isTaken else {
            self.connection = nil
            connection.channel.close(promise: nil)
            throw connection.watch.failure ?? FeedError(.unreachable)
        }
    }

    private static func parts(_ events: [FeedEvent]) throws(FeedError) -> [ByteBuffer] {
        var parts: [ByteBuffer] = []
        for event in events {
            let frame = SyslogMessage(try OCSFEvent(event)).frame
            if let last = parts.indices.last, parts[last].readableBytes + frame.count <= greatestByteCount {
                parts[last].writeBytes(frame)
            } else {
                parts.append(ByteBuffer(bytes: frame))
            }
        }
        return parts
    }

    /// Whether all of it was flushed, in time, and nobody closed the connection.
    private func write(_ parts: [ByteBuffer], _ channel: any Channel) async -> Bool {
        let deadline = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        defer { deadline.cancel() }
        do {
            for part in parts { try await channel.writeAndFlush(part).get() }
            return try await channel.eventLoop.scheduleTask(in: Self.settling) { channel.isActive }.futureResult.get()
        } catch {
            return false
        }
    }

    // MARK: Connection

    private func connected() async throws(FeedError) -> Connection {
        if let connection, connection.channel.isActive { return connection }
        connection = nil
        let watch = SyslogWatch()
        let context = context
        // Certificates for an address are compared with the address of the peer, and SNI knows names only (RFC 6066 section 3).
        let serverName = (try? SocketAddress(ipAddress: address.host, port: address.port)) == nil ? address.host : nil
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(patience).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                if let context {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: serverName))
                }
                try channel.pipeline.syncOperations.addHandler(watch)
            }
        }
        do {
            let made = Connection(channel: try await bootstrap.connect(host: address.host, port: address.port).get(), watch: watch)
            connection = made
            return made
        } catch {
            throw watch.failure ?? FeedError(error)
        }
    }
}
