package import Vocabulary

/// The course of one request: an event comes in, actions come out, and the clock is an argument. It knows no database and no person.
///
///     received → identity check → (awaiting approval) → in progress → fulfilled | partly fulfilled
///
/// and from every open state refused, withdrawn; expired before the proof. An end is an end: nothing opens a request again.
package struct RequestMachine: Sendable, Equatable {
    /// Proofs that fail; the last one ends the request.
    package static let maximumAttempts = 5

    package let kind: RequestKind
    /// Whoever put it on record.
    package let opener: String
    package let deadlines: RequestDeadlines
    package let asksForProof: Bool

    package var state: RequestState = .received
    package var failedAttempts = 0
    package var approver: String?
    /// Whoever began to carry it out last.
    package var runner: String?
    /// Why it was refused or met in part, by its name in the regulation.
    package var reason: String?
    package var confirmedAt: Instant?
    package var verifiedAt: Instant?
    package var extendedAt: Instant?
    package var closedAt: Instant?
    /// Since when proof is waited for (GDPR Art. 12(6)). The deadlines stay those of the day of receipt.
    package var pausedSince: Instant?
    /// How long proof was waited for before.
    package var paused: Duration = .zero

    package init(kind: RequestKind, opener: String, deadlines: RequestDeadlines, asksForProof: Bool) {
        self.kind = kind
        self.opener = opener
        self.deadlines = deadlines
        self.asksForProof = asksForProof
    }

    /// The deadline that holds now.
    package var due: Deadline { extendedAt == nil ? deadlines.answer : deadlines.extended ?? deadlines.answer }

    /// Takes an event in. When it cannot happen, nothing changes.
    package mutating func take(_ event: RequestEvent, at now: Instant, in calendar: WorkCalendar) throws(RequestProblem) -> [RequestAction] {
        guard state.isOpen else { throw .wrongState(state) }
        switch event {
        case .checkBegun:
            guard asksForProof, state.precedesProof else { throw .wrongState(state) }
            state = .identityCheck
            if pausedSince == nil { pausedSince = now }
            return [.askForProof]
        case .checkFailed:
            guard state == .identityCheck else { throw .wrongState(state) }
            failedAttempts += 1
            return failedAttempts < Self.maximumAttempts ? [] : close(.refused, reason: RefusalReason.unverified, at: now)
        case .verified(let proof):
            guard state.precedesProof, (proof != nil) == asksForProof else { throw .wrongState(state) }
            endPause(at: now)
            verifiedAt = now
            state = kind.isDestructive ? .awaitingApproval : .inProgress
            return [kind.isDestructive ? .askForApproval : .carryOut, .forgetProof]
        case .approved(let person):
            guard state == .awaitingApproval else { throw .wrongState(state) }
            guard person != opener else { throw .ownApproval }
            approver = person
            state = .inProgress
            return [.carryOut]
        case .begun(let person):
            guard state == .inProgress else { throw .wrongState(state) }
            guard person != approver else { throw .ownExecution }
            runner = person
            return []
        case .fulfilled:
            guard state == .inProgress, runner != nil else { throw .wrongState(state) }
            return close(.fulfilled, reason: nil, at: now)
        case .partlyFulfilled(let reason):
            guard state == .inProgress, runner != nil else { throw .wrongState(state) }
            return close(.partlyFulfilled, reason: reason, at: now)
        case .refused(let reason):
            guard !kind.isDestructive || runner == nil else { throw .begunAlready }
            return close(.refused, reason: reason, at: now)
        case .withdrawn:
            guard !kind.isDestructive || runner == nil else { throw .begunAlready }
            return close(.withdrawn, reason: nil, at: now)
        case .extended:
            guard deadlines.extended != nil else { throw .notExtendable }
            guard extendedAt == nil else { throw .extendedAlready }
            guard calendar.day(of: now) <= deadlines.answer.date else { throw .firstPeriodOver }
            extendedAt = now
            return [.tell(.delay)]
        case .confirmed:
            if confirmedAt == nil { confirmedAt = now }
            return []
        case .lapsed:
            guard state.precedesProof else { throw .wrongState(state) }
            guard calendar.day(of: now) > due.date else { throw .notDue }
            return close(.expired, reason: nil, at: now)
        }
    }

    private mutating func close(_ end: RequestState, reason: String?, at now: Instant) -> [RequestAction] {
        endPause(at: now)
        state = end
        self.reason = reason
        closedAt = now
        return switch end {
        case .withdrawn: [.forgetProof]
        case .refused, .expired: [.tell(.refusal), .forgetProof]
        default: [.tell(.completion), .forgetProof]
        }
    }

    private mutating func endPause(at now: Instant) {
        if let since = pausedSince, now > since { paused += .microseconds(now.microseconds - since.microseconds) }
        pausedSince = nil
    }
}
