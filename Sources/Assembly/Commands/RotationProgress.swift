import Foundation
import Storage
import Synchronization

/// Shows how far a rotation is: a bar for what is counted, a line for what is waited for.
final class RotationProgress: Sendable {
    private let bar: Mutex<(bar: ProgressBar, total: Int64)?>
    private let isWatching = Mutex(false)
    private let isQuiet: Bool

    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
        bar = Mutex(nil)
    }

    func show(_ job: KeyJob) {
        if isQuiet { return }
        bar.withLock { shown in
            if shown?.total != job.total { shown = (ProgressBar("rotating \(job.kind.rawValue)", total: Int(job.total), isQuiet: false), job.total) }
            shown?.bar.update(Int(job.done), detail: Self.words[job.step] ?? job.step)
        }
    }

    /// Shows a rotation that somebody else carries out.
    func watch(_ job: KeyJob) {
        if isQuiet { return }
        let isFirst = isWatching.withLock { isWatching in
            defer { isWatching = true }
            return !isWatching
        }
        if isFirst { Console.note("another process is at it; watching, and going on should it stop") }
        show(job)
    }

    func finish() {
        bar.withLock { $0?.bar.finish(detail: "done") }
    }

    private static let words = [
        "begin": "beginning", "rewrap": "wrapping keys anew", "settle": "waiting until every gateway knows the new keys",
        "rewrite": "rewriting", "retire": "retiring the old keys", "settle-again": "waiting until no gateway uses the old keys",
        "destroy": "destroying what is unused", "done": "done",
    ]
}
