/// Everything the running product can say about itself; `Telemetry` turns it into log lines and metrics.
///
/// Closed on purpose: a case carries codes, counts, durations and names from configuration, never a value of a person.
package enum Observation: Sendable {
    case databaseConnected(database: String)
    case databaseLost(database: String, sqlState: String?)
    case databaseUnreachable(database: String, attempt: Int)
    case rowSecurityBypassed(database: String, role: String)
    case memoryNotLocked
    case auditCommitted(events: Int)
    case auditFailed(events: Int, code: String)
    case auditRefused
    case auditSpooled(events: Int)
    case auditSpoolReplayed(events: Int)
    case auditSpoolFull
    case logSequenced(tenant: String, events: Int)
    case logBehind(tenant: String, seconds: Int)
    case logEpochBegun(tenant: String, epoch: Int, lostSize: Int)
    case logUnsigned(tenant: String, code: String)
    case witnessed(witness: String, size: Int)
    case witnessFailed(witness: String, code: String)
    case feedDelivered(feed: String, events: Int)
    case feedFailed(feed: String, code: String)
    case auditPruned(events: Int)
    case sealedValueUnreadable(entity: String, field: String)
    /// Data keys that are neither there nor destroyed on purpose: the vault is older than the store, or was changed.
    case dataKeysMissing(count: Int)
    /// The keys of a tenant cannot be opened, and so none of its sealed fields; the reason names keys and files, and no person.
    case tenantKeysUnopened(tenant: String, reason: String)
    /// Nobody but the key provider has the epoch keys.
    case recoveryMissing
    /// Nobody tells this gateway that another one has destroyed keys: those that it has open it forgets when they are that old.
    case keyNewsMissing(seconds: Int)
    /// A rotation that was begun goes on here.
    case rotationResumed(kind: String)
    case rotationFinished(kind: String, tenant: String)
    case rotationFailed(kind: String, code: String)
    /// Records of all tenants that have lasted their time, as they were last counted.
    case retentionDue(rule: String, records: Int)
    case retentionFinished(tenant: String, records: Int)
    case retentionFailed(code: String)
    /// Legal holds that somebody has to look at: their review date has passed.
    case holdReviewsDue(count: Int)
    case epochEnded(tenant: String, epoch: Int)
    case erasureFinished(people: Int)
    case erasureFailed(code: String)
    /// Two people were made one, and something of it is left to do.
    case mergeUnsettled(code: String)
    /// The second look of an erasure found what had been written in between, and removed it.
    case erasureLeftovers(count: Int)
    /// The repository of backups knows of so many more erasures.
    case erasuresRecorded(people: Int)
    /// Erasures of all tenants that it does not know of yet.
    case erasuresUnrecorded(people: Int)
    case erasureLedgerFailed(code: String)
    case backupMade(bytes: Int)
    /// When the newest backup was begun, in seconds since 1970.
    case backupNewest(at: Int)
    case backupFailed(code: String)
    /// The repository has the vault as it is after an epoch ended.
    case vaultArchiveReplaced
    case noticeDelivered(recipient: String)
    case noticeFailed(recipient: String, code: String)
    /// An endpoint took an event, so long after it had happened.
    case eventDelivered(lag: Duration)
    case eventFailed(code: String)
    /// An event was given up after the last of its tries.
    case eventDead
    case endpointDisabled(code: String)
    /// A condition of a policy came to an error: an allow that does not hold, a deny that does.
    case conditionFailed(rule: String)
    case glassBroken(rule: String)
    /// Somebody has seen as many people within an hour as a limit lets them.
    case peopleLimitReached(limit: String)
    /// Somebody read or changed a record that nobody honest has a reason to touch. The caller and its key are the controller's own, and the
    /// record is nobody's.
    case honeyTouched(actor: String, credential: String, record: String, request: String, isChange: Bool)
    /// Whoever did has no key any more.
    case honeyStopped
    case honeyStopFailed(code: String)
    /// A deadline of a request comes near, has passed, or a request has lapsed.
    case subjectRequestDue(kind: String, stage: String)
    case subjectRequestsCounted(tenant: String, open: Int, overdue: Int)
    case subjectRequestMailFailed(code: String)
    /// An agent that wants to be told how its request stands did not take it.
    case agentCallFailed(code: String)
    /// What the gateway does by itself did not succeed, and is tried again. The same failure is news once a minute.
    case keeperFailed(keeper: String, code: String, isNews: Bool)
    case policiesReloaded(rules: Int)
    /// The running policies stay.
    case policiesRefused([Diagnostic])
    /// The server's certificate was renewed; it ends then, in seconds since 1970.
    case certificateReloaded(expires: Int)
    /// Changed files of TLS are not fit, and the running ones stay; the reason names files alone.
    case certificateRefused(reason: String)
    /// The keys with which an issuer of tokens signs were fetched.
    case issuerKeysFetched(issuer: String, keys: Int)
    case issuerKeysFailed(issuer: String, code: String)
    /// A token was not taken; whoever sent it is not told why.
    case tokenRefused(issuer: String, code: String)
    case requestAnswered(route: String, status: Int, duration: Duration)
    case requestFailed(route: String, code: String)
    case serving(address: String)
    /// The databases are being restored, so that every request is refused; or they no longer are.
    case restoring(isUnderWay: Bool)
    case stopping
}

/// Where observations go.
package typealias Observer = @Sendable (Observation) -> Void
