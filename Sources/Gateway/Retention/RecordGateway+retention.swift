import AuditTrail
import Catalog
import DataFormats
import Identity
import Policies
import PostgresLink
package import Storage
import SubjectRights
package import Vocabulary

/// Runs of retention: long jobs that let go of what has lasted its time while everything goes on, and can be gone on with by anybody after a
/// crash.
///
/// A run is a row in the store, with a list of the records that it still has to do with. A batch commits together with its numbers, its event
/// and what it takes off the list, so that nothing is done twice or counted twice, whenever the process ends.
extension RecordGateway {
    /// Begins a run, or finds the one that is under way in the tenant.
    ///
    /// - Parameters:
    ///   - rule: only this one; `nil` is every rule of the catalog.
    ///   - rate: records a second at most; 0 is as fast as it goes.
    package func beginRetention(rule: String? = nil, rate: Int32, _ context: RequestContext) async throws(Refusal) -> RetentionRunRow {
        let decision = try await decide(.update, .retention, context)
        let names = try retentionSelection(at: context.time).rules(named: rule).map { RetentionSelection.name($0.entity, $0.rule) }
        let run = RetentionRunRow(
            id: .make(), tenant: context.tenant, rules: names, rate: rate, startedAt: context.time, startedBy: context.principal.actor)
        let begun = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let rows: ResultSet
            do throws(LinkError) {
                rows = try await transaction.execute([
                    StoreDatabase.begin(run), StoreDatabase.retentionRuns(of: context.tenant, unfinishedOnly: true),
                ])[1]
            } catch {
                throw refusal(StorageError(error))
            }
            guard let begun = RetentionRunRow.all(rows, of: context.tenant).first else {
                throw Refusal(.busy, "the run that was under way has just ended", hint: "begin it again")
            }
            var event = event(decision, context, outcome: .changed)
            event.target = .retention(begun.id)
            return (begun, event)
        }.value
        if rule != nil, begun.rules != names {
            throw Refusal(
                .busy, "a run of other rules is under way", hint: "'gatehouse retention runs' shows how far it is; ask again when it has ended")
        }
        return begun
    }

    /// Runs of the tenant, the newest first.
    package func retentionRuns(_ context: RequestContext) async throws(Refusal) -> [RetentionRunRow] {
        let decision = try await decide(.read, .retention, context)
        let runs = RetentionRunRow.all(try await read(context, [StoreDatabase.retentionRuns(of: context.tenant)])[0], of: context.tenant)
        var event = event(decision, context, outcome: .disclosed)
        event.target = .report("retention-runs")
        event.count = runs.count
        _ = try await record(event, context)
        return runs
    }

    /// The signed report of a run that has ended.
    package func retentionReport(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> [UInt8] {
        let decision = try await decide(.read, .retention, context)
        let run = RetentionRunRow.all(try await read(context, [StoreDatabase.retentionRun(id, of: context.tenant)])[0], of: context.tenant).first
        var event = event(decision, context, outcome: run == nil ? .failed : .disclosed)
        event.target = .retention(id)
        _ = try await record(event, context)
        guard let run else { throw Refusal(.notFound, "there is no such run", hint: "'gatehouse retention runs' shows them") }
        guard let report = run.report else {
            throw Refusal(.requestState, "the run has not ended", hint: "'gatehouse retention runs' shows how far it is")
        }
        return report
    }

    /// Runs that have begun and not ended, for whoever carries them out.
    package func openRetentionRuns(of tenant: TenantID) async throws(Refusal) -> [RetentionRunRow] {
        do {
            let rows = try await store.read(Scope(tenant: tenant), [StoreDatabase.retentionRuns(of: tenant, unfinishedOnly: true)])[0]
            return RetentionRunRow.all(rows, of: tenant)
        } catch {
            throw refusal(error)
        }
    }

    /// A run as it is now; nobody is told.
    package func run(_ id: UUIDv7, of tenant: TenantID) async throws(Refusal) -> RetentionRunRow? {
        do {
            return RetentionRunRow.all(try await store.read(Scope(tenant: tenant), [StoreDatabase.retentionRun(id, of: tenant)])[0], of: tenant).first
        } catch {
            throw refusal(error)
        }
    }

    /// Carries a run out, from where it is to its end.
    ///
    /// Cancelled, it stops after the batch it is at, and lets go of the run; the next who takes it goes on there.
    /// - Parameter progress: told after each batch.
    /// - Returns: the finished run, with its report.
    package func carryOut(
        _ run: RetentionRunRow, progress: @Sendable (RetentionRunRow) -> Void = { _ in }, _ context: RequestContext
    ) async throws(Refusal) -> RetentionRunRow {
        _ = try await decide(.update, .retention, context)
        let runner = UUIDv7.make()
        guard try await changedRows(StoreDatabase.claimRun(run.id, by: runner, tenant: run.tenant), run.tenant) == 1 else {
            throw Refusal(.busy, "another process is carrying this run out", hint: "'gatehouse retention runs' shows how far it is")
        }
        // What the last runner has written down, and not what was read before it was claimed.
        var run = try await self.run(run.id, of: run.tenant) ?? run
        let work = RetentionWork(gateway: self, context: context, selection: retentionSelection(at: run.startedAt), runner: runner)
        do throws(Refusal) {
            // People whose rows a run took away before it ended still have their keys.
            try await resumeErasures(context)
            while run.finishedAt == nil {
                if Task.isCancelled { throw Refusal(.busy, "stopped; the run goes on when it is run again") }
                let begin = ContinuousClock.now
                let count = try await work.step(&run)
                guard try await changedRows(StoreDatabase.saveRun(run, by: runner), run.tenant) == 1 else {
                    throw Refusal(.busy, "another process has taken this run over", hint: "'gatehouse retention runs' shows how far it is")
                }
                progress(run)
                if run.rate > 0, count > 0 {
                    let due = begin + .milliseconds(count * 1000 / Int(run.rate))
                    if due > .now { try? await Task.sleep(until: due) }
                }
            }
        } catch {
            if error.code != .busy { observe(.retentionFailed(code: error.code.rawValue)) }
            _ = try? await changedRows(StoreDatabase.releaseRun(run.id, by: runner, tenant: run.tenant), run.tenant)
            throw error
        }
        observe(.retentionFinished(tenant: run.tenant.description, records: Int(run.done)))
        return run
    }

    /// Bookkeeping of a run: tells of nobody, and has no event of its own.
    private func changedRows(_ statement: SQL, _ tenant: TenantID) async throws(Refusal) -> Int {
        do { return try await changed(statement, tenant).affectedRows } catch { throw refusal(error) }
    }
}
