import Synchronization

/// The numbers as they stand, for every series of every family. Counters begin at 0 with the process.
final class MetricBoard: Sendable {
    enum Value: Sendable {
        case number(Int)
        case durations(DurationHistogram)
    }

    /// Values of the labels, in the family's order.
    typealias Labels = [String]

    private struct State {
        var values: [MetricFamily: [Labels: Value]] = [:]
        /// How long each tenant's log is behind; only the longest is shown.
        var lags: [String: Int] = [:]
        /// Open and overdue requests of each tenant; their sums are shown.
        var requests: [String: (open: Int, overdue: Int)] = [:]
    }

    private let state: Mutex<State>

    /// Series without labels are there from the start: a counter that appears with its first event hides that event from a rate.
    init() {
        var state = State()
        for family in MetricFamily.allCases where family.labels.isEmpty { state.values[family] = [[]: .number(0)] }
        self.state = Mutex(state)
    }

    func add(_ count: Int, to family: MetricFamily, _ labels: String...) {
        change(family, labels) { value in
            guard case .number(let number) = value else { return }
            value = .number(number + max(0, count))
        }
    }

    func set(_ family: MetricFamily, _ labels: String..., to number: Int) {
        change(family, labels) { $0 = .number(number) }
    }

    func count(_ duration: Duration, in family: MetricFamily, _ labels: String...) {
        change(family, labels) { value in
            var histogram = DurationHistogram()
            if case .durations(let before) = value { histogram = before }
            histogram.count(duration)
            value = .durations(histogram)
        }
    }

    /// - Parameter seconds: 0 when the tenant's log is up to date.
    func setLag(_ seconds: Int, of tenant: String) {
        state.withLock { state in
            state.lags[tenant] = seconds > 0 ? seconds : nil
            state.values[.logLag] = [[]: .number(state.lags.values.max() ?? 0)]
        }
    }

    func setRequests(open: Int, overdue: Int, of tenant: String) {
        state.withLock { state in
            state.requests[tenant] = (open, overdue)
            state.values[.subjectRequestsOpen] = [[]: .number(state.requests.values.reduce(0) { $0 + $1.open })]
            state.values[.subjectRequestsOverdue] = [[]: .number(state.requests.values.reduce(0) { $0 + $1.overdue })]
        }
    }

    /// Every series of a family, in the order of its labels.
    func series(of families: [MetricFamily]) -> [(family: MetricFamily, series: [(labels: Labels, value: Value)])] {
        let values = state.withLock { $0.values }
        return families.map { family in
            let series = (values[family] ?? [:]).sorted { $0.key.lexicographicallyPrecedes($1.key) }
            return (family, series.map { (labels: $0.key, value: $0.value) })
        }
    }

    private func change(_ family: MetricFamily, _ labels: Labels, _ body: (inout Value) -> Void) {
        assert(labels.count == family.labels.count, "a label of \(family.name) is missing or too many")
        state.withLock { body(&$0.values[family, default: [:]][labels, default: .number(0)]) }
    }
}
