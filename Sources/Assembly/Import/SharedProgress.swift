import Synchronization

/// A progress bar that a job reports to from wherever it runs.
final class SharedProgress: Sendable {
    private let bar: Mutex<ProgressBar?>
    private let what: String
    private let isQuiet: Bool

    init(_ what: String, isQuiet: Bool) {
        self.what = what
        self.isQuiet = isQuiet
        bar = Mutex(nil)
    }

    func update(_ done: Int, of total: Int) {
        bar.withLock { bar in
            if bar == nil { bar = ProgressBar(what, total: total, isQuiet: isQuiet) }
            bar?.update(done, detail: "\(done) of \(total)")
        }
    }
}
