/// How far a stream is, on standard error, once it takes long.
struct StreamProgress {
    static let pieceByteCount = 1 << 18
    private var bar: ProgressBar
    private let total: Int?
    private var done = 0
    private var isShown = false
    private let start = ContinuousClock.now

    init(_ what: String, _ total: Int?, isQuiet: Bool) {
        self.total = total
        bar = ProgressBar(what, total: total ?? 0, isQuiet: isQuiet)
    }

    mutating func advance(by count: Int) {
        done += count
        guard done != total, ContinuousClock.now - start > .seconds(2) else { return }
        isShown = true
        bar.update(done, detail: detail)
    }

    func finish() { if isShown { bar.finish(detail: detail) } }

    private var detail: String { "\(done >> 20) MiB" }
}
