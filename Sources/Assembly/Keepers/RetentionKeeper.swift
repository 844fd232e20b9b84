import Catalog
import Foundation
import Gateway
import HTTPInterface
import ServiceLifecycle
import Storage
import SubjectRights
import Vocabulary

/// Goes on with runs of retention that somebody has begun, counts once a day what is due, and lets it go when it was told to.
///
/// Ends with the service group, after the batch under way; whoever looks next goes on there.
struct RetentionKeeper: Service {
    /// What is done by itself.
    enum Mode: String, CaseIterable {
        case off
        /// What is due is counted and told; letting it go is for somebody to begin.
        case plan
        case run
    }

    private let runtime: Runtime
    private let mode: Mode
    private let hour: Int
    var interval: Duration = .seconds(5)

    /// Reads GATEHOUSE_RETENTION and GATEHOUSE_RETENTION_HOUR.
    init(_ runtime: Runtime, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        self.runtime = runtime
        let word = environment["GATEHOUSE_RETENTION"] ?? Mode.plan.rawValue
        guard let mode = Mode(rawValue: word) else {
            throw CommandFailure(.unfit, "GATEHOUSE_RETENTION is '\(word)'", hint: "off, plan (the default) or run")
        }
        let text = environment["GATEHOUSE_RETENTION_HOUR"] ?? "3"
        guard let hour = Int(text), (0...23).contains(hour) else {
            throw CommandFailure(.unfit, "GATEHOUSE_RETENTION_HOUR is '\(text)'", hint: "0 to 23, an hour of the controller's time zone")
        }
        (self.mode, self.hour) = (mode, hour)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var done = daysDone(at: .now())
            var nextReviews = ContinuousClock.now
            while (try? await Task.sleep(for: interval)) != nil {
                guard let tenants = await look(&done, at: .now()) else { continue }
                if nextReviews < .now, await tellReviews(tenants) { nextReviews = .now + .seconds(3600) }
            }
        }
    }

    private var calendar: WorkCalendar { WorkCalendar(runtime.gateway.rights.processing) }

    /// The day before the first that is to be counted. A gateway that starts behind the hour waits for the next day: starting often must not mean
    /// counting often.
    func daysDone(at start: Instant) -> CalendarDate {
        let today = calendar.day(of: start)
        return Self.hour(of: start, calendar) < hour ? today.advanced(by: -1) : today
    }

    /// Goes on with what was begun, and counts where the day has come to its hour.
    ///
    /// - Parameter done: the last day that was counted. One whose counting fails is counted in the next round.
    /// - Returns: the tenants; `nil` when they could not be had.
    @discardableResult
    func look(_ done: inout CalendarDate, at now: Instant) async -> [TenantID]? {
        let tenants = await runtime.attempt("retention") { () async throws(Refusal) in try await runtime.gateway.tenants() }
        guard let tenants else { return nil }
        for tenant in tenants where !Task.isCancelled { await goOn(tenant) }
        let (calendar, today) = (calendar, calendar.day(of: now))
        if mode != .off, done < today, Self.hour(of: now, calendar) >= hour, await count(tenants, calendar, today) { done = today }
        return tenants
    }

    private static func hour(of moment: Instant, _ calendar: WorkCalendar) -> Int {
        let begin = calendar.end(of: calendar.day(of: moment).advanced(by: -1))
        return Int((moment.microseconds - begin.microseconds) / 3_600_000_000)
    }

    private func goOn(_ tenant: TenantID) async {
        let runs = await runtime.attempt("retention") { () async throws(Refusal) in try await runtime.gateway.openRetentionRuns(of: tenant) } ?? []
        // Somebody else may have it; what failed was observed where it happened.
        for run in runs where !Task.isCancelled { _ = try? await runtime.gateway.carryOut(run, runtime.hostContext(of: tenant)) }
    }

    /// - Returns: whether all tenants could be asked; else nothing is told.
    private func tellReviews(_ tenants: [TenantID]) async -> Bool {
        let count = await runtime.attempt("retention") { () async throws(Refusal) in
            var count = 0
            for tenant in tenants { count += try await runtime.gateway.dueHoldReviews(of: tenant) }
            return count
        }
        if let count { runtime.telemetry.observer(.holdReviewsDue(count: count)) }
        return count != nil
    }

    /// What is due in all tenants, and a run for each where something is and none was begun today.
    ///
    /// - Returns: whether that was done for all of them.
    private func count(_ tenants: [TenantID], _ calendar: WorkCalendar, _ today: CalendarDate) async -> Bool {
        var due: [String: Int] = [:]
        var isDone = true
        for tenant in tenants where !Task.isCancelled {
            let counted: Void? = await runtime.attempt("retention") { () async throws(Refusal) in
                let context = runtime.hostContext(of: tenant)
                let plan = try await runtime.gateway.retentionPlan(context)
                for rule in plan { due[rule.name, default: 0] += rule.records }
                guard mode == .run, plan.contains(where: { $0.records > 0 && $0.rule.action != .review }) else { return }
                let runs = try await runtime.gateway.retentionRuns(context)
                if runs.contains(where: { calendar.day(of: $0.startedAt) == today }) { return }
                _ = try await runtime.gateway.beginRetention(rate: RetentionCoding.usualRate, context)
            }
            if counted == nil { isDone = false }
        }
        guard isDone else { return false }
        for (rule, records) in due.sorted(by: { $0.key < $1.key }) { runtime.telemetry.observer(.retentionDue(rule: rule, records: records)) }
        return true
    }
}
