import PostgresLink
package import Storage
package import SubjectRights
package import Vocabulary

/// A request with the rules it stands under: its row, its course, and what its regulation says of it.
package struct RequestFile: Sendable {
    package private(set) var row: RequestRow
    package private(set) var machine: RequestMachine
    package let regulation: Regulation
    package let version: Regulation.Version
    package let terms: RequestTerms
    let calendar: WorkCalendar
    /// What has happened since it was fetched, to be written with it.
    private(set) var events: [RequestEventRow] = []
    private let fetchedVersion: Int64
    private let fetchedState: RequestState?

    /// A request that is being opened.
    init(
        opening kind: RequestKind, under regulation: Regulation, _ version: Regulation.Version, _ terms: RequestTerms, channel: String,
        by opener: String, receivedAt: Instant, at now: Instant, tenant: TenantID, in calendar: WorkCalendar
    ) {
        let deadlines = RequestDeadlines(terms, receivedAt: receivedAt, in: calendar)
        machine = RequestMachine(kind: kind, opener: opener, deadlines: deadlines, asksForProof: !terms.proofs.isEmpty)
        row = RequestRow(
            id: .make(at: now), tenant: tenant, kind: kind.rawValue, regulation: regulation.name, regulationFrom: version.from, channel: channel,
            openedBy: opener, receivedAt: receivedAt, state: machine.state.rawValue, dueOn: deadlines.answer.date
        )
        (self.regulation, self.version, self.terms, self.calendar) = (regulation, version, terms, calendar)
        fetchedVersion = 0
        fetchedState = nil
        events = [RequestEventRow(number: 1, at: now, actor: opener, event: "opened", detail: nil)]
    }

    /// A request as it rests; `nil` when this build's words or the folder's regulations do not know it.
    init?(_ row: RequestRow, _ regulations: Regulations, in calendar: WorkCalendar) {
        guard let kind = RequestKind(rawValue: row.kind), let state = RequestState(rawValue: row.state), let regulation = regulations[row.regulation],
            let version = regulation.version(from: row.regulationFrom), let terms = version.terms[kind]
        else { return nil }
        self.row = row
        (self.regulation, self.version, self.terms, self.calendar) = (regulation, version, terms, calendar)
        fetchedVersion = row.version
        fetchedState = state
        let deadlines = RequestDeadlines(terms, receivedAt: row.receivedAt, in: calendar)
        var machine = RequestMachine(kind: kind, opener: row.openedBy, deadlines: deadlines, asksForProof: !terms.proofs.isEmpty)
        machine.state = state
        machine.failedAttempts = Int(row.failedAttempts)
        machine.approver = row.approvedBy
        machine.runner = row.begunBy
        machine.reason = row.reason
        machine.confirmedAt = row.confirmedAt
        machine.verifiedAt = row.verifiedAt
        machine.extendedAt = row.extendedAt
        machine.closedAt = row.closedAt
        machine.pausedSince = row.pausedSince
        machine.paused = .microseconds(row.pausedMicroseconds)
        self.machine = machine
    }

    package var id: UUIDv7 { row.id }
    package var kind: RequestKind { machine.kind }
    package var state: RequestState { machine.state }
    /// What subscribers are told when it is written as it is now; nothing when it stands where it stood.
    var eventType: String? {
        guard let fetchedState else { return "request.opened" }
        return state == fetchedState ? nil : EventType.ofRequest(isClosed: !state.isOpen)
    }
    package var extensionReason: String? { row.extensionReason }
    package var subjects: [SubjectID] { row.subjects }

    // MARK: Changes

    /// Takes an event in, and notes what follows from it.
    mutating func take(_ event: RequestEvent, by actor: String, at now: Instant) throws(Refusal) {
        let actions: [RequestAction]
        do throws(RequestProblem) { actions = try machine.take(event, at: now, in: calendar) } catch { throw refusal(error, of: event) }
        copyMachine()
        add(event.name, event.detail, by: actor, at: now)
        if case .verified(let proof) = event { row.proof = proof?.description ?? "none" }
        if case .extended(let why) = event { row.extensionReason = why }
        for action in actions {
            switch action {
            case .tell(let notice): queue(notice.rawValue)
            case .forgetProof:
                (row.code, row.codeUntil) = (nil, nil)
                row.mails.removeAll { $0 == RequestMail.code }
            case .askForProof, .askForApproval, .carryOut: break
            }
        }
        if !state.isOpen { row.claim = nil }
    }

    /// Something that is no event of its course, for the history.
    mutating func note(_ name: String, _ detail: String? = nil, by actor: String, at now: Instant) { add(name, detail, by: actor, at: now) }

    /// Changes what is not the machine's.
    mutating func edit(_ change: (inout RequestRow) -> Void) {
        let version = row.version
        change(&row)
        row.version = version
        touch()
    }

    /// Puts a letter into the queue, once.
    mutating func queue(_ mail: String) {
        if !row.mails.contains(mail) { row.mails.append(mail) }
        touch()
    }

    var isNew: Bool { fetchedVersion == 0 }

    /// Everything to write; nothing when nothing has changed.
    var statements: [SQL] {
        if row.version == fetchedVersion { return [] }
        let history = events.map { StoreDatabase.addRequestEvent($0, of: id, tenant: row.tenant) }
        return [fetchedVersion == 0 ? StoreDatabase.addRequest(row) : StoreDatabase.changeRequest(row, at: fetchedVersion)] + history
    }

    private mutating func touch() { row.version = fetchedVersion + Int64(max(1, events.count)) }

    private mutating func add(_ name: String, _ detail: String?, by actor: String, at now: Instant) {
        let number = fetchedVersion + Int64(events.count) + 1
        events.append(RequestEventRow(number: number, at: now, actor: actor, event: name, detail: detail))
        touch()
    }

    private mutating func copyMachine() {
        row.state = machine.state.rawValue
        row.dueOn = machine.due.date
        row.failedAttempts = Int32(machine.failedAttempts)
        row.approvedBy = machine.approver
        row.begunBy = machine.runner
        row.reason = machine.reason
        row.confirmedAt = machine.confirmedAt
        row.verifiedAt = machine.verifiedAt
        row.extendedAt = machine.extendedAt
        row.closedAt = machine.closedAt
        row.pausedSince = machine.pausedSince
        row.pausedMicroseconds = Int64(machine.paused / .microseconds(1))
    }
}
