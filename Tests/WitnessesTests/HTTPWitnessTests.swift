import Foundation
import Sealing
import Synchronization
import TestAuthority
import Testing
import TransparencyLog
import Vocabulary

@testable import Witnesses

/// A cosigning witness whose answers are wrong, or late, or not its own.
struct HTTPWitnessTests {
    private let log = TestLog()
    private static let sizeType = "text/x.tlog.size"

    private func witness(at url: String, patience: Duration = .seconds(60)) throws -> HTTPWitness {
        HTTPWitness(name: "strict", key: try StrictWitness.key, post: WitnessPost(to: try WitnessAddress(url), patience: patience))
    }

    /// Shows size 5 to a witness that is believed to have 2.
    private func show(
        _ respond: @escaping @Sendable (TestServer.Request) -> TestServer.Reply
    ) async throws -> (evidence: WitnessEvidence, requests: [TestServer.Request]) {
        let server = try await TestServer(respond)
        let evidence = try await log.show(5, to: witness(at: server.url), lastSize: 2)
        return (evidence, server.requests)
    }

    private func text(of request: TestServer.Request) throws -> String {
        try SignedNote(Array(WitnessRequest(body: request.body).checkpoint.utf8)).text
    }

    // MARK: What is sent

    @Test func `the request has the size, the proof and the note`() async throws {
        let (_, requests) = try await show { request in
            guard let asked = try? WitnessRequest(body: request.body), let note = try? SignedNote(Array(asked.checkpoint.utf8)) else {
                return .answer(400)
            }
            return StrictWitness.cosigned(note.text)
        }
        let request = try #require(requests.first)
        #expect(requests.count == 1 && request.method == "POST" && request.path == "/add-checkpoint")
        let expected = WitnessRequest(oldSize: 2, consistency: try log.proof(from: 2, to: 5), checkpoint: try log.checkpoint(5))
        #expect(try WitnessRequest(body: request.body) == expected)
    }

    @Test func `a prefix with a path has the call below it`() async throws {
        let server = try await TestServer { _ in .answer(404) }
        for prefix in ["/a/b", "/a/b/"] {
            await refused(WitnessError(.refused)) { try await log.show(1, to: witness(at: server.url + prefix), lastSize: 0) }
        }
        #expect(server.requests.map(\.path) == ["/a/b/add-checkpoint", "/a/b/add-checkpoint"])
    }

    // MARK: Cosignatures

    @Test func `lines of other keys are left out`() async throws {
        let stranger = "— example.com/stranger " + Data([UInt8](repeating: 1, count: 76)).base64EncodedString()
        let (evidence, _) = try await show { request in
            guard let asked = try? WitnessRequest(body: request.body), let note = try? SignedNote(Array(asked.checkpoint.utf8)) else {
                return .answer(400)
            }
            return StrictWitness.cosigned(note.text, more: [stranger])
        }
        guard case .cosignatures(let lines) = evidence else {
            Issue.record("\(evidence)")
            return
        }
        #expect(lines.count == 1 && lines.first?.hasPrefix("— \(StrictWitness.name) ") == true)
        let signed = try log.checkpoint(5).adding(lines.compactMap { NoteSignature(line: $0) })
        #expect(try signed.cosignatures(of: StrictWitness.key).count == 1)
    }

    @Test func `a line that does not verify is none, whatever stands beside it`() async throws {
        let text = try log.checkpoint(5).text
        let other = try log.checkpoint(4).text
        func line(_ text: String) throws -> NoteSignature {
            try Cosignature.make(of: text, as: StrictWitness.name, with: TestKey.of(9), at: .now()).line
        }
        let good = try line(text).line
        let wrong = try line(other).line
        // The same name and id, with a signature that is too short.
        let short = "— \(StrictWitness.name) " + Data(idBytes(try StrictWitness.key.id) + [1, 2, 3]).base64EncodedString()
        // A note's signature by the same key is no cosignature.
        var note = try SignedNote(text: text)
        try note.sign(as: StrictWitness.name, with: TestKey.of(9))
        let plain = try #require(note.signatures.first).line
        let foreign = "— example.com/other " + Data([UInt8](repeating: 1, count: 76)).base64EncodedString()
        for lines in [[wrong], [good, wrong], [wrong, good], [short], [good, short], [plain], [foreign]] {
            await refused(WitnessError(.unverified)) { _ = try await show { _ in .answer(200, text: lines.map { $0 + "\n" }.joined()) } }
        }
    }

    @Test func `a cosignature of another key under the same name is none`() async throws {
        let text = try log.checkpoint(5).text
        await refused(WitnessError(.unverified)) { _ = try await show { _ in StrictWitness.cosigned(text, key: 8) } }
    }

    // MARK: Answers that are none

    @Test(arguments: ["", "\n", "garbage", "<html></html>\n", "— a b\n", "— a AAAA", "\u{0}\u{1}\n"])
    func `a 200 without signature lines is malformed`(_ body: String) async throws {
        await refused(WitnessError(.malformed)) { _ = try await show { _ in .answer(200, text: body) } }
    }

    @Test(arguments: [
        (301, WitnessError.Code.malformed), (302, .malformed), (307, .malformed), (308, .malformed), (204, .malformed), (201, .malformed),
        (401, .refused), (403, .refused), (404, .refused), (405, .malformed), (408, .unreachable), (429, .unreachable), (500, .unreachable),
        (502, .unreachable), (503, .unreachable), (400, .malformed), (409, .malformed), (418, .malformed), (422, .conflict),
    ])
    func `every status means something`(_ status: Int, _ code: WitnessError.Code) async throws {
        let server = try await TestServer { _ in .answer(status, headers: ["Location": "/elsewhere"]) }
        let error = WitnessError(code, size: code == .conflict ? 2 : nil)
        await refused(error) { try await log.show(5, to: witness(at: server.url), lastSize: 2) }
        // Nothing is asked twice, and no redirect is followed.
        #expect(server.requests.count == 1)
    }

