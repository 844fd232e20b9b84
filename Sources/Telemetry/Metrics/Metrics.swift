/// The numbers that monitoring asks for, fed by observations alone.
///
/// Who shows them answers with ``render(openMetrics:)`` under the content type of that format, to those only who may see them: routes, rules
/// and field names are no secrets, but nothing for strangers either.
package final class Metrics: Sendable {
    package static let openMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8"
    package static let textType = "text/plain; version=0.0.4; charset=utf-8"

    let board = MetricBoard()

    /// - Parameter version: the version of the program.
    package init(version: String) { board.set(.build, version, to: 1) }

    package static func contentType(openMetrics: Bool) -> String { openMetrics ? openMetricsType : textType }

    /// Whether an `Accept` header asks for OpenMetrics 1.0. Weights do not count beyond 0: who names a format can read it.
    package static func wantsOpenMetrics(accept: String) -> Bool {
        accept.lowercased().split(separator: ",").contains { range in
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard parts.first == "application/openmetrics-text" else { return false }
            return parts.dropFirst().allSatisfy { parameter in
                if parameter.hasPrefix("version=") { return parameter == "version=1.0.0" || parameter == "version=\"1.0.0\"" }
                if parameter.hasPrefix("q=") { return (Double(parameter.dropFirst(2)) ?? 0) > 0 }
                return true
            }
        }
    }

    /// Everything as it stands: UTF-8, lines ended by LF.
    package func render(openMetrics: Bool) -> [UInt8] {
        var text = MetricText(isOpenMetrics: openMetrics)
        for (family, series) in board.series(of: MetricFamily.allCases) { text.append(family, series) }
        text.end()
        return Array(text.text.utf8)
    }
}
