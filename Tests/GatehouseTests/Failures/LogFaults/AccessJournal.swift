import DataFormats
import Foundation
import Synchronization

/// What callers were told: accesses that were acknowledged, places that events were seen at, and heads that were signed.
final class AccessJournal: Sendable {
    private struct State {
        var events: [String] = []
        var places: [String: String] = [:]
        var notes: Set<String> = []
        var moved: [String] = []
    }

    private let state = Mutex(State())

    var events: [String] { state.withLock(\.events) }
    /// Where each event was seen, as `EPOCH.POSITION`.
    var places: [String: String] { state.withLock(\.places) }
    /// Signed checkpoints, each once.
    var notes: [String] { state.withLock { $0.notes.sorted() } }
    /// Events that were seen at two places.
    var moved: [String] { state.withLock(\.moved) }

    /// An answer that shows or changes something, or says that it does not: its event was durable before.
    func note(_ answer: Answer) {
        guard answer.status < 500, let event = answer.headers["audit-event"] else { return }
        state.withLock { $0.events.append(event) }
    }

    func note(checkpoint answer: Answer) {
        note(answer)
        if answer.status == 200 { _ = state.withLock { $0.notes.insert(answer.text) } }
    }

    func note(listing answer: Answer) {
        note(answer)
        guard answer.status == 200 else { return }
        for event in answer.data {
            guard let id = event["id"]?.stringValue, let log = event["log"]?.objectValue, let epoch = log["epoch"], let position = log["position"]
            else {
                continue
            }
            let place = String(decoding: epoch.encoded(), as: UTF8.self) + "." + String(decoding: position.encoded(), as: UTF8.self)
            state.withLock { state in
                if let before = state.places[id], before != place { state.moved.append(id) }
                state.places[id] = place
            }
        }
    }

    /// Heads of one epoch and size that are not the same.
    var contradictions: [String] {
        let heads = Dictionary(grouping: Set(notes.map { $0.split(separator: "\n").prefix(3).map(String.init) })) { Array($0.prefix(2)) }
        return heads.filter { $1.count > 1 }.map { $0.key.joined(separator: " ") }
    }
}
