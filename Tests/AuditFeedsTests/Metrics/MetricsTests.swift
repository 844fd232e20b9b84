import Synchronization
@testable import Telemetry
import Testing
import Vocabulary

/// Numbers for monitoring, read back strictly.
struct MetricsTests {
    /// One of every kind.
    static let everything: [Observation] = [
        .databaseConnected(database: "store"), .databaseLost(database: "store", sqlState: nil), .databaseUnreachable(database: "vault", attempt: 3),
        .rowSecurityBypassed(database: "store", role: "postgres"), .memoryNotLocked, .auditCommitted(events: 12),
        .auditFailed(events: 3, code: "timed-out"), .auditRefused, .auditSpooled(events: 5), .auditSpoolReplayed(events: 4), .auditSpoolFull,
        .logSequenced(tenant: "tenant-a", events: 12), .logBehind(tenant: "tenant-a", seconds: 40),
        .logEpochBegun(tenant: "tenant-a", epoch: 2, lostSize: 9), .logUnsigned(tenant: "tenant-a", code: "missing"),
        .witnessed(witness: "w1", size: 12), .witnessFailed(witness: "w1", code: "unreachable"), .feedDelivered(feed: "siem", events: 7),
        .feedFailed(feed: "siem", code: "refused"), .auditPruned(events: 100), .sealedValueUnreadable(entity: "contact", field: "email"),
        .dataKeysMissing(count: 2), .tenantKeysUnopened(tenant: "tenant-a", reason: "secret reason"), .recoveryMissing,
        .keyNewsMissing(seconds: 60),
        .rotationResumed(kind: "epoch"), .rotationFinished(kind: "epoch", tenant: "tenant-a"), .rotationFailed(kind: "epoch", code: "busy"),
        .mergeUnsettled(code: "busy"), .erasureFinished(people: 3), .erasureFailed(code: "busy"), .erasureLeftovers(count: 2),
        .erasuresRecorded(people: 3), .erasuresUnrecorded(people: 1), .erasureLedgerFailed(code: "unavailable"),
        .backupMade(bytes: 10), .backupNewest(at: 1_800_000_000), .backupFailed(code: "unavailable"), .vaultArchiveReplaced,
        .noticeDelivered(recipient: "r"),
        .eventDelivered(lag: .seconds(3)), .eventFailed(code: "status-500"), .eventDead, .endpointDisabled(code: "gone"),
        .noticeFailed(recipient: "r", code: "gone"), .subjectRequestDue(kind: "access", stage: "answer"),
        .subjectRequestsCounted(tenant: "tenant-a", open: 2, overdue: 1), .subjectRequestMailFailed(code: "busy"),
        .agentCallFailed(code: "status-500"), .keeperFailed(keeper: "retention", code: "store-unavailable", isNews: true),
        .retentionDue(rule: "r", records: 4), .retentionFinished(tenant: "tenant-a", records: 4), .retentionFailed(code: "busy"),
        .holdReviewsDue(count: 1),
        .epochEnded(tenant: "tenant-a", epoch: 1), .conditionFailed(rule: "r"), .glassBroken(rule: "r"), .peopleLimitReached(limit: "most"),
        .honeyTouched(actor: "a", credential: "c", record: "r", request: "q", isChange: false), .honeyStopped, .honeyStopFailed(code: "busy"),
        .issuerKeysFetched(issuer: "corp", keys: 2), .issuerKeysFailed(issuer: "corp", code: "status"),
        .tokenRefused(issuer: "corp", code: "expired"), .policiesReloaded(rules: 4),
        .policiesRefused([]), .certificateReloaded(expires: 1), .certificateRefused(reason: "r"),
        .requestAnswered(route: "GET /v1/contacts", status: 200, duration: .milliseconds(3)),
        .requestFailed(route: "GET /v1/contacts", code: "denied"), .serving(address: "127.0.0.1:1"), .restoring(isUnderWay: true), .stopping,
    ]

    private func read(_ metrics: Metrics, openMetrics: Bool = true) throws -> ExpositionText {
        try ExpositionText(metrics.render(openMetrics: openMetrics), openMetrics: openMetrics)
    }

    private func filled() -> Metrics {
        let metrics = Metrics(version: "1.2.3")
        for observation in Self.everything { metrics.observer(observation) }
        return metrics
    }

