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

    /// For libraries: they describe at lower levels what they work with, all of it, and nobody has thought about what that shows.
    var logger: Logger {
        var logger = log.logger
        logger.logLevel = max(logger.logLevel, .notice)
        return logger
    }

    /// The numbers in the format that an Accept header asks for.
    func page(accept: String) -> (type: String, bytes: [UInt8]) {
        let isOpenMetrics = Metrics.wantsOpenMetrics(accept: accept)
        return (Metrics.contentType(openMetrics: isOpenMetrics), metrics.render(openMetrics: isOpenMetrics))
    }
}
