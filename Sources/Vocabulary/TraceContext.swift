/// Where in a trace a task is (W3C Trace Context), for what it asks of others.
///
/// What a request has done elsewhere is so found under the trace that its log line, its answer and its event have. Work that nobody asked for begins
/// a trace with each call. `tracestate` is not passed on: it is the caller's, and may say more than those who are asked should know.
package enum TraceContext {
    /// The trace of whoever this is done for; tasks within the task have it, too.
    @TaskLocal package static var current: TraceID?

    package static let header = "traceparent"

    /// The header's value for one call: the trace of the task, or a new one, and a span of its own.
    package static func parent() -> String { parent(current ?? .make(), span: UInt64.random(in: 1...UInt64.max)) }

    /// The flags say that there is a record of it: the trail and the log are.
    static func parent(_ trace: TraceID, span: UInt64) -> String {
        let digits = String(span, radix: 16)
        return "00-\(trace)-" + String(repeating: "0", count: 16 - digits.count) + digits + "-01"
    }
}
