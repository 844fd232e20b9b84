import NIOCore
import NIOPosix
import NIOSSL
import Vocabulary

/// Hands messages to a mail server over SMTP (RFC 5321), one connection each.
///
/// The server's certificate has to lead to an authority that is trusted and bear its name. A message counts as sent once the server has said
/// so; what goes wrong before is `mail-unavailable`, or `mail-refused` when the server will never take it. It takes no longer than its patience,
/// cancelled or not.
package struct SMTPMailer: Mailer {
    private let server: SMTPServer
    private let from: MailAddress
    private let context: NIOSSLContext
    private let patience: Duration

    /// - Parameters:
    ///   - authorities: a PEM file of those that the server's certificate has to lead to, instead of those that the system trusts.
    ///   - patience: for the whole exchange.
    /// - Throws: when the file holds no certificates.
    package init(
        to server: SMTPServer, from: MailAddress, trusting authorities: String? = nil, patience: Duration = .seconds(30)
    ) throws {
        var trust = TLSConfiguration.makeClientConfiguration()
        trust.minimumTLSVersion = .tlsv12
        if let authorities { trust.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authorities)) }
        context = try NIOSSLContext(configuration: trust)
        self.server = server
        self.from = from
        self.patience = patience
    }

    package func send(_ message: MailMessage) async throws(MailError) {
        guard let to = MailAddress(message.to.value) else { throw .refused }
        let text = MailText(from: from, to: to, subject: message.subject, text: message.text.value, id: .make(), date: .now())
        do { try await exchange(text) } catch { throw error as? MailError ?? .unavailable }
    }

    private func exchange(_ text: MailText) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let promise = loop.makePromise(of: Void.self)
        let (server, context) = (server, context)
        let limit = TimeAmount(patience)
        let timer = loop.scheduleTask(in: limit) { promise.fail(MailError.unavailable) }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        let connection = ClientBootstrap(group: loop).connectTimeout(min(limit, .seconds(10)))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if server.protection == .implicit {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: server.serverName))
                    }
                    try channel.pipeline.syncOperations.addHandler(SMTPHandler(text, server, context, promise))
                }
            }
            .connect(host: server.host, port: server.port)
        connection.whenFailure { _ in promise.fail(MailError.unavailable) }
        // Whoever runs out of patience lets go of the connection, too.
        connection.whenSuccess { channel in promise.futureResult.whenFailure { _ in channel.close(promise: nil) } }
        try await promise.futureResult.get()
    }
}

/// Carries a dialogue over a connection.
private final class SMTPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let text: MailText
    private let server: SMTPServer
    private let context: NIOSSLContext
    private let promise: EventLoopPromise<Void>
    private var dialogue: SMTPDialogue?
    private var received: [UInt8] = []

    init(_ text: MailText, _ server: SMTPServer, _ context: NIOSSLContext, _ promise: EventLoopPromise<Void>) {
        self.text = text
        self.server = server
        self.context = context
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let address = context.localAddress?.ipAddress ?? "127.0.0.1"
        dialogue = SMTPDialogue(text, to: server, name: address.contains(":") ? "[IPv6:\(address)]" : "[\(address)]")
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytesView
        while true {
            switch SMTPReply.read(&received) {
            case .incomplete: return
            case .malformed: return end(.failure(MailError.unavailable), context)
            case .reply(let reply):
                guard let action = dialogue?.receive(reply) else { return }
                guard act(action, context) else { return }
            }
        }
    }

    /// - Returns: whether the dialogue goes on.
    private func act(_ action: SMTPDialogue.Action, _ context: ChannelHandlerContext) -> Bool {
        switch action {
        case .send(let bytes): context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        case .upgrade:
            // What stands behind the reply was put there by somebody who wants it taken for said under TLS.
            guard received.isEmpty, let next = upgrade(context) else {
                end(.failure(MailError.unavailable), context)
                return false
            }
            return act(next, context)
        case .done:
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "QUIT\r\n")), promise: nil)
            end(.success(()), context)
            return false
        case .fail(let error):
            end(.failure(error), context)
            return false
        }
        return true
    }

    private func upgrade(_ context: ChannelHandlerContext) -> SMTPDialogue.Action? {
        do {
            let handler = try NIOSSLClientHandler(context: self.context, serverHostname: server.serverName)
            try context.pipeline.syncOperations.addHandler(handler, position: .first)
        } catch {
            return nil
        }
        return dialogue?.upgraded()
    }

    private func end(_ outcome: Result<Void, any Error>, _ context: ChannelHandlerContext) {
        promise.completeWith(outcome)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(MailError.unavailable)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.failure(MailError.unavailable), context) }
}

extension TimeAmount {
    fileprivate init(_ duration: Duration) { self = .nanoseconds(Int64(duration / .nanoseconds(1))) }
}
