import AuditTrail
import KeyProviders
import KeyRing
import Policies
package import Sealing
package import Storage
package import Vocabulary

/// Rotations: long jobs that replace a key while everything goes on, and can be gone on with by anybody after a crash.
///
/// A job is a row in the vault: what is replaced, the step it is at, and how far that is. Whoever carries it out holds a lease of
/// half a minute on it. The steps can be repeated, and be done by two at once, so that a lease that was lost does no harm; it saves
/// doing things twice.
extension RecordGateway {
    /// Begins a rotation, or finds the one of its kind that is under way.
    ///
    /// - Parameters:
    ///   - suite: for `subjects`, what everything is to be sealed with afterwards; `nil` keeps the suite.
    ///   - rate: keys or records a second at most; 0 is as fast as it goes.
    package func beginRotation(
        _ kind: KeyJobKind, suite: Envelope.Suite? = nil, rate: Int32, _ context: RequestContext
    ) async throws(Refusal) -> KeyJob {
        let decision = try await decide(.update, .key, context)
        let tenant = kind == .root ? SubjectKeyRing.system : context.tenant
        let job: KeyJob?
        do {
            let stored = try await vault.tenantKeys(of: tenant)
            let (old, new): (Int32, Int32) =
                switch kind {
                case .root: (0, 0)
                case .epoch: (stored.epochs.last?.epoch ?? 0, (stored.epochs.last?.epoch ?? 0) + 1)
                case .search: (stored.searchKeys.first?.generation ?? 0, (stored.searchKeys.first?.generation ?? 0) + 1)
                case .subjects: (stored.suite ?? 1, suite.map { Int32($0.rawValue) } ?? stored.suite ?? 1)
                }
            job = try await vault.beginJob(kind, step: RotationStep.begin.rawValue, old: old, new: new, total: 0, rate: rate, of: tenant)
        } catch {
            throw Self.refusal(.vault(error))
        }
        guard let job else { throw Refusal(.busy, "the rotation that was under way has just ended", hint: "begin it again") }
        // Joining a rotation that leads elsewhere would look like having got what was asked for.
        if let suite, job.new != Int32(suite.rawValue) {
            throw Refusal(
                .parameterInvalid, "a rotation of data keys to suite \(job.new) is under way",
                hint: "ask again when 'gatehouse key jobs' shows its end")
        }
        var event = event(decision, context, outcome: .changed)
        event.target = .rotation(kind)
        _ = try await record(event, context)
        return job
    }

    /// Rotations of a tenant and of the root, the newest first.
    package func rotations(unfinishedOnly: Bool = false, of tenant: TenantID) async throws(Refusal) -> [KeyJob] {
        do {
            let all = try await vault.jobs(of: tenant, unfinishedOnly: unfinishedOnly)
            return all + (try await vault.jobs(of: SubjectKeyRing.system, unfinishedOnly: unfinishedOnly))
        } catch {
            throw Self.refusal(.vault(error))
        }
    }

    /// Carries a rotation out, from where it is to its end.
    ///
    /// Cancelled, it stops after the batch it is at, and lets go of the job; the next who runs it goes on there.
    /// - Parameter progress: told after each batch.
    /// - Returns: the finished job.
    package func carryOut(
        _ job: KeyJob, settlingTime: Duration? = nil, progress: @Sendable (KeyJob) -> Void = { _ in }
    ) async throws(Refusal) -> KeyJob {
        let runner = UUIDv7.make()
        guard try await inVault({ () async throws(StorageError) in try await vault.claim(job, by: runner) }) else {
            throw Refusal(.busy, "another process is carrying this rotation out", hint: "'gatehouse key jobs' shows how far it is")
        }
        // What the last runner has written down, and not what was read before it was claimed.
        var job =
            try await inVault { () async throws(StorageError) in try await vault.jobs(of: job.tenant, unfinishedOnly: true) }
            .first { $0.id == job.id } ?? job
        var rotation = Rotation(gateway: self, settlingTime: settlingTime ?? keyRing.settings.settlingTime)
        do throws(Refusal) {
            while job.finishedAt == nil {
                if Task.isCancelled { throw Refusal(.busy, "stopped; the rotation goes on when it is run again") }
                let begin = ContinuousClock.now
                let items = try await rotation.step(&job)
                guard try await inVault({ () async throws(StorageError) in try await vault.save(job, by: runner) }) else {
                    throw Refusal(.busy, "another process has taken this rotation over", hint: "'gatehouse key jobs' shows how far it is")
                }
                progress(job)
                if job.rate > 0, items > 0 {
                    let due = begin + .milliseconds(items * 1000 / Int(job.rate))
                    if due > .now { try? await Task.sleep(until: due) }
                }
            }
        } catch {
            let (kind, code) = (job.kind.rawValue, error.code.rawValue)
            if error.code != .busy { observe(.rotationFailed(kind: kind, code: code)) }
            try? await vault.release(job, by: runner)
            throw error
        }
        observe(.rotationFinished(kind: job.kind.rawValue, tenant: job.tenant.description))
        return job
    }

    /// Every tenant, and the gateway's own.
    func allTenants() async throws(Refusal) -> [TenantID] {
        [SubjectKeyRing.system] + (try await tenants())
    }
}

/// The steps of rotations, by the names that rest in the vault.
enum RotationStep: String, Sendable {
    case begin
    /// Wrapping under the new key what is wrapped under the old one.
    case rewrap
    /// Waiting until no gateway uses what it knew before.
    case settle
    /// Sealing cells, or making tokens, anew.
    case rewrite
    /// Closing the old epoch, removing the old search key.
    case retire
    /// The same wait, for what was retired.
    case settleAgain = "settle-again"
    /// Destroying what is not used any more.
    case destroy
    case done
}

/// One rotation being carried out: a batch at a time.
struct Rotation: Sendable {
    let gateway: RecordGateway
    let settlingTime: Duration
    /// The position of a walk over data keys, which has a second part that does not rest in the job: a batch is repeated after a crash.
    var keyPosition: DataKeyPosition?
    /// Wrapping keys of epochs that the vault does not know, and since when they were seen.
    var unknownSince: [WrappingKeyName: ContinuousClock.Instant] = [:]

    var keyRing: SubjectKeyRing { gateway.keyRing }

    /// Does a batch of the step that a job is at, and moves the job on.
    ///
    /// - Returns: how many keys or records it was about.
    mutating func step(_ job: inout KeyJob) async throws(Refusal) -> Int {
        guard let step = RotationStep(rawValue: job.step) else { throw Refusal(.internalError, "this build does not know the rotation's step") }
        return switch job.kind {
        case .epoch: try await epoch(step, &job)
        case .root: try await root(step, &job)
        case .subjects: try await subjects(step, &job)
        case .search: try await search(step, &job)
        }
    }

    /// How many items a batch has: never more than a quarter of a second's, so that a throttled job goes evenly and keeps its lease.
    func batch(_ most: Int, _ job: KeyJob) -> Int { job.rate > 0 ? min(most, max(1, Int(job.rate) / 4)) : most }

    /// Waits a moment at a time until a job has been at its step for as long as anybody may use what it knew before.
    func settle(_ job: inout KeyJob, then next: RotationStep) async -> Int {
        let seconds = settlingTime / .seconds(1)
        let end = Instant(microseconds: job.stepAt.microseconds + Int64(seconds * 1_000_000))
        let now = Instant.now()
        if now >= end {
            job.enter(next)
        } else {
            try? await Task.sleep(for: .microseconds(min(1_000_000, end.microseconds - now.microseconds)))
        }
        return 0
    }
}
