/// Writes families in OpenMetrics 1.0 or in the older text format 0.0.4, which differ in little: the unit and the end are told in the newer
/// one only, and a counter is called there without its `_total`.
struct MetricText {
    private(set) var text = ""
    private let isOpenMetrics: Bool

    init(isOpenMetrics: Bool) { self.isOpenMetrics = isOpenMetrics }

    mutating func append(_ family: MetricFamily, _ series: [(labels: MetricBoard.Labels, value: MetricBoard.Value)]) {
        if series.isEmpty { return }
        let name = isOpenMetrics ? family.name : family.name + suffix(family)
        text += "# TYPE \(name) \(kind(family))\n"
        if isOpenMetrics, let unit = family.unit { text += "# UNIT \(name) \(unit)\n" }
        text += "# HELP \(name) \(Self.escaped(family.help))\n"
        for (labels, value) in series {
            let labels = zip(family.labels, labels).map { (name: $0, value: $1) }
            switch value {
            case .number(let number): sample(family.name + suffix(family), labels, number.description)
            case .durations(let histogram): samples(family.name, labels, histogram)
            }
        }
    }

    mutating func end() {
        if isOpenMetrics { text += "# EOF\n" }
    }

    private func suffix(_ family: MetricFamily) -> String {
        switch family.kind {
        case .counter: "_total"
        case .info: "_info"
        case .gauge, .histogram: ""
        }
    }

    /// The older format has no infos.
    private func kind(_ family: MetricFamily) -> String {
        family.kind == .info && !isOpenMetrics ? MetricFamily.Kind.gauge.rawValue : family.kind.rawValue
    }

    private mutating func samples(_ name: String, _ labels: [(name: String, value: String)], _ histogram: DurationHistogram) {
        let counts = histogram.cumulative
        for (bound, count) in zip(DurationHistogram.boundTexts, counts) {
            sample(name + "_bucket", labels + [(name: "le", value: bound)], count.description)
        }
        sample(name + "_count", labels, (counts.last ?? 0).description)
        sample(name + "_sum", labels, histogram.seconds.description)
    }

    private mutating func sample(_ name: String, _ labels: [(name: String, value: String)], _ value: String) {
        text += name
        if !labels.isEmpty { text += "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}" }
        text += " \(value)\n"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
