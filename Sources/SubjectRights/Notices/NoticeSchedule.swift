/// When a webhook that did not take a notice is tried again (Standard Webhooks 1.0.0): for about three days, then somebody has to tell the recipient.
package enum NoticeSchedule {
    private static let waits: [Duration] = [
        .seconds(5), .seconds(300), .seconds(1800), .seconds(7200), .seconds(18_000), .seconds(36_000), .seconds(50_400), .seconds(72_000),
        .seconds(86_400),
    ]

    /// - Parameters:
    ///   - attempt: how many tries there were.
    ///   - spread: between 0 and 1: a tenth of the wait more, so that many do not come back together.
    /// - Returns: `nil` when it was the last one.
    package static func wait(after attempt: Int, spread: Double = .random(in: 0...1)) -> Duration? {
        guard attempt >= 1, attempt <= waits.count else { return nil }
        return waits[attempt - 1] * (1 + spread / 10)
    }
}
