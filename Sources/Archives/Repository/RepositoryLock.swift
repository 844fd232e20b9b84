import Synchronization
import Vocabulary

/// One at a time, over all hosts that share a repository, on media that know no locks and cannot compare and swap.
///
/// Who wants in puts an object of a name that nobody else has, and is in when a listing that began afterwards shows it and no other: of two who do
/// so at the same moment, the one that lists later sees both. Whose name is not the first takes its object away and comes again, so that the first is
/// alone soon. Nobody has to trust a clock but the medium's: an object that was not refreshed for ``Timing/lease``, compared with our own just put, is
/// stale, and so is at once that of a process of this host that has ended. A holder that could not refresh its own knows that before anybody else may
/// think so, by a clock that goes on while the host sleeps, and stops.
struct RepositoryLock: Sendable {
    struct Timing: Sendable {
        /// After so long without refreshing, others take an object for left behind.
        var lease = Duration.seconds(600)
        /// How often a holder says that it is there.
        var refresh = Duration.seconds(60)
        /// How often one that waits looks.
        var poll = Duration.seconds(2)

        /// After so long a holder that could not say so is none any more: well before others think so.
        var tenure: Duration { lease * 4 / 5 }
    }

    /// What a holder knows of its hold.
    private final class Hold: Sendable {
        private let refreshed: Mutex<ContinuousClock.Instant>
        init(_ moment: ContinuousClock.Instant) { refreshed = Mutex(moment) }
        var refreshedAt: ContinuousClock.Instant { refreshed.withLock { $0 } }
        func refresh(_ moment: ContinuousClock.Instant) { refreshed.withLock { $0 = max($0, moment) } }
    }

    private enum Event<Value: Sendable, Failure: Error>: Sendable {
        case done(Result<Value, Failure>)
        case lost
        case over
    }

    let medium: any ArchiveMedium
    let name: String
    let timing: Timing
    private let key: String
    private let folder: String

    init(_ medium: any ArchiveMedium, _ name: String, timing: Timing = Timing()) {
        self.medium = medium
        self.name = name
        self.timing = timing
        folder = RepositoryLayout.locks + name + "/"
        key = folder + "\(UUIDv7.make()).json"
    }

    /// - Parameter failing: what an error of the lock is to the caller.
    func held<Value: Sendable, Failure: Error>(
        patience: Duration, failing: @escaping @Sendable (ArchiveError) -> Failure,
        _ body: @escaping @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let hold: Hold
        do throws(ArchiveError) { hold = try await acquire(patience) } catch {
            await release()
            throw failing(error)
        }
        let outcome = await withTaskGroup(of: Event<Value, Failure>.self) { group in
            group.addTask {
                do throws(Failure) { return .done(.success(try await body())) } catch { return .done(.failure(error)) }
            }
            group.addTask {
                await refresh(hold)
                return .over
            }
            group.addTask { await watch(hold) ? .over : .lost }
            var isLost = false
            var outcome: Result<Value, Failure>?
            for await event in group {
                switch event {
                case .done(let result): outcome = result
                // One that was done before was alone until then.
                case .lost: isLost = outcome == nil
                case .over: continue
                }
                group.cancelAll()
            }
            // Whatever it has done since, it was not alone.
            return isLost ? nil : outcome
        }
        await release()
        guard let outcome else { throw failing(.locked(name, holder: "somebody else: this process did not reach the repository for too long")) }
        return try outcome.get()
    }

    // MARK: Getting in

    /// What the medium's clock showed, and ours that goes on, when a call had just returned.
    private struct Clock {
        let shown: Instant
        let moment: ContinuousClock.Instant
        /// The medium's time, or a little earlier.
        var now: Instant { shown.advanced(by: ContinuousClock.now - moment) }
    }

    private func acquire(_ patience: Duration) async throws(ArchiveError) -> Hold {
        let holder = LockHolder.current(at: .now())
        let end = ContinuousClock.now + patience
        var clock: Clock?
        var hold: Hold?
        while true {
            do throws(MediumError) {
                let isDue: Bool
                if let hold {
                    isDue = ContinuousClock.now - hold.refreshedAt > timing.refresh
                } else {
                    // Who would only be in the way of those that are there says nothing.
                    isDue = try await living(try await medium.list(folder), &clock).isEmpty
                }
                if isDue {
                    let moment = ContinuousClock.now
                    try await medium.put(holder.bytes, at: key, ifAbsent: false)
                    hold = Hold(moment)
                }
                if let own = hold {
                    let objects = try await medium.list(folder)
                    let others = try await living(objects, &clock)
                    let isThere = objects.contains { $0.key == key }
                    if isThere, others.isEmpty, ContinuousClock.now - own.refreshedAt < timing.tenure { return own }
                    if !isThere || others.contains(where: { $0.key < key }) {
                        try await medium.remove([key])
                        hold = nil
                    }
                }
            } catch {
                throw .medium(error)
            }
            guard ContinuousClock.now < end else { throw .locked(name, holder: await whoIsThere()) }
            guard (try? await Task.sleep(for: timing.poll * Double.random(in: 0.5...1))) != nil else {
                throw .medium(MediumError(.unavailable, key, "cancelled"))
            }
        }
    }