    @Test(arguments: [true, false])
    func `what is shown is well-formed, before anything has happened and after everything has`(_ openMetrics: Bool) throws {
        let empty = try read(Metrics(version: "1.2.3"), openMetrics: openMetrics)
        #expect(empty.value("gatehouse_audit_events_committed_total") == 0)
        #expect(empty.family("gatehouse_requests") == nil)
        let all = try read(filled(), openMetrics: openMetrics)
        #expect(all.families.count == MetricFamily.allCases.count)
        let names = all.families.map(\.name)
        #expect(names.contains("gatehouse_requests") == openMetrics)
        #expect(names.contains("gatehouse_requests_total") == !openMetrics)
        #expect(names.contains("gatehouse_build") == openMetrics)
        #expect(all.family("gatehouse_request_duration_seconds")?.unit == (openMetrics ? "seconds" : nil))
    }

    @Test
    func `each observation is counted where it belongs`() throws {
        let text = try read(filled())
        #expect(text.value("gatehouse_build_info", ["version": "1.2.3"]) == 1)
        #expect(text.value("gatehouse_requests_total", ["route": "GET /v1/contacts", "status": "2xx"]) == 1)
        #expect(text.value("gatehouse_request_refusals_total", ["route": "GET /v1/contacts", "code": "denied"]) == 1)
        #expect(text.value("gatehouse_audit_events_committed_total") == 12)
        #expect(text.value("gatehouse_audit_write_failures_total", ["code": "timed-out"]) == 1)
        #expect(text.value("gatehouse_audit_refusals_total") == 1)
        #expect(text.value("gatehouse_people_erased_total") == 3)
        #expect(text.value("gatehouse_erasure_leftovers_total") == 2)
        #expect(text.value("gatehouse_erasures_recorded_total") == 3)
        #expect(text.value("gatehouse_erasures_unrecorded") == 1)
        #expect(text.value("gatehouse_backups_total") == 1)
        #expect(text.value("gatehouse_backup_newest_seconds") == 1_800_000_000)
        #expect(text.value("gatehouse_backup_failures_total", ["code": "unavailable"]) == 1)
        #expect(text.value("gatehouse_erasure_ledger_failures_total", ["code": "unavailable"]) == 1)
        #expect(text.value("gatehouse_recipient_notice_failures_total", ["recipient": "r", "code": "gone"]) == 1)
        #expect(text.value("gatehouse_audit_events_spooled_total") == 5)
        #expect(text.value("gatehouse_audit_events_replayed_total") == 4)
        #expect(text.value("gatehouse_audit_events_pruned_total") == 100)
        #expect(text.value("gatehouse_database_connection_failures_total", ["database": "vault"]) == 1)
        #expect(text.value("gatehouse_witness_failures_total", ["witness": "w1", "code": "unreachable"]) == 1)
        #expect(text.value("gatehouse_feed_events_delivered_total", ["feed": "siem"]) == 7)
        #expect(text.value("gatehouse_sealed_values_unreadable_total", ["entity": "contact", "field": "email"]) == 1)
        #expect(text.value("gatehouse_data_keys_missing_total") == 2)
        #expect(text.value("gatehouse_memory_not_locked") == 1)
        #expect(text.value("gatehouse_serving") == 0)
    }

