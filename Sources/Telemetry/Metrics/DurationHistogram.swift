/// How many durations were at most so long; the bounds never change, so that what different processes counted can be added up.
struct DurationHistogram: Sendable {
    /// In seconds, ascending; what is longer than all of them counts as at most `+Inf`.
    static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// The bounds as the label `le` has them: always with a fraction, as OpenMetrics 1.0 spells floats.
    static let boundTexts = bounds.map(\.description) + ["+Inf"]

    /// Those of each bucket alone, the last beyond all bounds.
    private var counts = [Int](repeating: 0, count: bounds.count + 1)
    private var nanoseconds: Int64 = 0

    mutating func count(_ duration: Duration) {
        let elapsed = max(Int64(0), Int64(duration / .nanoseconds(1)))
        nanoseconds += elapsed
        let seconds = Double(elapsed) / 1e9
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
    }

    /// As many as there are texts of bounds, each with all those before.
    var cumulative: [Int] {
        var sum = 0
        return counts.map { count in
            sum += count
            return sum
        }
    }

    var seconds: Double { Double(nanoseconds) / 1e9 }
}