    @Test func `a redirect to a witness that would sign is not followed`() async throws {
        let strict = StrictWitness(knowing: [try log.noteKey])
        let server = try await strict.server()
        let target = server.url
        await refused(WitnessError(.malformed)) {
            _ = try await show { _ in .answer(307, headers: ["Location": target + "/add-checkpoint"]) }
        }
        #expect(server.requests.isEmpty)
    }

    @Test func `an answer that is too long is not read to its end`() async throws {
        let lines = [UInt8](repeating: UInt8(ascii: "x"), count: 8 << 20)
        await refused(WitnessError(.malformed)) { _ = try await show { _ in .answer(200, body: lines) } }
    }

    @Test(.timeLimit(.minutes(15)))
    func `an answer that is late is not waited for, wherever it stops`() async throws {
        for reply in [TestServer.Reply.silence, .stall] {
            let server = try await TestServer { _ in reply }
            let witness = try witness(at: server.url, patience: .milliseconds(300))
            // The server never goes on: whoever waited for it would meet the time limit of this test.
            await refused(WitnessError(.unreachable)) { try await log.show(5, to: witness, lastSize: 2) }
        }
    }

    @Test(.timeLimit(.minutes(15))) func `a caller that is cancelled does not wait`() async throws {
        let server = try await TestServer { _ in .stall }
        let witness = try witness(at: server.url, patience: .seconds(50))
        let task = Task { try await log.show(5, to: witness, lastSize: 2) }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        await refused(WitnessError(.unreachable)) { _ = try await task.value }
    }

    @Test func `a server that is not there, or hangs up, is not reached`() async throws {
        await refused(WitnessError(.unreachable)) { _ = try await show { _ in .hangUp } }
        var server: TestServer? = try await TestServer { _ in .silence }
        let url = try #require(server?.url)
        server = nil
        try await Task.sleep(for: .milliseconds(50))
        await refused(WitnessError(.unreachable)) { try await log.show(5, to: witness(at: url, patience: .seconds(2)), lastSize: 2) }
    }

    // MARK: Sizes

    private func sizes(_ sizes: [Int], status: Int = 409) -> @Sendable (TestServer.Request) -> TestServer.Reply {
        let next = Answers(sizes)
        return { _ in .answer(status, type: Self.sizeType, text: "\(next.take())\n") }
    }

    @Test func `a proof is rebuilt once, and once only`() async throws {
        let server = try await TestServer(sizes([3, 4]))
        await refused(WitnessError(.unproven, size: 4)) { try await log.show(5, to: witness(at: server.url), lastSize: 2) }
        #expect(try server.requests.map { try WitnessRequest(body: $0.body).oldSize } == [2, 3])
        #expect(try WitnessRequest(body: server.requests[1].body).consistency == log.proof(from: 3, to: 5))
    }

    @Test func `a size with a 400 counts as with a 409`() async throws {
        await refused(WitnessError(.conflict, size: 9)) { _ = try await show(sizes([9], status: 400)) }
    }

    @Test func `a witness that has more, now or the second time, is in conflict`() async throws {
        await refused(WitnessError(.conflict, size: 6)) { _ = try await show(sizes([6])) }
        await refused(WitnessError(.conflict, size: 7)) { _ = try await show(sizes([3, 7])) }
        await refused(WitnessError(.conflict, size: 5)) { _ = try await show(sizes([5, 5])) }
    }

    @Test func `a witness that says what it was just told makes no sense`() async throws {
        await refused(WitnessError(.malformed)) { _ = try await show(sizes([2])) }
    }

    @Test(arguments: ["3", "03\n", "-3\n", "three\n", "", "3\n3\n", "99999999999999999999\n"])
    func `a size that is none is malformed`(_ body: String) async throws {
        await refused(WitnessError(.malformed)) { _ = try await show { _ in .answer(409, type: Self.sizeType, text: body) } }
    }

    @Test func `a size has its own type`() async throws {
        await refused(WitnessError(.malformed)) { _ = try await show { _ in .answer(409, text: "3\n") } }
        await refused(WitnessError(.unproven, size: 4)) {
            let next = Answers([3, 4])
            _ = try await show { _ in .answer(409, type: "Text/X.tlog.size; charset=utf-8", text: "\(next.take())\n") }
        }
    }

    @Test func `a proof that convinces nobody tells of another history, except from nothing`() async throws {
        await refused(WitnessError(.conflict, size: 2)) { _ = try await show { _ in .answer(422) } }
        let server = try await TestServer { _ in .answer(422) }
        await refused(WitnessError(.malformed)) { try await log.show(5, to: witness(at: server.url), lastSize: 0) }
    }

    @Test func `a log that the witness does not know, or another key, is refused`() async throws {
        let strict = StrictWitness(knowing: [try log.noteKey])
        let server = try await strict.server()
        await refused(WitnessError(.refused)) { try await TestLog(epoch: 2).show(1, to: witness(at: server.url), lastSize: 0) }
        await refused(WitnessError(.refused)) { try await TestLog(key: 2).show(1, to: witness(at: server.url), lastSize: 0) }
        #expect(strict.size(of: log.origin) == 0)
    }

    private func idBytes(_ id: UInt32) -> [UInt8] { withUnsafeBytes(of: id.bigEndian) { Array($0) } }
}

/// Numbers to be given out one after the other, the last one for ever.
private final class Answers: Sendable {
    private let numbers: Mutex<[Int]>
    init(_ numbers: [Int]) { self.numbers = Mutex(numbers) }

    func take() -> Int { numbers.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? 0 } }
}
