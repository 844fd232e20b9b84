import Sealing
import TestAuthority
import Testing
import TransparencyLog

@testable import Witnesses

/// A time-stamping authority whose answers are wrong, or not its own.
@Suite(.enabled(if: OpenSSLAuthority.isInstalled, "openssl is not on the PATH: time-stamps are not tried"))
struct TimestampWitnessTests {
    private let log = TestLog()
    private static let replyType = "application/timestamp-reply"

    private func show(
        trusting authority: OpenSSLAuthority, _ respond: @escaping @Sendable (TestServer.Request) -> TestServer.Reply
    ) async throws -> WitnessEvidence {
        let server = try await TestServer(respond)
        let authorities = try TimestampAuthorities(pem: authority.root)
        let witness = TimestampWitness(
            name: "stamp", authorities: authorities, post: WitnessPost(to: try WitnessAddress(server.url + "/tsr"), patience: .seconds(60)))
        return try await log.show(5, to: witness, lastSize: 0)
    }

    @Test func `a stamp of another authority, or for another request, is unverified`() async throws {
        let (authority, other) = (try OpenSSLAuthority(), try OpenSSLAuthority())
        await refused(WitnessError(.unverified)) { _ = try await show(trusting: other) { TimestampServer.answer($0, authority) } }
        let earlier = try authority.reply(to: TimestampRequest(for: Array(log.checkpoint(5).note.utf8)).der)
        await refused(WitnessError(.unverified)) {
            _ = try await show(trusting: authority) { _ in .answer(200, type: Self.replyType, body: earlier) }
        }
    }

    @Test func `an authority that gives no time has refused`() async throws {
        let authority = try OpenSSLAuthority(digests: "sha512")
        await refused(WitnessError(.refused)) { _ = try await show(trusting: authority) { TimestampServer.answer($0, authority) } }
    }

    @Test func `an answer of another type, or none, is malformed`() async throws {
        let authority = try OpenSSLAuthority()
        await refused(WitnessError(.malformed)) {
            _ = try await show(trusting: authority) { request in
                guard case .answer(_, _, let body, _) = TimestampServer.answer(request, authority) else { return .answer(500) }
                return .answer(200, type: "text/html", body: body)
            }
        }
        for body in [[], [0x30, 0x00], Array("no".utf8)] as [[UInt8]] {
            await refused(WitnessError(.malformed)) {
                _ = try await show(trusting: authority) { _ in .answer(200, type: Self.replyType, body: body) }
            }
        }
        await refused(WitnessError(.malformed)) { _ = try await show(trusting: authority) { _ in .answer(302, headers: ["Location": "/"]) } }
        await refused(WitnessError(.unreachable)) { _ = try await show(trusting: authority) { _ in .answer(503) } }
        let huge = [UInt8](repeating: 0x30, count: 1 << 20)
        await refused(WitnessError(.malformed)) { _ = try await show(trusting: authority) { _ in .answer(200, type: Self.replyType, body: huge) } }
    }
}
