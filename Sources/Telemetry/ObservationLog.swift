package import Logging
package import Vocabulary

/// Turns observations into log lines. The switch is exhaustive: a new observation does not compile until it is told here.
package struct ObservationLog: Sendable {
    package let logger: Logger

    package init(level: Logger.Level) {
        logger = Logger(label: "gatehouse") { JSONLog(label: $0, level: level) }
    }

    package var observer: Observer { { [logger] in Self.tell($0, logger) } }

    private static func tell(_ observation: Observation, _ logger: Logger) {
        switch observation {
        case .databaseConnected(let database): logger.debug("connected", metadata: ["database": "\(database)"])
        case .databaseLost(let database, let sqlState):
            logger.warning("connection lost", metadata: ["database": "\(database)", "sqlstate": "\(sqlState ?? "")"])
        case .databaseUnreachable(let database, let attempt):
            logger.warning("database unreachable", metadata: ["database": "\(database)", "attempt": "\(attempt)"])
        case .rowSecurityBypassed(let database, let role):
            logger.warning(
                "the role is above row-level security; every transaction steps down", metadata: ["database": "\(database)", "role": "\(role)"]
            )
        case .memoryNotLocked: logger.warning("keys cannot be locked in memory; raise the memlock limit")
        case .auditCommitted(let events): logger.trace("audit events committed", metadata: ["events": "\(events)"])
        case .auditFailed(let events, let code): logger.error("audit events not written", metadata: ["events": "\(events)", "code": "\(code)"])
        case .auditRefused: logger.error("an access was refused because it could not be recorded")
        case .auditSpooled(let events): logger.warning("the database takes no events; they wait in the spool", metadata: ["events": "\(events)"])
        case .auditSpoolReplayed(let events): logger.notice("events of the spool reached the database", metadata: ["events": "\(events)"])
        case .auditSpoolFull: logger.error("the spool of the audit trail is full")
        case .logSequenced(let tenant, let events): logger.debug("the log has grown", metadata: ["tenant": "\(tenant)", "events": "\(events)"])
        case .logBehind(let tenant, let seconds):
            logger.warning("recorded events wait for the log", metadata: ["tenant": "\(tenant)", "seconds": "\(seconds)"])
        case .logEpochBegun(let tenant, let epoch, let size):
            logger.error(
                "the database was taken back: the log goes on in a new epoch",
                metadata: ["tenant": "\(tenant)", "epoch": "\(epoch)", "lost_size": "\(size)"])
        case .logUnsigned(let tenant, let code):
            logger.error("a head of the log cannot be signed", metadata: ["tenant": "\(tenant)", "code": "\(code)"])
        case .witnessed(let witness, let size): logger.debug("witnessed", metadata: ["witness": "\(witness)", "size": "\(size)"])
        case .witnessFailed(let witness, let code):
            logger.warning("a witness confirms nothing", metadata: ["witness": "\(witness)", "code": "\(code)"])
        case .feedDelivered(let feed, let events): logger.debug("events delivered", metadata: ["feed": "\(feed)", "events": "\(events)"])
        case .feedFailed(let feed, let code): logger.warning("a feed takes no events", metadata: ["feed": "\(feed)", "code": "\(code)"])
        case .auditPruned(let events): logger.notice("events that have lasted their time were dropped", metadata: ["events": "\(events)"])
        case .sealedValueUnreadable(let entity, let field):
            logger.error("a sealed value does not open", metadata: ["entity": "\(entity)", "field": "\(field)"])
        case .dataKeysMissing(let count):
            logger.error("data keys are missing that nobody destroyed: is the vault older than the store?", metadata: ["count": "\(count)"])
        case .tenantKeysUnopened(let tenant, let reason):
            logger.error("the keys of a tenant cannot be opened", metadata: ["tenant": "\(tenant)", "reason": "\(reason)"])
        case .recoveryMissing:
            logger.warning(
                "the epoch keys have no recovery copy: whoever loses the key provider loses every sealed field",
                metadata: ["hint": "gatehouse key escrow --help"]
            )
        case .rotationResumed(let kind): logger.notice("going on with a rotation", metadata: ["kind": "\(kind)"])
        case .rotationFinished(let kind, let tenant): logger.notice("rotation finished", metadata: ["kind": "\(kind)", "tenant": "\(tenant)"])
        case .rotationFailed(let kind, let code): logger.error("rotation stopped", metadata: ["kind": "\(kind)", "code": "\(code)"])
        case .epochEnded(let tenant, let epoch):
            logger.notice("an epoch has ended and its key is destroyed", metadata: ["tenant": "\(tenant)", "epoch": "\(epoch)"])
        case .conditionFailed(let rule): logger.warning("a condition of a policy failed", metadata: ["rule": "\(rule)"])
        case .glassBroken(let rule): logger.warning("the glass was broken; the access has to be reviewed", metadata: ["rule": "\(rule)"])
        case .policiesReloaded(let rules): logger.notice("policies reloaded", metadata: ["rules": "\(rules)"])
        case .policiesRefused(let problems):
            logger.error("changed policies are refused, the running ones stay", metadata: ["problems": "\(problems.count)"])
            for problem in problems {
                logger.error(
                    "policy problem",
                    metadata: ["at": "\(problem.position)", "problem": "\(problem.message)", "hint": "\(problem.hint ?? "")"]
                )
            }
        case .requestAnswered(let route, let status, let duration):
            if status >= 500 {
                logger.error("request failed", metadata: ["route": "\(route)", "status": "\(status)"])
            } else {
                logger.debug("request", metadata: ["route": "\(route)", "status": "\(status)", "duration": "\(duration)"])
            }
        case .requestFailed(let route, let code): logger.debug("request refused", metadata: ["route": "\(route)", "code": "\(code)"])
        case .serving(let address): logger.notice("serving", metadata: ["address": "\(address)"])
        case .stopping: logger.notice("stopping")
        }
    }
}
