import DataFormats
import Testing

@testable import TransparencyLog

struct WitnessRequestTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `a request is what the specification shows, and reads back`() throws {
        let checkpoint = try TestLog.checkpoint(size: 22)
        let request = WitnessRequest(oldSize: 20, consistency: [try TestLog.hash(0), try TestLog.hash(0xFF)], checkpoint: checkpoint)
        let first = "old 20\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n//////////////////////////////////////////8=\n\n"
        #expect(request.body == bytes(first + checkpoint.note))
        #expect(try WitnessRequest(body: request.body) == request)
    }

    @Test func `the first request has no proof`() throws {
        let checkpoint = try TestLog.checkpoint(size: 22)
        let request = WitnessRequest(oldSize: 0, consistency: [], checkpoint: checkpoint)
        #expect(request.body == bytes("old 0\n\n\(checkpoint.note)"))
        #expect(try WitnessRequest(body: request.body) == request)
    }

    @Test func `sixty-three hashes are taken, one more is not`() throws {
        let checkpoint = try TestLog.checkpoint(size: 22)
        let hash = try TestLog.hash(1)
        let most = WitnessRequest(oldSize: 1, consistency: Array(repeating: hash, count: 63), checkpoint: checkpoint)
        #expect(try WitnessRequest(body: most.body) == most)
        let more = WitnessRequest(oldSize: 1, consistency: Array(repeating: hash, count: 64), checkpoint: checkpoint)
        #expect(throws: LogError.requestMalformed) { try WitnessRequest(body: more.body) }
    }

    @Test(arguments: ["", "old", "old 1", "old 1\n", "old 01\n\n", "new 1\n\n", "old -1\n\n", "old 1\nAAAA\n\n", "old 1\r\n\n", "old  1\n\n"])
    func `a body of another form is refused`(start: String) throws {
        let note = try TestLog.checkpoint(size: 22).note
        #expect(throws: LogError.requestMalformed) { try WitnessRequest(body: bytes(start)) }
        let whole = start.hasSuffix("\n\n") ? start + note : start
        #expect(throws: LogError.requestMalformed) { try WitnessRequest(body: bytes(whole)) }
    }

    @Test func `what follows has to be a note`() {
        #expect(throws: LogError.noteMalformed) { try WitnessRequest(body: bytes("old 1\n\nno note\n")) }
    }

    @Test func `a conflict tells a size and nothing else`() throws {
        #expect(try WitnessRequest.size(ofConflict: bytes("42\n")) == 42)
        for text in ["", "\n", "42", "042\n", "42\n\n", "-1\n", " 42\n"] {
            #expect(throws: LogError.requestMalformed) { try WitnessRequest.size(ofConflict: bytes(text)) }
        }
    }
}