    /// The objects of others that are alive. Those that are not are removed: nobody will ever use their names again.
    private func living(_ objects: [MediumObject], _ clock: inout Clock?) async throws(MediumError) -> [MediumObject] {
        var living: [MediumObject] = []
        for object in objects where object.key != key {
            if clock == nil { clock = try await look() }
            let isOld = clock.map { $0.now > object.modifiedAt.advanced(by: timing.lease) } ?? false
            let isClock = object.key.hasSuffix(Self.clockEnding)
            let isGone = isClock ? false : try await holder(of: object)?.isGone == true
            if isOld || isGone {
                try await medium.remove([object.key])
            } else if !isClock {
                living.append(object)
            }
        }
        return living
    }

    private static let clockEnding = ".clock"

    /// Asks the medium for its time, which it only tells of objects.
    private func look() async throws(MediumError) -> Clock? {
        let probe = folder + "\(UUIDv7.make())\(Self.clockEnding)"
        try await medium.put([], at: probe, ifAbsent: false)
        let moment = ContinuousClock.now
        let shown = try await medium.list(probe).first?.modifiedAt
        try await medium.remove([probe])
        return shown.map { Clock(shown: $0, moment: moment) }
    }

    private func holder(of object: MediumObject) async throws(MediumError) -> LockHolder? {
        do throws(MediumError) { return LockHolder(try await medium.readAll(object.key, limit: 4096)) } catch {
            // Gone just now, or not of our making: time will tell.
            guard [.missing, .garbled].contains(error.code) else { throw error }
            return nil
        }
    }

    private func whoIsThere() async -> String {
        guard let first = (try? await medium.list(folder))?.first(where: { $0.key != key && !$0.key.hasSuffix(Self.clockEnding) }),
            let holder = try? await holder(of: first)
        else { return "another process" }
        return holder.text
    }

    // MARK: Staying in

    /// Says again and again that we are there, until it is cancelled.
    private func refresh(_ hold: Hold) async {
        let bytes = LockHolder.current(at: .now()).bytes
        var pause = timing.refresh
        while (try? await Task.sleep(for: pause)) != nil {
            let moment = ContinuousClock.now
            // Too late already, somebody else may be in: the object would only be in their way.
            guard moment - hold.refreshedAt < timing.tenure else { return }
            do throws(MediumError) {
                // One that is cut off might arrive after the lock was given back.
                try await despiteCancellation { () async -> Result<Void, MediumError> in
                    do throws(MediumError) { return .success(try await medium.put(bytes, at: key, ifAbsent: false)) } catch { return .failure(error) }
                }.get()
                // One that arrived late came after others may have removed ours.
                guard ContinuousClock.now - hold.refreshedAt < timing.tenure else { return }
                hold.refresh(moment)
                pause = timing.refresh
            } catch {
                pause = timing.refresh / 4
            }
        }
    }

    /// - Returns: false when the hold has ended; true when cancelled before.
    private func watch(_ hold: Hold) async -> Bool {
        while true {
            let end = hold.refreshedAt + timing.tenure
            guard ContinuousClock.now < end else { return false }
            guard (try? await Task.sleep(until: end, clock: .continuous)) != nil else { return true }
        }
    }

    /// What cannot be removed is stale some time later.
    private func release() async {
        await despiteCancellation { try? await medium.remove([key]) }
    }
}

extension ArchiveRepository {
    /// Does something that only one may do at a time, over all hosts.
    ///
    /// The lock is lost when the repository could not be reached for eight minutes; then the body's task is cancelled, and `locked` is thrown when
    /// it has ended, whatever it has done. When this task is cancelled, the body's is, and the lock is given back.
    ///
    /// - Parameters:
    ///   - name: a word of lower-case letters, digits and `-`.
    ///   - patience: how long others are waited for.
    /// - Throws: `locked` when somebody else is at work for longer; what the body throws.
    package func withLock<Value: Sendable>(
        _ name: String, patience: Duration, _ body: @escaping @Sendable () async throws(ArchiveError) -> Value
    ) async throws(ArchiveError) -> Value {
        try await withLock(name, patience: patience, failing: { $0 }, body)
    }

    /// The same for bodies with errors of their own.
    ///
    /// - Parameter failing: what an error of the lock is among them.
    package func withLock<Value: Sendable, Failure: Error>(
        _ name: String, patience: Duration, failing: @escaping @Sendable (ArchiveError) -> Failure,
        _ body: @escaping @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await RepositoryLock(medium, name).held(patience: patience, failing: failing, body)
    }
}
