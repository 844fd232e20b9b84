import Foundation
import Vocabulary

/// What a client says next: a reply in, an action out. Nothing here reads or writes.
struct SMTPDialogue: Sendable {
    enum Action: Equatable {
        case send([UInt8])
        /// TLS begins here; nothing that came before it counts.
        case upgrade
        /// The server has the message.
        case done
        case fail(MailError)
    }

    private enum Step { case greeting, hello, startTLS, secondHello, authentication, sender, recipient, data, message, over }

    private let text: MailText
    private let protection: SMTPServer.Protection
    private let user: String?
    private let password: @Sendable () -> [UInt8]?
    /// How the client calls itself: an address literal (section 4.1.3).
    private let name: String
    private var step = Step.greeting
    private var isEncrypted: Bool
    private var takes8Bit = false

    init(_ text: MailText, to server: SMTPServer, name: String) {
        self.text = text
        protection = server.protection
        user = server.user
        password = server.password
        self.name = name
        isEncrypted = server.protection == .implicit
    }

    mutating func receive(_ reply: SMTPReply) -> Action {
        let action = respond(to: reply)
        switch action {
        case .done, .fail: step = .over
        case .send, .upgrade: break
        }
        return action
    }

    /// TLS stands: everything is asked anew (RFC 3207 section 4.2).
    mutating func upgraded() -> Action {
        isEncrypted = true
        step = .secondHello
        return .line("EHLO \(name)")
    }

    private mutating func respond(to reply: SMTPReply) -> Action {
        switch step {
        case .greeting:
            guard reply.code == 220 else { return .fail(.unavailable) }
            step = .hello
            return .line("EHLO \(name)")
        case .hello, .secondHello:
            guard reply.code == 250 else { return .fail(.unavailable) }
            return introduced(Set(reply.lines.dropFirst().map { $0.uppercased() }))
        case .startTLS: return reply.code == 220 ? .upgrade : .fail(.unavailable)
        case .authentication:
            // A wrong password is the operator's to mend: the message is none the worse for it.
            guard reply.code == 235 else { return .fail(.unavailable) }
            return sender()
        case .sender: return accepted(reply, 250...250, then: .recipient, .line("RCPT TO:<\(text.to.text)>"))
        case .recipient: return accepted(reply, 250...251, then: .data, .line("DATA"))
        case .data: return accepted(reply, 354...354, then: .message, .send(stuffed))
        case .message: return accepted(reply, 250...250, then: .over, .done)
        case .over: return .fail(.unavailable)
        }
    }

    private mutating func introduced(_ extensions: Set<String>) -> Action {
        if protection == .upgrade, !isEncrypted {
            guard extensions.contains("STARTTLS") else { return .fail(.unavailable) }
            step = .startTLS
            return .line("STARTTLS")
        }
        takes8Bit = extensions.contains("8BITMIME")
        if text.from.needsUnicode || text.to.needsUnicode {
            guard extensions.contains("SMTPUTF8") else { return .fail(.refused) }
        }
        guard let user else { return sender() }
        // RFC 4616: a password goes over an encrypted connection or nowhere.
        let mechanisms = extensions.first { $0.hasPrefix("AUTH ") }?.split(separator: " ") ?? []
        guard isEncrypted, mechanisms.contains("PLAIN"), let password = password() else { return .fail(.unavailable) }
        step = .authentication
        return .line("AUTH PLAIN " + Data([0] + Array(user.utf8) + [0] + password).base64EncodedString())
    }

    private mutating func sender() -> Action {
        step = .sender
        let unicode = text.from.needsUnicode || text.to.needsUnicode ? " SMTPUTF8" : ""
        return .line("MAIL FROM:<\(text.from.text)>" + (takes8Bit ? " BODY=8BITMIME" : "") + unicode)
    }

    /// 5yz: it will not be otherwise tomorrow. Anything else may be.
    private mutating func accepted(_ reply: SMTPReply, _ codes: ClosedRange<Int>, then next: Step, _ action: Action) -> Action {
        guard codes.contains(reply.code) else { return .fail(reply.code >= 500 ? .refused : .unavailable) }
        step = next
        return action
    }

    /// The message with a dot more in front of each line that begins with one, and its end (section 4.5.2).
    private var stuffed: [UInt8] {
        var result: [UInt8] = []
        var isStart = true
        for byte in text.bytes(takes8Bit: takes8Bit) {
            if isStart, byte == UInt8(ascii: ".") { result.append(byte) }
            result.append(byte)
            isStart = byte == 0x0A
        }
        return result + Array(".\r\n".utf8)
    }
}

extension SMTPDialogue.Action {
    static func line(_ text: String) -> Self { .send(Array((text + "\r\n").utf8)) }
}

extension MailError {
    static let unavailable = MailError(.unavailable)
    static let refused = MailError(.refused)
}
