/// All metrics there are. What a family counts, and by which labels it is told apart, stands here and nowhere else.
///
/// Labels are words of the program and names from configuration: routes, codes, rules, entities, fields, feeds. None is the id of a person, a
/// record or a tenant, so a family grows no further than the configuration does.
enum MetricFamily: String, CaseIterable, Sendable {
    case build
    case serving
    case requests
    case requestDuration = "request_duration_seconds"
    case requestRefusals = "request_refusals"
    case databaseConnected = "database_connections_opened"
    case databaseLost = "database_connections_lost"
    case databaseUnreachable = "database_connection_failures"
    case rowSecurityBypassed = "row_security_bypassed"
    case memoryNotLocked = "memory_not_locked"
    case auditCommitted = "audit_events_committed"
    case auditFailed = "audit_write_failures"
    case auditRefused = "audit_refusals"
    case auditSpooled = "audit_events_spooled"
    case auditSpoolReplayed = "audit_events_replayed"
    case auditSpoolFull = "audit_spool_full"
    case auditPruned = "audit_events_pruned"
    case logSequenced = "log_events_sequenced"
    case logLag = "log_lag_seconds"
    case logEpochsBegun = "log_epochs_begun"
    case logUnsigned = "log_heads_unsigned"
    case witnessed = "witness_signatures"
    case witnessFailed = "witness_failures"
    case feedDelivered = "feed_events_delivered"
    case feedFailed = "feed_failures"
    case sealedValuesUnreadable = "sealed_values_unreadable"
    case dataKeysMissing = "data_keys_missing"
    case tenantKeysUnopened = "tenant_keys_unopened"
    case recoveryMissing = "recovery_missing"
    case keyNewsMissing = "key_news_missing"
    case rotationsResumed = "rotations_resumed"
    case rotationsFinished = "rotations_finished"
    case rotationFailures = "rotation_failures"
    case epochsEnded = "key_epochs_ended"
    case peopleErased = "people_erased"
    case erasureFailures = "erasure_failures"
    case mergeFailures = "merge_failures"
    case erasureLeftovers = "erasure_leftovers"
    case erasuresRecorded = "erasures_recorded"
    case erasuresUnrecorded = "erasures_unrecorded"
    case erasureLedgerFailures = "erasure_ledger_failures"
    case backups
    case backupNewest = "backup_newest_seconds"
    case backupFailures = "backup_failures"
    case noticesDelivered = "recipient_notices_delivered"
    case noticesFailed = "recipient_notice_failures"
    case eventsDelivered = "webhook_events_delivered"
    case eventFailures = "webhook_event_failures"
    case eventsDead = "webhook_events_dead"
    case eventLag = "webhook_event_lag_seconds"
    case endpointsDisabled = "webhook_endpoints_disabled"
    case conditionsFailed = "policy_condition_failures"
    case glassBroken = "glass_broken"
    case peopleLimitsReached = "people_limits_reached"
    case honeyAlarms = "honey_alarms"
    case honeyStops = "honey_stops"
    case honeyStopFailures = "honey_stop_failures"
    case retentionDue = "retention_due_records"
    case retentionRecords = "retention_records"
    case retentionFailures = "retention_failures"
    case holdReviewsDue = "hold_reviews_due"
    case subjectRequestsOpen = "subject_requests_open"
    case subjectRequestsOverdue = "subject_requests_overdue"
    case subjectRequestsDue = "subject_request_reminders"
    case subjectRequestMailFailed = "subject_request_mail_failures"
    case agentCallFailures = "agent_call_failures"
    case keeperFailures = "keeper_failures"
    case issuerKeysFetched = "issuer_key_fetches"
    case issuerKeysFailed = "issuer_key_failures"
    case tokensRefused = "token_refusals"
    case policiesReloaded = "policy_reloads"
    case policiesRefused = "policy_reloads_refused"
    case certificatesReloaded = "certificate_reloads"
    case certificatesRefused = "certificate_reloads_refused"

    enum Kind: String, Sendable { case counter, gauge, histogram, info }

    /// What the samples are without their suffixes.
    var name: String { "gatehouse_" + rawValue }

    var kind: Kind {
        switch self {
        case .build: .info
        case .serving, .memoryNotLocked, .recoveryMissing, .keyNewsMissing, .rowSecurityBypassed, .logLag, .retentionDue, .holdReviewsDue,
            .erasuresUnrecorded, .backupNewest, .eventLag,
            .subjectRequestsOpen,
            .subjectRequestsOverdue:
            .gauge
        case .requestDuration: .histogram
        default: .counter
        }
    }

    /// A family in a unit has it as the last part of its name.
    var unit: String? {
        switch self {
        case .requestDuration, .logLag, .eventLag, .backupNewest: "seconds"
        default: nil
        }
    }

    var labels: [String] {
        switch self {
        case .build: ["version"]
        case .requests: ["route", "status"]
        case .requestDuration: ["route"]
        case .requestRefusals: ["route", "code"]
        case .databaseConnected, .databaseLost, .databaseUnreachable, .rowSecurityBypassed: ["database"]
        case .auditFailed, .logUnsigned, .erasureFailures, .mergeFailures, .erasureLedgerFailures, .backupFailures, .retentionFailures,
            .subjectRequestMailFailed, .agentCallFailures, .eventFailures, .endpointsDisabled:
            ["code"]
        case .witnessed: ["witness"]
        case .witnessFailed: ["witness", "code"]
        case .keeperFailures: ["keeper", "code"]
        case .feedDelivered: ["feed"]
        case .noticesDelivered: ["recipient"]
        case .noticesFailed: ["recipient", "code"]
        case .feedFailed: ["feed", "code"]
        case .issuerKeysFetched: ["issuer"]
        case .issuerKeysFailed, .tokensRefused: ["issuer", "code"]
        case .sealedValuesUnreadable: ["entity", "field"]
        case .rotationsResumed, .rotationsFinished: ["kind"]
        case .rotationFailures: ["kind", "code"]
        case .subjectRequestsDue: ["kind", "stage"]
        case .peopleLimitsReached: ["limit"]
        case .honeyAlarms: ["how"]
        case .honeyStopFailures: ["code"]
        case .conditionsFailed, .glassBroken, .retentionDue: ["rule"]
        case .serving, .memoryNotLocked, .honeyStops, .auditCommitted, .auditRefused, .auditSpooled, .auditSpoolReplayed, .auditSpoolFull,
            .auditPruned,
            .logSequenced, .logLag, .logEpochsBegun, .dataKeysMissing, .tenantKeysUnopened, .recoveryMissing, .keyNewsMissing, .epochsEnded,
            .peopleErased,
            .erasureLeftovers, .erasuresRecorded, .erasuresUnrecorded, .backups, .backupNewest, .retentionRecords, .holdReviewsDue, .policiesReloaded,
            .policiesRefused, .certificatesReloaded, .certificatesRefused, .subjectRequestsOpen, .subjectRequestsOverdue, .eventsDelivered,
            .eventsDead, .eventLag:
            []
        }
    }
}