    @Test
    func `neither tenants nor reasons are told`() {
        let text = String(decoding: filled().render(openMetrics: true), as: UTF8.self)
        for word in ["tenant-a", "secret reason", "postgres"] { #expect(!text.contains(word)) }
    }

    @Test
    func `the lag is that of the tenant that waits longest`() throws {
        let metrics = Metrics(version: "1")
        for (tenant, seconds) in [("a", 10), ("b", 70), ("a", 30)] { metrics.observer(.logBehind(tenant: tenant, seconds: seconds)) }
        #expect(try read(metrics).value("gatehouse_log_lag_seconds") == 70)
        metrics.observer(.logSequenced(tenant: "b", events: 1))
        #expect(try read(metrics).value("gatehouse_log_lag_seconds") == 30)
        metrics.observer(.logSequenced(tenant: "a", events: 1))
        #expect(try read(metrics).value("gatehouse_log_lag_seconds") == 0)
    }

    @Test
    func `durations fall into every bucket that is wide enough`() throws {
        let metrics = Metrics(version: "1")
        let durations: [Duration] = [.microseconds(1000), .microseconds(1001), .milliseconds(400), .seconds(1), .seconds(60), .seconds(-1)]
        for duration in durations { metrics.observer(.requestAnswered(route: "r", status: 503, duration: duration)) }
        let text = try read(metrics)
        func bucket(_ bound: String) -> Double? { text.value("gatehouse_request_duration_seconds_bucket", ["route": "r", "le": bound]) }
        #expect(bucket("0.001") == 2)
        #expect(bucket("0.0025") == 3)
        #expect(bucket("0.25") == 3)
        #expect(bucket("0.5") == 4)
        #expect(bucket("1.0") == 5)
        #expect(bucket("10.0") == 5)
        #expect(bucket("+Inf") == 6)
        #expect(text.value("gatehouse_request_duration_seconds_count", ["route": "r"]) == 6)
        #expect(text.value("gatehouse_request_duration_seconds_sum", ["route": "r"]) == 61.402001)
        #expect(text.value("gatehouse_requests_total", ["route": "r", "status": "5xx"]) == 6)
    }

    @Test(arguments: [true, false])
    func `labels that need it are escaped`(_ openMetrics: Bool) throws {
        let metrics = Metrics(version: "1")
        let rules = ["a\\b", "a\"b", "a\nb", "a,b}", "ümlaut ", "", "a\\nb"]
        for rule in rules { metrics.observer(.glassBroken(rule: rule)) }
        let text = try read(metrics, openMetrics: openMetrics)
        for rule in rules { #expect(text.value("gatehouse_glass_broken_total", ["rule": rule]) == 1) }
    }

    @Test
    func `the shape is frozen`() {
        let metrics = Metrics(version: "0.1.0")
        metrics.observer(.requestAnswered(route: "GET /healthz", status: 200, duration: .milliseconds(2)))
        let lines = String(decoding: metrics.render(openMetrics: true), as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(
            lines.starts(with: [
                "# TYPE gatehouse_build info",
                "# HELP gatehouse_build The version of the gateway that runs.",
                "gatehouse_build_info{version=\"0.1.0\"} 1",
                "# TYPE gatehouse_serving gauge",
                "# HELP gatehouse_serving 1 while requests are answered, 0 before and after.",
                "gatehouse_serving 0",
                "# TYPE gatehouse_requests counter",
                "# HELP gatehouse_requests Requests answered, by route and class of the status.",
                "gatehouse_requests_total{route=\"GET /healthz\",status=\"2xx\"} 1",
                "# TYPE gatehouse_request_duration_seconds histogram",
                "# UNIT gatehouse_request_duration_seconds seconds",
                "# HELP gatehouse_request_duration_seconds Time from a request's head to its answer.",
                "gatehouse_request_duration_seconds_bucket{route=\"GET /healthz\",le=\"0.001\"} 0",
                "gatehouse_request_duration_seconds_bucket{route=\"GET /healthz\",le=\"0.0025\"} 1",
            ]))
        #expect(lines.last == "# EOF")
        let old = String(decoding: metrics.render(openMetrics: false), as: UTF8.self)
        #expect(old.contains("# TYPE gatehouse_requests_total counter\n"))
        #expect(old.contains("# TYPE gatehouse_build_info gauge\n"))
        #expect(!old.contains("# UNIT") && !old.contains("# EOF"))
    }

    @Test
    func `many threads may count at once`() async throws {
        let metrics = Metrics(version: "1")
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 { metrics.observer(.requestAnswered(route: "r", status: 200, duration: .milliseconds(1))) }
                }
            }
        }
        #expect(try read(metrics).value("gatehouse_requests_total", ["route": "r", "status": "2xx"]) == 8000)
    }

    @Test(arguments: [
        (
            "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            true
        ),
        ("text/html, Application/OpenMetrics-Text", true), ("application/openmetrics-text; version=\"1.0.0\"", true),
        ("application/openmetrics-text; version=2.0.0", false), ("application/openmetrics-text;q=0", false), ("*/*", false), ("", false),
        ("text/plain", false),
    ])
    func `OpenMetrics is for who asks for it`(_ accept: String, _ isWanted: Bool) {
        #expect(Metrics.wantsOpenMetrics(accept: accept) == isWanted)
        #expect(Metrics.contentType(openMetrics: true) == "application/openmetrics-text; version=1.0.0; charset=utf-8")
        #expect(Metrics.contentType(openMetrics: false) == "text/plain; version=0.0.4; charset=utf-8")
    }

    @Test
    func `a fan tells everybody`() {
        let told = Mutex<[String]>([])
        let first: Observer = { _ in told.withLock { $0.append("first") } }
        let second: Observer = { _ in told.withLock { $0.append("second") } }
        ObserverFan.out(to: first, second)(.stopping)
        #expect(told.withLock { $0 } == ["first", "second"])
    }
}
