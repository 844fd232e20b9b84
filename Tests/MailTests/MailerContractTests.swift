import DurableFiles
import Foundation
import NIOSSL
import TestAuthority
import TestPostgres
import Testing
import Vocabulary

@testable import Mail

/// What every mailer promises, held against each of them.
@Suite(.timeLimit(.minutes(15)))
struct MailerContractTests {
    /// A mailer with what arrived behind it.
    struct Way: Sendable {
        let mailer: any Mailer
        let arrived: @Sendable () throws -> [String]
    }

    enum Kind: String, CaseIterable, CustomStringConvertible {
        case file, smtp, smtp7Bit = "smtp without 8BITMIME", tls = "smtp with STARTTLS", implicit = "smtps"
        var description: String { rawValue }

        func with(_ body: (Way) async throws -> Void) async throws {
            let from = try #require(MailAddress("privacy@firm.example"))
            if self == .file {
                let folder = try TemporaryFolder.make() + "/mailbox"
                let mailbox = FileMailbox(folder: DurableFolder(folder), from: from)
                return try await body(
                    Way(mailer: mailbox) {
                        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                        return try names.map { try String(contentsOfFile: folder + "/" + $0, encoding: .utf8) }
                    })
            }
            var offer = StrictMailServer.Offer()
            offer.takes8Bit = self != .smtp7Bit
            var authority: OpenSSLAuthority?
            if self == .tls || self == .implicit {
                let made = try OpenSSLAuthority()
                offer.tls = try Self.context(made)
                offer.isImplicit = self == .implicit
                authority = made
            }
            let server = try await StrictMailServer(offer)
            let isProtected = authority != nil
            let address = SMTPServer(
                host: "127.0.0.1", port: server.port, protection: self == .implicit ? .implicit : self == .tls ? .upgrade : .none,
                user: authority == nil ? nil : "gate", password: { Array("open, sesame".utf8) })
            let mailer = try SMTPMailer(to: address, from: from, trusting: authority?.rootPath, patience: .seconds(20))
            try await body(
                Way(mailer: mailer) {
                    #expect(server.faults == [])
                    for delivery in server.deliveries {
                        #expect(delivery.sender == "privacy@firm.example")
                        #expect(delivery.wasEncrypted == isProtected)
                        #expect(delivery.authentication == (isProtected ? "AGdhdGUAb3Blbiwgc2VzYW1l" : nil))
                    }
                    return server.deliveries.map { $0.message + "\r\n" }
                })
        }

        static func context(_ authority: OpenSSLAuthority, certificate: String = "server") throws -> NIOSSLContext {
            try authority.issue(certificate, extensions: certificate)
            let chain = try NIOSSLCertificate.fromPEMFile(authority.folder + "/\(certificate).pem").map { NIOSSLCertificateSource.certificate($0) }
            let key = try NIOSSLPrivateKey(file: authority.folder + "/\(certificate).key", format: .pem)
            return try NIOSSLContext(configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
        }
    }

    /// Header fields, unfolded, and the text, decoded.
    static func parts(_ message: String) throws -> (fields: [String: String], text: String) {
        let bytes = message.replacing("\r\n", with: "\n")
        let halves = try #require(bytes.firstRange(of: "\n\n"))
        let head = bytes[..<halves.lowerBound].replacing("\n ", with: " ")
        var fields: [String: String] = [:]
        for line in head.split(separator: "\n") {
            let colon = try #require(line.firstIndex(of: ":"))
            #expect(fields.updateValue(String(line[line.index(colon, offsetBy: 2)...]), forKey: line[..<colon].lowercased()) == nil)
        }
        let body = String(bytes[halves.upperBound...])
        guard fields["content-transfer-encoding"] == "quoted-printable" else { return (fields, body) }
        var decoded: [UInt8] = []
        var rest = Array(body.replacing("=\n", with: "").utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "=") else {
                decoded.append(byte)
                continue
            }
            decoded.append(try #require(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)))
            rest = rest.dropFirst(2)
        }
        return (fields, String(decoding: decoded, as: UTF8.self))
    }

