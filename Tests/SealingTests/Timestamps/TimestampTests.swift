import Foundation
import TestAuthority
import Testing
import Vocabulary

@testable import Sealing

/// RFC 3161 with an authority of other people's making.
@Suite(.enabled(if: OpenSSLAuthority.isInstalled, "openssl is not on the PATH: time-stamps are not tried"))
struct TimestampTests {
    private let bytes = Array("example.com/log\n7\nroot\n".utf8)

    private func refused(
        _ expected: TimestampError, _ location: SourceLocation = #_sourceLocation, _ body: () throws -> TimestampReply
    ) {
        let error = #expect(throws: TimestampError.self, sourceLocation: location) { _ = try body() }
        #expect(error == expected, sourceLocation: location)
    }

    @Test func `a reply is verified, has the time, and the program takes it, too`() throws {
        let authority = try OpenSSLAuthority()
        let authorities = try TimestampAuthorities(pem: authority.root)
        let request = TimestampRequest(for: bytes)
        let before = Instant.now()
        let der = try authority.reply(to: request.der)
        let reply = try TimestampReply(der, to: request, trusting: authorities)
        #expect(reply.der == der && !reply.isModified)
        #expect(reply.at > before.advanced(by: .seconds(-2)) && reply.at < Instant.now().advanced(by: .seconds(2)))
        #expect(try authority.accepts(der, for: bytes))
        #expect(try !authority.accepts(der, for: bytes + [0]))
        // Later, when the request is not there any more.
        #expect(try TimestampReply(der, digest: SHA256.hash(bytes), nonce: nil, trusting: authorities) == reply)
    }

    @Test func `each request is another`() {
        let requests = (0..<20).map { _ in TimestampRequest(for: bytes) }
        #expect(Set(requests.map(\.nonce)).count == 20 && Set(requests.map(\.der)).count == 20)
        #expect(requests.allSatisfy { $0.digest == SHA256.hash(bytes) })
    }

    @Test func `one of several authorities is enough`() throws {
        let (authority, other) = (try OpenSSLAuthority(), try OpenSSLAuthority())
        let authorities = try TimestampAuthorities(pem: Array("Ours:\n".utf8) + other.root + Array("\nTheirs:\n".utf8) + authority.root)
        let request = TimestampRequest(for: bytes)
        _ = try TimestampReply(authority.reply(to: request.der), to: request, trusting: authorities)
    }

    @Test func `a reply for other bytes, or to another request, is refused`() throws {
        let authority = try OpenSSLAuthority()
        let authorities = try TimestampAuthorities(pem: authority.root)
        let request = TimestampRequest(for: bytes)
        let again = TimestampRequest(for: bytes)
        let der = try authority.reply(to: request.der)
        refused(.mismatched) { try TimestampReply(der, to: again, trusting: authorities) }
        refused(.mismatched) { try TimestampReply(der, digest: SHA256.hash(bytes + [0]), nonce: nil, trusting: authorities) }
        refused(.mismatched) { try TimestampReply(der, digest: SHA256.hash(bytes + [0]), nonce: request.nonce, trusting: authorities) }
        refused(.mismatched) { try TimestampReply(der, digest: Array(SHA256.hash(bytes).prefix(20)), nonce: nil, trusting: authorities) }
    }

    @Test func `a reply of somebody else is refused`() throws {
        let (authority, other) = (try OpenSSLAuthority(), try OpenSSLAuthority())
        let request = TimestampRequest(for: bytes)
        let der = try authority.reply(to: request.der)
        let authorities = try TimestampAuthorities(pem: other.root)
        refused(.untrusted) { try TimestampReply(der, to: request, trusting: authorities) }
    }

    @Test func `a signer has to be for time-stamps, and to say so critically`() throws {
        let authority = try OpenSSLAuthority()
        let authorities = try TimestampAuthorities(pem: authority.root)
        let request = TimestampRequest(for: bytes)
        let der = try authority.reply(to: request.der)
        for kind in ["web", "uncritical", "signer"] {
            try authority.issue(kind + "-again", extensions: kind)
            let signed = try authority.reply(der, signedBy: kind + "-again")
            if kind == "signer" {
                // What is refused above is so for its certificate, not for how it was made.
                _ = try TimestampReply(signed, to: request, trusting: authorities)
            } else {
                refused(.untrusted) { try TimestampReply(signed, to: request, trusting: authorities) }
            }
        }
    }

    @Test func `a status that refuses is told`() throws {
        let authority = try OpenSSLAuthority(digests: "sha512")
        let authorities = try TimestampAuthorities(pem: authority.root)
        let request = TimestampRequest(for: bytes)
        let der = try authority.reply(to: request.der)
        refused(.refused(status: 2)) { try TimestampReply(der, to: request, trusting: authorities) }
    }

    @Test func `[API10]: a reply with any byte changed, missing or added is refused`() throws {
        let authority = try OpenSSLAuthority()
        let authorities = try TimestampAuthorities(pem: authority.root)
        let request = TimestampRequest(for: bytes)
        let der = try authority.reply(to: request.der)
        let reply = try TimestampReply(der, to: request, trusting: authorities)
        for changed in [[], [0], Array(der.dropLast()), Array(der.dropFirst()), der + [0], der + der, Array("not found".utf8)] {
            refused(.malformed) { try TimestampReply(changed, to: request, trusting: authorities) }
        }
        for position in der.indices {
            var changed = der
            changed[position] ^= 0x20
            // A few bytes are not signed: what the status says, and algorithm parameters. None of them changes what was stamped.
            guard let passed = try? TimestampReply(changed, to: request, trusting: authorities) else { continue }
            #expect(passed.at == reply.at, "\(position)")
        }
        for length in stride(from: 0, to: der.count, by: 7) {
            refused(.malformed) { try TimestampReply(Array(der.prefix(length)), to: request, trusting: authorities) }
        }
    }

    @Test func `what is no certificate trusts nobody`() throws {
        let root = String(decoding: try OpenSSLAuthority().root, as: UTF8.self)
        let broken = root.replacingOccurrences(of: "MII", with: "MI!")
        for text in [
            "", "\n", "hello", broken, root + "\n" + broken, String(root.dropLast(40)), "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        ] {
            let error = #expect(throws: TimestampError.self, "\(text)") { _ = try TimestampAuthorities(pem: Array(text.utf8)) }
            #expect(error == .malformed)
        }
    }
}
