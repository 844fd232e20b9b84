import Foundation

/// Says on standard error how far a long job is: a bar on a terminal, a line every two seconds elsewhere.
struct ProgressBar {
    private let what: String
    private let total: Int
    private let isQuiet: Bool
    private let start = ContinuousClock.now
    private var last = ContinuousClock.now

    /// - Parameter total: how many units there are; 0 when nobody knows.
    init(_ what: String, total: Int, isQuiet: Bool) {
        self.what = what
        self.total = total
        self.isQuiet = isQuiet
    }

    mutating func update(_ done: Int, detail: String) {
        let now = ContinuousClock.now
        guard !isQuiet, now - last >= (Console.isTerminal ? .milliseconds(200) : .seconds(2)) else { return }
        last = now
        show(done, detail, end: Console.isTerminal ? "" : "\n")
    }

    func finish(detail: String) {
        if !isQuiet, Console.isTerminal { show(total, detail, end: "\n") }
    }

    private func show(_ done: Int, _ detail: String, end: String) {
        let seconds = Double((ContinuousClock.now - start).components.seconds) + 0.001
        var line = "\(what): \(detail)"
        if total > 0 {
            let share = min(1, Double(done) / Double(total))
            let filled = Int(share * 24)
            let left = share > 0 && share < 1 && seconds > 1 ? ", \(Int(seconds / share - seconds)) s left" : ""
            line =
                "\(what) [\(String(repeating: "#", count: filled))\(String(repeating: ".", count: 24 - filled))] \(Int(share * 100)) %\(left), \(detail)"
        }
        Console.write((Console.isTerminal ? "\r\u{1B}[K" + line : line) + end, to: STDERR_FILENO)
    }
}