    /// A field with encoded words as its reader shows it.
    static func shown(_ field: String) throws -> String {
        guard field.hasPrefix("=?") else { return field }
        return try field.split(separator: " ").map { word in
            #expect(word.utf8.count <= 75)
            let content = try #require(word.wholeMatch(of: /=\?utf-8\?B\?([^?]*)\?=/)).1
            return String(decoding: try #require(Data(base64Encoded: String(content))), as: UTF8.self)
        }.joined()
    }

    @Test(arguments: Kind.allCases)
    func `what is sent arrives as it was written`(kind: Kind) async throws {
        let texts = [
            "One line", "Grüße aus Łódź\n.\n..\n.end\n\nhttps://gate.example/consent/\(String(repeating: "Zz09-_", count: 20))",
            "trailing space \nequals = sign\n" + String(repeating: "ä", count: 800) + "\n", "\r\nCRLF\r\nand CR\ralone",
        ]
        let subjects = ["Plain", "Bitte bestätigen: Neuigkeiten und Angebote per E-Mail, ausführlich und mit vielen Wörtern", "=?odd?=", " "]
        try await kind.with { way in
            for (text, subject) in zip(texts, subjects) {
                try await way.mailer.send(MailMessage(to: Personal("ann@person.example"), subject: subject, text: Personal(text)))
            }
            let arrived = try way.arrived()
            #expect(arrived.count == texts.count)
            for (message, (text, subject)) in zip(arrived, zip(texts, subjects)) {
                let (fields, body) = try Self.parts(message)
                #expect(fields["to"] == "ann@person.example")
                #expect(fields["from"] == "privacy@firm.example")
                #expect(try Self.shown(fields["subject"] ?? "") == subject)
                #expect(fields["content-type"] == "text/plain; charset=utf-8")
                #expect(try #require(fields["date"]).wholeMatch(of: /(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d+ \w{3} \d{4} \d\d:\d\d:\d\d \+0000/) != nil)
                let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).joined(separator: "\n")
                #expect(body == lines + "\n")
            }
        }
    }

    @Test(arguments: Kind.allCases)
    func `nothing that is written can become a header or a command`(kind: Kind) async throws {
        try await kind.with { way in
            let evil = "Hello\r\nBcc: eve@evil.example\r\n\r\nbody\nRCPT TO:<eve@evil.example>"
            try await way.mailer.send(
                MailMessage(to: Personal("ann@person.example"), subject: evil, text: Personal(".\r\nQUIT\r\n.\r\nMAIL FROM:<x>")))
            for address in [
                "ann@person.example\r\nRCPT TO:<eve@evil.example>", "ann@person.example>\r\nDATA", "ann person@example.org", "@x.example", "ann@",
                "ann@a@b.example", "<ann@b.example>", "ann@b.example,eve@evil.example", "", "a\u{0}b@c.example", "a\u{2028}b@c.example",
                String(repeating: "a", count: 65) + "@b.example",
            ] {
                await #expect(throws: MailError(.refused)) {
                    try await way.mailer.send(MailMessage(to: Personal(address), subject: "x", text: Personal("x")))
                }
            }
            let arrived = try way.arrived()
            #expect(arrived.count == 1)
            let (fields, body) = try Self.parts(try #require(arrived.first))
            #expect(fields["bcc"] == nil)
            #expect(
                Set(fields.keys).isSubset(of: [
                    "date", "from", "to", "subject", "message-id", "mime-version", "content-type", "content-transfer-encoding", "auto-submitted",
                ]))
            #expect(body == ".\nQUIT\n.\nMAIL FROM:<x>\n")
        }
    }

    @Test func `a message is for its owner's eyes only`() async throws {
        let folder = try TemporaryFolder.make() + "/mailbox"
        let mailbox = FileMailbox(folder: DurableFolder(folder), from: try #require(MailAddress("a@b.example")))
        try await mailbox.send(MailMessage(to: Personal("ann@person.example"), subject: "x", text: Personal("x")))
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
        #expect(!name.contains("ann"))
        let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)
        #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o077 } == 0)
    }
}
