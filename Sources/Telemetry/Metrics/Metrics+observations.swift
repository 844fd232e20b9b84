package import Vocabulary

extension Metrics {
    package var observer: Observer { { [self] in count($0) } }

    /// The switch is exhaustive: a new observation does not compile until it is counted here, or said not to be.
    private func count(_ observation: Observation) {
        switch observation {
        case .databaseConnected(let database): board.add(1, to: .databaseConnected, database)
        case .databaseLost(let database, _): board.add(1, to: .databaseLost, database)
        case .databaseUnreachable(let database, _): board.add(1, to: .databaseUnreachable, database)
        case .rowSecurityBypassed(let database, _): board.set(.rowSecurityBypassed, database, to: 1)
        case .memoryNotLocked: board.set(.memoryNotLocked, to: 1)
        case .auditCommitted(let events): board.add(events, to: .auditCommitted)
        case .auditFailed(_, let code): board.add(1, to: .auditFailed, code)
        case .auditRefused: board.add(1, to: .auditRefused)
        case .auditSpooled(let events): board.add(events, to: .auditSpooled)
        case .auditSpoolReplayed(let events): board.add(events, to: .auditSpoolReplayed)
        case .auditSpoolFull: board.add(1, to: .auditSpoolFull)
        case .auditPruned(let events): board.add(events, to: .auditPruned)
        case .logSequenced(let tenant, let events):
            board.add(events, to: .logSequenced)
            board.setLag(0, of: tenant)
        case .logBehind(let tenant, let seconds): board.setLag(seconds, of: tenant)
        case .logEpochBegun: board.add(1, to: .logEpochsBegun)
        case .logUnsigned(_, let code): board.add(1, to: .logUnsigned, code)
        case .witnessed(let witness, _): board.add(1, to: .witnessed, witness)
        case .witnessFailed(let witness, let code): board.add(1, to: .witnessFailed, witness, code)
        case .feedDelivered(let feed, let events): board.add(events, to: .feedDelivered, feed)
        case .feedFailed(let feed, let code): board.add(1, to: .feedFailed, feed, code)
        case .sealedValueUnreadable(let entity, let field): board.add(1, to: .sealedValuesUnreadable, entity, field)
        case .dataKeysMissing(let count): board.add(count, to: .dataKeysMissing)
        case .tenantKeysUnopened: board.add(1, to: .tenantKeysUnopened)
        case .recoveryMissing: board.set(.recoveryMissing, to: 1)
        case .rotationResumed(let kind): board.add(1, to: .rotationsResumed, kind)
        case .rotationFinished(let kind, _): board.add(1, to: .rotationsFinished, kind)
        case .rotationFailed(let kind, let code): board.add(1, to: .rotationFailures, kind, code)
        case .epochEnded: board.add(1, to: .epochsEnded)
        case .conditionFailed(let rule): board.add(1, to: .conditionsFailed, rule)
        case .glassBroken(let rule): board.add(1, to: .glassBroken, rule)
        case .policiesReloaded: board.add(1, to: .policiesReloaded)
        case .policiesRefused: board.add(1, to: .policiesRefused)
        case .requestAnswered(let route, let status, let duration):
            board.add(1, to: .requests, route, "\(status / 100)xx")
            board.count(duration, in: .requestDuration, route)
        case .requestFailed(let route, let code): board.add(1, to: .requestRefusals, route, code)
        case .serving: board.set(.serving, to: 1)
        case .stopping: board.set(.serving, to: 0)
        }
    }
}
