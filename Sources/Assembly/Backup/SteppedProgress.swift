import Synchronization

/// The progress of a job that has several steps, each with a bar of its own: bytes, their rate and the time left.
final class SteppedProgress: Sendable {
    private struct Step {
        let what: String
        let begin = ContinuousClock.now
        var bar: ProgressBar
        var done = 0
        /// Things, and no bytes.
        var counts = false
    }

    private let step = Mutex<Step?>(nil)
    private let isQuiet: Bool

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    /// - Parameters:
    ///   - done: bytes.
    ///   - total: of how many; 0 when nobody knows.
    func update(_ what: String, _ done: Int, of total: Int) {
        step.withLock { step in
            if step?.what != what {
                Self.end(step)
                step = Step(what: what, bar: ProgressBar(what, total: total, isQuiet: isQuiet))
            }
            step?.done = done
            guard let now = step else { return }
            step?.bar.update(min(done, total), detail: Self.detail(now))
        }
    }

    /// The same for things that are counted.
    func count(_ what: String, _ done: Int, _ total: Int) {
        step.withLock { step in
            if step?.what != what {
                Self.end(step)
                step = Step(what: what, bar: ProgressBar(what, total: total, isQuiet: isQuiet), counts: true)
            }
            step?.done = done
            guard let now = step else { return }
            step?.bar.update(done, detail: Self.detail(now))
        }
    }

    func finish() {
        step.withLock { step in
            Self.end(step)
            step = nil
        }
    }

    private static func end(_ step: Step?) {
        if let step { step.bar.finish(detail: detail(step)) }
    }

    private static func detail(_ step: Step) -> String {
        let seconds = max(0.001, (ContinuousClock.now - step.begin) / .seconds(1))
        if step.counts { return "\(step.done), \(Int(Double(step.done) / seconds))/s" }
        return "\(ByteText.of(step.done)), \(ByteText.of(Int(Double(step.done) / seconds)))/s"
    }
}
