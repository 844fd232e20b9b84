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
        case .keyNewsMissing(let seconds):
            logger.warning(
                "behind a pooler in transaction mode nobody hears of keys that another gateway destroys: they stay open here until they are too old",
                metadata: ["seconds": "\(seconds)", "hint": "set GATEHOUSE_DIRECT_VAULT_URL"]
            )
        case .retentionDue(let rule, let records):
            logger.notice("data has lasted its time", metadata: ["rule": "\(rule)", "records": "\(records)"])
        case .retentionFinished(let tenant, let records):
            logger.notice("retention finished", metadata: ["tenant": "\(tenant)", "records": "\(records)"])
        case .retentionFailed(let code): logger.error("retention stopped", metadata: ["code": "\(code)"])
        case .holdReviewsDue(let count): if count > 0 { logger.warning("legal holds wait for a review", metadata: ["holds": "\(count)"]) }
        case .rotationResumed(let kind): logger.notice("going on with a rotation", metadata: ["kind": "\(kind)"])
        case .rotationFinished(let kind, let tenant): logger.notice("rotation finished", metadata: ["kind": "\(kind)", "tenant": "\(tenant)"])
        case .rotationFailed(let kind, let code): logger.error("rotation stopped", metadata: ["kind": "\(kind)", "code": "\(code)"])
        case .erasureFinished(let people): logger.notice("people erased", metadata: ["people": "\(people)"])
        case .mergeUnsettled(let code): logger.notice("merge of people not settled yet", metadata: ["code": "\(code)"])
        case .erasureFailed(let code): logger.error("erasure stopped", metadata: ["code": "\(code)"])
        case .erasureLeftovers(let count): logger.warning("written while it was erased, and removed", metadata: ["count": "\(count)"])
        case .erasuresRecorded(let people): logger.debug("erasures are in the repository of backups", metadata: ["people": "\(people)"])
        case .erasuresUnrecorded(let people):
            if people > 0 { logger.warning("the repository of backups does not know of erasures", metadata: ["people": "\(people)"]) }
        case .backupMade(let bytes): logger.notice("a backup was made", metadata: ["bytes": "\(bytes)"])
        case .backupNewest: break
        case .backupFailed(let code): logger.error("backups do not go on", metadata: ["code": "\(code)"])
        case .vaultArchiveReplaced: logger.notice("the repository has the vault as it is after an epoch ended")
        case .erasureLedgerFailed(let code):
            logger.error("the repository of backups takes no record of erasures", metadata: ["code": "\(code)"])
        case .noticeDelivered(let recipient): logger.debug("recipient told", metadata: ["recipient": "\(recipient)"])
        case .noticeFailed(let recipient, let code):
            logger.warning("a recipient could not be told", metadata: ["recipient": "\(recipient)", "code": "\(code)"])
        case .eventDelivered(let lag): logger.debug("subscriber told", metadata: ["lag": "\(lag)"])
        case .eventFailed(let code): logger.debug("a subscriber could not be told", metadata: ["code": "\(code)"])
        case .eventDead: logger.warning("an event was given up after its last try")
        case .endpointDisabled(let code): logger.warning("an endpoint is told of nothing any more", metadata: ["code": "\(code)"])
        case .epochEnded(let tenant, let epoch):
            logger.notice("an epoch has ended and its key is destroyed", metadata: ["tenant": "\(tenant)", "epoch": "\(epoch)"])
        case .conditionFailed(let rule): logger.warning("a condition of a policy failed", metadata: ["rule": "\(rule)"])
        case .glassBroken(let rule): logger.warning("the glass was broken; the access has to be reviewed", metadata: ["rule": "\(rule)"])
        case .peopleLimitReached(let limit):
            logger.warning("somebody has seen as many people within an hour as a limit lets them", metadata: ["limit": "\(limit)"])
        case .honeyTouched(let actor, let credential, let record, let request, let isChange):
            logger.critical(
                "somebody touched a record that nobody has a reason to read",
                metadata: [
                    "actor": "\(actor)", "credential": "\(credential)", "record": "\(record)", "request": "\(request)", "change": "\(isChange)",
                ])
        case .honeyStopped: logger.error("the key of who touched a honey record was revoked")
        case .honeyStopFailed(let code): logger.critical("who touched a honey record could not be stopped", metadata: ["code": "\(code)"])
        case .subjectRequestDue(let kind, let stage):
            logger.warning("a request of a data subject needs somebody", metadata: ["kind": "\(kind)", "stage": "\(stage)"])
        case .subjectRequestsCounted(let tenant, let open, let overdue):
            logger.debug("requests of data subjects", metadata: ["tenant": "\(tenant)", "open": "\(open)", "overdue": "\(overdue)"])
        case .subjectRequestMailFailed(let code): logger.error("a letter about a request did not go out", metadata: ["code": "\(code)"])
        case .keeperFailed(let keeper, let code, let isNews):
            logger.log(
                level: isNews ? .warning : .debug, "what is done by itself failed, and is tried again",
                metadata: ["keeper": "\(keeper)", "code": "\(code)"])
        case .agentCallFailed(let code): logger.warning("an agent could not be told how its request stands", metadata: ["code": "\(code)"])
        case .certificateReloaded(let expires): logger.notice("certificate renewed", metadata: ["expires": "\(expires)"])
        case .certificateRefused(let reason):
            logger.error("a changed certificate is not fit; the running one stays", metadata: ["reason": "\(reason)"])
        case .policiesReloaded(let rules): logger.notice("policies reloaded", metadata: ["rules": "\(rules)"])
        case .policiesRefused(let problems):
            logger.error("changed policies are refused, the running ones stay", metadata: ["problems": "\(problems.count)"])
            for problem in problems {
                logger.error(
                    "policy problem",
                    metadata: ["at": "\(problem.position)", "problem": "\(problem.message)", "hint": "\(problem.hint ?? "")"]
                )
            }
        case .issuerKeysFetched(let issuer, let keys):
            logger.info("the keys of an issuer of tokens were fetched", metadata: ["issuer": "\(issuer)", "keys": "\(keys)"])
        case .issuerKeysFailed(let issuer, let code):
            logger.error("the keys of an issuer of tokens cannot be had", metadata: ["issuer": "\(issuer)", "code": "\(code)"])
        case .tokenRefused(let issuer, let code): logger.debug("a token was refused", metadata: ["issuer": "\(issuer)", "code": "\(code)"])
        case .requestAnswered(let route, let status, let duration):
            if status >= 500 {
                logger.error("request failed", metadata: ["route": "\(route)", "status": "\(status)"])
            } else {
                logger.debug("request", metadata: ["route": "\(route)", "status": "\(status)", "duration": "\(duration)"])
            }
        case .requestFailed(let route, let code): logger.debug("request refused", metadata: ["route": "\(route)", "code": "\(code)"])
        case .serving(let address): logger.notice("serving", metadata: ["address": "\(address)"])
        case .restoring(let isUnderWay): logger.warning(isUnderWay ? "closed: the databases are being restored" : "open again after a restore")
        case .stopping: logger.notice("stopping")
        }
    }
}
