import Sealing
import Synchronization
package import TransparencyLog
package import Vocabulary

/// A witness as C2SP tlog-witness wants it: it remembers the newest head of each log it knows, and cosigns what is proven to go on from it.
package final class StrictWitness: Sendable {
    package static let name = "witness.example.com/strict"

    private struct State {
        var heads: [LogOrigin: TreeHead] = [:]
    }

    private let keys: [LogOrigin: NoteKey]
    private let state: Mutex<State>

    /// - Parameter logs: keys of the logs that it knows, each under the name of its log.
    package init(knowing logs: [NoteKey]) {
        keys = Dictionary(logs.compactMap { key in LogOrigin(key.name).map { ($0, key) } }, uniquingKeysWith: { first, _ in first })
        state = Mutex(State())
    }

    package static var key: NoteKey { get throws { try key(of: 9) } }

    package static func key(of number: UInt8) throws -> NoteKey {
        try NoteKey(name: name, key: try TestKey.of(number).verifyingKey, kind: .cosignature)
    }

    package func size(of origin: LogOrigin) -> Int { state.withLock { $0.heads[origin]?.size ?? 0 } }

    package func server() async throws -> TestServer { try await TestServer { [self] in answer($0) } }

    package func answer(_ request: TestServer.Request) -> TestServer.Reply {
        guard request.method == "POST", request.path == "/add-checkpoint" else { return .answer(405) }
        guard let asked = try? WitnessRequest(body: request.body), let note = try? SignedNote(Array(asked.checkpoint.utf8)) else {
            return .answer(400)
        }
        guard let checkpoint = try? Checkpoint(note.text), let key = keys[checkpoint.origin] else { return .answer(404) }
        guard (try? note.verify([key])) != nil else { return .answer(403) }
        guard asked.oldSize <= checkpoint.head.size else { return .answer(400) }
        return state.withLock { state in
            let kept = state.heads[checkpoint.origin]
            let conflict = TestServer.Reply.answer(409, type: "text/x.tlog.size", text: "\(kept?.size ?? 0)\n")
            guard asked.oldSize == kept?.size ?? 0 else { return conflict }
            if let kept, kept.size > 0 {
                if kept.size == checkpoint.head.size, kept.root != checkpoint.head.root { return conflict }
                guard ConsistencyProof(hashes: asked.consistency).leads(from: kept, to: checkpoint.head) else { return .answer(422) }
            } else if !asked.consistency.isEmpty {
                return .answer(422)
            }
            state.heads[checkpoint.origin] = checkpoint.head
            return Self.cosigned(note.text)
        }
    }

    /// A 200 with a line of this key.
    package static func cosigned(_ text: String, key number: UInt8 = 9, at time: Instant = .now(), more: [String] = []) -> TestServer.Reply {
        guard let key = try? TestKey.of(number), let line = try? Cosignature.make(of: text, as: name, with: key, at: time).line.line else {
            return .answer(500)
        }
        return .answer(200, text: (more + [line]).map { $0 + "\n" }.joined())
    }
}
