import ArgumentParser
import Logging
import Telemetry
import Vocabulary

/// Where one process' observations go: to its log and to its numbers.
struct RuntimeTelemetry: Sendable {
    private let log: ObservationLog
    private let metrics: Metrics
    let observer: Observer

    init(level: Logger.Level) {
        log = ObservationLog(level: level)
        metrics = Metrics(version: GatehouseCommand.configuration.version)
        observer = ObserverFan.out(to: log.observer, metrics.observer)
    }

    var logger: Logger { log.logger }

    /// The numbers in the format that an Accept header asks for.
    func page(accept: String) -> (type: String, bytes: [UInt8]) {
        let isOpenMetrics = Metrics.wantsOpenMetrics(accept: accept)
        return (Metrics.contentType(openMetrics: isOpenMetrics), metrics.render(openMetrics: isOpenMetrics))
    }
}
