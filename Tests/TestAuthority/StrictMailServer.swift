import NIOCore
import NIOPosix
package import NIOSSL
import Synchronization

/// A mail server on a port of 127.0.0.1 that takes nothing but what RFC 5321 allows, for as long as it is referred to.
package final class StrictMailServer: Sendable {
    package struct Delivery: Sendable {
        package let sender: String
        package let recipient: String
        /// As it came over the wire, dots unstuffed.
        package let message: String
        package let wasEncrypted: Bool
        /// What AUTH PLAIN carried, in base64.
        package let authentication: String?
    }

    /// What goes otherwise than it should.
    package enum Mishap: Sendable, Equatable {
        case none
        /// The connection stays, and nothing comes; from the n-th reply on.
        case silence(after: Int)
        case hangUp(after: Int)
        /// This reply in place of that to a command.
        case reply(to: String, String)
        /// Says something behind the reply to STARTTLS, before TLS.
        case injection
        case endlessGreeting
    }

    package struct Offer: Sendable {
        package var tls: NIOSSLContext?
        /// TLS from the first byte.
        package var isImplicit = false
        package var takes8Bit = true
        package var takesUnicode = false
        package var mishap = Mishap.none
        package init() {}
    }

    fileprivate final class Ledger: Sendable {
        private let state = Mutex<(deliveries: [Delivery], faults: [String])>(([], []))
        var deliveries: [Delivery] { state.withLock { $0.deliveries } }
        var faults: [String] { state.withLock { $0.faults } }
        func add(_ delivery: Delivery) { state.withLock { $0.deliveries.append(delivery) } }
        func fault(_ text: String) { state.withLock { $0.faults.append(text) } }
    }

    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    package let port: Int
    private let channel: any Channel
    private let ledger = Ledger()
    package var deliveries: [Delivery] { ledger.deliveries }
    /// What clients did that the standard does not allow.
    package var faults: [String] { ledger.faults }

    package init(_ offer: Offer = Offer()) async throws {
        let ledger = ledger
        channel = try await ServerBootstrap(group: Self.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if offer.isImplicit, let tls = offer.tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try channel.pipeline.syncOperations.addHandler(StrictMailHandler(offer, ledger))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = channel.localAddress?.port else { throw ChannelError.operationUnsupported }
        self.port = port
    }

    /// Comes back when nobody listens any more.
    package func stop() async { try? await channel.close() }

    deinit { channel.close(promise: nil) }
}

private final class StrictMailHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let offer: StrictMailServer.Offer
    private let ledger: StrictMailServer.Ledger
    private var received: [UInt8] = []
    private var isEncrypted: Bool
    private var hasGreeted = false
    private var authentication: String?
    private var sender: String?
    private var recipient: String?
    private var isReadingMessage = false
    private var replies = 0

    init(_ offer: StrictMailServer.Offer, _ ledger: StrictMailServer.Ledger) {
        self.offer = offer
        self.ledger = ledger
        isEncrypted = offer.isImplicit
    }

    func channelActive(context: ChannelHandlerContext) {
        if offer.mishap == .endlessGreeting {
            for _ in 0..<2000 { context.write(wrapOutboundOut(ByteBuffer(string: "220-more is to come\r\n")), promise: nil) }
            return context.flush()
        }
        say("220 mail.example ready", to: "", context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytesView
        while true {
            if isReadingMessage {
                guard let end = end(of: received) else { return }
                take(Array(received[..<end]), context)
                received.removeFirst(end + 5)
            } else {
                guard let end = received.firstIndex(of: 0x0A) else { return }
                guard end > 0, received[end - 1] == 0x0D else { return refuse("a line ends with LF alone", context) }
                let line = String(decoding: received[..<(end - 1)], as: UTF8.self)
                received.removeFirst(end + 1)
                guard line.utf8.count <= 998 else { return refuse("a command is too long", context) }
                answer(line, context)
            }
        }
    }

    /// Where CRLF . CRLF begins.
    private func end(of bytes: [UInt8]) -> Int? {
        let mark = Array("\r\n.\r\n".utf8)
        guard bytes.count >= mark.count else { return nil }
        return (0...(bytes.count - mark.count)).first { Array(bytes[$0..<($0 + mark.count)]) == mark }
    }

    private func take(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        isReadingMessage = false
        var lines: [String] = []
        for line in String(decoding: bytes, as: UTF8.self).components(by: "\r\n") {
            if line.contains("\n") || line.contains("\r") { ledger.fault("a bare CR or LF in the message") }
            if line.utf8.count > 998 { ledger.fault("a line of the message is longer than 998") }
            if !offer.takes8Bit, !line.utf8.allSatisfy({ $0 < 0x80 }) { ledger.fault("8-bit bytes without 8BITMIME") }
            lines.append(line.hasPrefix(".") ? String(line.dropFirst()) : line)
        }
        let isRefused = if case .reply(to: "message", _) = offer.mishap { true } else { false }
        if !isRefused {
            ledger.add(
                .init(
                    sender: sender ?? "", recipient: recipient ?? "", message: lines.joined(separator: "\r\n"), wasEncrypted: isEncrypted,
                    authentication: authentication))
        }
        (sender, recipient) = (nil, nil)
        say("250 taken", to: "message", context)
    }

    private func answer(_ line: String, _ context: ChannelHandlerContext) {
        let verb = line.prefix { $0 != " " && $0 != ":" }.uppercased()
        switch verb {
        case "EHLO":
            guard line.dropFirst(5).hasPrefix("[") else { return refuse("EHLO without an address literal", context) }
            hasGreeted = true
            var lines = ["mail.example greets you"]
            if offer.tls != nil, !isEncrypted { lines.append("STARTTLS") }
            if offer.takes8Bit { lines.append("8BITMIME") }
            if offer.takesUnicode { lines.append("SMTPUTF8") }
            if isEncrypted { lines.append("AUTH LOGIN PLAIN") }
            let text = lines.enumerated().map { "250\($0 == lines.count - 1 ? " " : "-")\($1)" }.joined(separator: "\r\n")
            say(text, to: verb, context)
        case "STARTTLS":
            guard let tls = offer.tls, !isEncrypted, received.isEmpty else { return refuse("STARTTLS out of turn", context) }
            let injected = offer.mishap == .injection ? "\r\n250 mail.example" : ""
            say("220 go on" + injected, to: verb, context)
            try? context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
            isEncrypted = true
            hasGreeted = false
        case "AUTH":
            guard hasGreeted, isEncrypted, line.hasPrefix("AUTH PLAIN ") else { return refuse("AUTH without TLS", context) }
            authentication = String(line.dropFirst(11))
            say("235 welcome", to: verb, context)
        case "MAIL":
            guard hasGreeted, sender == nil, line.hasPrefix("MAIL FROM:<"), let end = line.firstIndex(of: ">") else {
                return refuse("MAIL out of turn", context)
            }
            sender = String(line[..<end].dropFirst(11))
            if line[end...].contains("BODY=8BITMIME"), !offer.takes8Bit { ledger.fault("8BITMIME that was not offered") }
            say("250 fine", to: verb, context)
        case "RCPT":
            guard sender != nil, line.hasPrefix("RCPT TO:<"), line.hasSuffix(">") else { return refuse("RCPT out of turn", context) }
            recipient = String(line.dropFirst(9).dropLast())
            say("250 fine", to: verb, context)
        case "DATA":
            guard recipient != nil else { return refuse("DATA out of turn", context) }
            isReadingMessage = true
            say("354 go on", to: verb, context)
        case "QUIT":
            say("221 bye", to: verb, context)
            context.close(promise: nil)
        default: refuse("an unknown command \(verb)", context)
        }
    }

    private func refuse(_ fault: String, _ context: ChannelHandlerContext) {
        ledger.fault(fault)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "503 \(fault)\r\n")), promise: nil)
    }

    private func say(_ text: String, to command: String, _ context: ChannelHandlerContext) {
        defer { replies += 1 }
        var text = text
        switch offer.mishap {
        case .silence(let count) where replies >= count: return
        case .hangUp(let count) where replies >= count: return context.close(promise: nil)
        case .reply(to: command, let other): text = other
        default: break
        }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
    }
}

extension String {
    /// Parts between a separator, found byte by byte: to Swift, CR and LF are one character.
    fileprivate func components(by separator: String) -> [String] {
        let (bytes, mark) = (Array(utf8), Array(separator.utf8))
        var parts: [String] = []
        var start = 0
        var index = 0
        while index + mark.count <= bytes.count {
            if Array(bytes[index..<(index + mark.count)]) == mark {
                parts.append(String(decoding: bytes[start..<index], as: UTF8.self))
                index += mark.count
                start = index
            } else {
                index += 1
            }
        }
        return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }
}
