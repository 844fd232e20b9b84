import AuditTrail
import Identity
import Policies
import PostgresLink
import Storage
import Vocabulary

/// What happens when somebody touches a trap.
///
/// The caller is answered as for any other record, and nothing is waited for on the way: the mark stands in the event that is written anyway, and
/// whoever is to be stopped is stopped behind the answer.
extension RecordGateway {
    /// The trap that an event tells of, if it tells of one: of its disclosure, or of a change to it.
    ///
    /// What a webhook tells is no access of anybody; what it tells of was one.
    func trap(in event: AuditEvent, _ marks: HoneyMarks.Marks) -> HoneyMark? {
        switch event.outcome {
        case .refused, .failed: return nil
        case .disclosed, .changed: break
        }
        if case .webhook = event.target { return nil }
        if event.entity == SystemResource.honey.rawValue { return nil }
        return marks.first(among: event.records, event.subjects)
    }

    /// The same event, marked when it tells of a trap.
    func marked(_ event: AuditEvent, _ marks: HoneyMarks.Marks) -> (event: AuditEvent, trap: HoneyMark?) {
        guard let trap = trap(in: event, marks) else { return (event, nil) }
        var event = event
        event.alarm = .honeyRead
        return (event, trap)
    }

    /// Raises the alarm for an event that was written, and hands over who is to be stopped.
    func raiseAlarm(_ trap: HoneyMark, isChange: Bool, _ context: RequestContext) {
        let liveness = context.principal.liveness
        observe(
            .honeyTouched(
                actor: context.principal.actor, credential: liveness?.credential ?? "", record: trap.record.description,
                request: context.requestID.description, isChange: isChange))
        if context.policies.limits.stopsAtHoney, let liveness {
            thieves.yield(HoneyThief(tenant: context.tenant, liveness: liveness, request: context.requestID))
        }
    }

    /// Stops those who touched a trap, one after the other, until cancelled. Run once for each gateway.
    package func stopThieves() async {
        for await thief in caught {
            var failure: String?
            for attempt in 0..<10 {
                do throws(Refusal) {
                    failure = try await stop(thief) ? nil : "nothing-to-stop"
                    break
                } catch {
                    failure = error.code.rawValue
                    if (try? await Task.sleep(for: .milliseconds(100 << min(attempt, 6)))) == nil { break }
                }
            }
            observe(failure.map { .honeyStopFailed(code: $0) } ?? .honeyStopped)
        }
    }

    /// Revokes the key; who came with a token of an issuer has none here, and is disabled as a user.
    ///
    /// - Returns: whether there was anything to stop.
    private func stop(_ thief: HoneyThief) async throws(Refusal) -> Bool {
        let (tenant, catalog) = (thief.tenant, catalog)
        let statement: SQL
        let event: AuditEvent
        if let credential = thief.liveness.credential {
            statement = StoreDatabase.revokeCredential(credential, tenant: tenant)
            event = .stopped(credential: credential, of: tenant, after: thief.request)
        } else {
            guard let reference = thief.liveness.user else { return false }
            let found: UserRecord?
            do { found = try await store.user(reference, tenant) } catch { throw refusal(error) }
            guard let user = found else { return false }
            // Disabled by somebody else meanwhile.
            if user.disabledAt != nil { return true }
            statement = StoreDatabase.setUser(user, disabledAt: .now(), issuer: user.issuer, subject: user.subject)
            event = .stopped(user: user.id, of: tenant, after: thief.request)
        }
        do throws(Refusal) {
            _ = try await audit.change(Scope(tenant: tenant), wrap: { Self.refusal($0, catalog) }) {
                (transaction: Transaction) async throws(Refusal) -> (value: Void, event: AuditEvent) in
                let touched: Int
                do throws(LinkError) { touched = try await transaction.execute(statement)[0].affectedRows } catch {
                    throw refusal(StorageError(error))
                }
                // Revoked already: one list can touch several traps.
                guard touched == 1 else { throw Refusal(.notFound, "there is no live key with this id") }
                return ((), event)
            }
        } catch {
            guard error.code == .notFound else { throw error }
        }
        return true
    }
}
