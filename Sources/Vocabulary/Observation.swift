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
    /// A rotation that was begun goes on here.
    case rotationResumed(kind: String)
    case rotationFinished(kind: String, tenant: String)
    case rotationFailed(kind: String, code: String)
    case epochEnded(tenant: String, epoch: Int)
    /// A condition of a policy came to an error: an allow that does not hold, a deny that does.
    case conditionFailed(rule: String)
    case glassBroken(rule: String)
    case policiesReloaded(rules: Int)
    /// The running policies stay.
    case policiesRefused([Diagnostic])
    case requestAnswered(route: String, status: Int, duration: Duration)
    case requestFailed(route: String, code: String)
    case serving(address: String)
    case stopping
}

/// Where observations go.
package typealias Observer = @Sendable (Observation) -> Void
