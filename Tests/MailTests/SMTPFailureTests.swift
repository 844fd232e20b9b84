import NIOSSL
import TestAuthority
import Testing
import Vocabulary

@testable import Mail

/// Servers that fail, lie, or are not who they should be.
@Suite(.timeLimit(.minutes(15)))
struct SMTPFailureTests {
    private static let message = MailMessage(to: Personal("ann@person.example"), subject: "Hello", text: Personal("a text"))

    private static func send(
        _ offer: StrictMailServer.Offer, _ protection: SMTPServer.Protection = .none, user: String? = nil,
        trusting authority: OpenSSLAuthority? = nil,
        to address: String = "ann@person.example", patience: Duration = .seconds(60)
    ) async throws -> (error: MailError?, server: StrictMailServer) {
        let server = try await StrictMailServer(offer)
        let mailer = try SMTPMailer(
            to: SMTPServer(host: "127.0.0.1", port: server.port, protection: protection, user: user, password: { [0x70] }),
            from: try #require(MailAddress("privacy@firm.example")), trusting: authority?.rootPath, patience: patience)
        do {
            try await mailer.send(MailMessage(to: Personal(address), subject: "Hello", text: Personal("a text")))
            return (nil, server)
        } catch {
            return (error, server)
        }
    }

    @Test(arguments: 0..<6)
    func `a server that falls silent or hangs up costs the patience at most`(replies: Int) async throws {
        for mishap in [StrictMailServer.Mishap.silence(after: replies), .hangUp(after: replies)] {
            var offer = StrictMailServer.Offer()
            offer.mishap = mishap
            let (error, _) = try await Self.send(offer, patience: .seconds(1))
            // Hello, sender, recipient, data: all that was answered counts for nothing until the message is.
            #expect(error == MailError(.unavailable), "\(mishap)")
        }
    }

    @Test(arguments: [
        ("", "554 go away", MailError.Code.unavailable), ("EHLO", "500 what", .unavailable), ("MAIL", "550 no", .refused),
        ("MAIL", "451 later", .unavailable), ("RCPT", "550 no such user", .refused), ("RCPT", "450 greylisted", .unavailable),
        ("DATA", "554 no", .refused), ("message", "552 too big", .refused), ("message", "452 full", .unavailable), ("RCPT", "nonsense", .unavailable),
        ("RCPT", "250-never ends\r\n251 other code", .unavailable), ("MAIL", "999 what", .unavailable),
    ])
    func `a refusal for ever and one for now are told apart`(command: String, reply: String, code: MailError.Code) async throws {
        var offer = StrictMailServer.Offer()
        offer.mishap = .reply(to: command, reply)
        let (error, server) = try await Self.send(offer)
        #expect(error == MailError(code))
        #expect(server.deliveries.isEmpty)
    }

    @Test func `a greeting without end is not read to its end`() async throws {
        var offer = StrictMailServer.Offer()
        offer.mishap = .endlessGreeting
        #expect(try await Self.send(offer, patience: .seconds(20)).error == MailError(.unavailable))
    }

    @Test func `nobody listens`() async throws {
        let mailer = try SMTPMailer(
            to: SMTPServer(host: "127.0.0.1", port: 1, protection: .none), from: try #require(MailAddress("a@b.example")), patience: .seconds(2))
        await #expect(throws: MailError(.unavailable)) { try await mailer.send(Self.message) }
    }

    // MARK: TLS

    @Test func `without STARTTLS nothing is said`() async throws {
        let (error, server) = try await Self.send(StrictMailServer.Offer(), .upgrade)
        #expect(error == MailError(.unavailable))
        #expect(server.deliveries.isEmpty)
        #expect(server.faults == [])
    }

    @Test(arguments: [SMTPServer.Protection.upgrade, .implicit])
    func `a certificate of somebody else is no server of ours`(protection: SMTPServer.Protection) async throws {
        let (ours, theirs) = (try OpenSSLAuthority(), try OpenSSLAuthority())
        for (authority, certificate) in [(theirs, "server"), (ours, "elsewhere")] {
            var offer = StrictMailServer.Offer()
            offer.tls = try MailerContractTests.Kind.context(authority, certificate: certificate)
            offer.isImplicit = protection == .implicit
            let (error, server) = try await Self.send(offer, protection, user: "gate", trusting: ours)
            #expect(error == MailError(.unavailable), "\(certificate)")
            #expect(server.deliveries.isEmpty)
        }
    }

    @Test func `what is slipped in before TLS begins ends the connection`() async throws {
        let authority = try OpenSSLAuthority()
        var offer = StrictMailServer.Offer()
        offer.tls = try MailerContractTests.Kind.context(authority)
        offer.mishap = .injection
        let (error, server) = try await Self.send(offer, .upgrade, trusting: authority)
        #expect(error == MailError(.unavailable))
        #expect(server.deliveries.isEmpty)
    }

    @Test func `a password goes over TLS or nowhere`() async throws {
        let (error, server) = try await Self.send(StrictMailServer.Offer(), .none, user: "gate")
        #expect(error == MailError(.unavailable))
        #expect(server.faults == [])
    }

    @Test func `letters beyond ASCII go to servers that take them`() async throws {
        var offer = StrictMailServer.Offer()
        #expect(try await Self.send(offer, to: "jürgen@müller.example").error == MailError(.refused))
        offer.takesUnicode = true
        let (error, server) = try await Self.send(offer, to: "jürgen@müller.example")
        #expect(error == nil)
        #expect(server.deliveries.map(\.recipient) == ["jürgen@müller.example"])
    }

    // MARK: Configuration

    @Test func `an address of a server says how it is spoken to`() throws {
        func read(_ url: String) -> String? {
            SMTPServer(url: url) { nil }.map { "\($0.host) \($0.port) \($0.protection) \($0.user ?? "-")" }
        }
        #expect(read("smtp://mail.example") == "mail.example 587 upgrade -")
        #expect(read("smtps://gate@mail.example/") == "mail.example 465 implicit gate")
        #expect(read("smtps://gate@firm.example@mail.example:4650") == "mail.example 4650 implicit gate@firm.example")
        #expect(read("smtp://127.0.0.1:25") == "127.0.0.1 25 none -")
        #expect(read("smtp://localhost") == "localhost 587 none -")
        #expect(read("smtp://[::1]:2525") == "::1 2525 none -")
        for bad in [
            "http://mail.example", "smtp://", "smtp://mail.example:0", "smtp://mail.example:x", "smtp://gate:secret@mail.example", "smtp://a b",
            "smtp://@mail.example", "smtp://mail.example/path", "smtp://::1", "smtp://[::1",
        ] {
            #expect(read(bad) == nil, "\(bad)")
        }
    }
}
