import AuditTrail
import Catalog
import KeyRing
import Mail
import Identity
import Policies
import PostgresLink
import Sealing
import Storage
import SubjectRights
import Synchronization
import Vocabulary

/// What requests need of the gateway itself, as time goes on. Several gateways take turns: each request is lent to one at a time.
extension RecordGateway {
    // MARK: Letters

    /// Sends what waits to be sent about the requests of a tenant. What the mailbox does not take stays in the queue.
    ///
    /// - Returns: whether the mailbox took everything; when not, it should be left alone for a while.
    package func sendRequestMail(_ context: RequestContext) async throws(Refusal) -> Bool {
        if try await read(context, [StoreDatabase.hasRequestMail(tenant: context.tenant)])[0].rowCount == 0 { return true }
        let ((letters, erased), _) = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let rows: ResultSet
            do throws(LinkError) {
                rows = try await transaction.execute(StoreDatabase.lockRequestsWithMail(limit: 20, tenant: context.tenant))[0]
            } catch {
                throw refusal(StorageError(error))
            }
            var letters: [Letter] = []
            var erased: [UUIDv7] = []
            for row in StoreDatabase.requests(rows) {
                var file = try file(row)
                let content = try await content(of: row, context) ?? RequestContent()
                for mail in row.mails { if let letter = try await write(mail, &file, content, context) { letters.append(letter) } }
                file.edit { $0.mails = [] }
                if file.kind == .erasure, file.state == .fulfilled, file.row.sealed != nil { erased.append(file.id) }
                try await write(file, transaction, context)
            }
            // Another gateway is at it.
            if rows.rowCount == 0 { throw Self.nothingToKeep }
            var event = event(.keepingRequests, context, outcome: .changed)
            event.target = .report("request-letters")
            event.count = rows.rowCount
            return ((letters, erased), event)
        }
        var waiting: Set<UUIDv7> = []
        for letter in letters where await !send(letter, context) { waiting.insert(letter.request) }
        // Who was erased was told, and what they wrote of themselves goes, too.
        for id in erased where !waiting.contains(id) { try await forgetContent(of: id, context) }
        return waiting.isEmpty
    }

    /// What an agent calls the request stays: it tells of the agent.
    private func forgetContent(of id: UUIDv7, _ context: RequestContext) async throws(Refusal) {
        let tenant = context.tenant
        let (isKept, _) = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            var file = try await lockedRequest(id, transaction, context)
            var rest: [UInt8]?
            if let agent = try await content(of: file.row, context)?.agent,
                let key = try await keys(for: [SubjectID(id)], withTenantKey: false, context).subjects[SubjectID(id)]
            {
                rest = Self.seal(RequestContent(agent: agent), of: id, key, tenant: tenant)
            }
            file.note("content-destroyed", by: context.principal.actor, at: .now())
            file.edit { $0.sealed = rest }
            try await write(file, transaction, context)
            return (rest != nil, requestEvent(.keepingRequests, id, "forget", context))
        }
        if isKept { return }
        _ = try await inKeyRing { () async throws(KeyRingError) in try await keyRing.destroyKey(of: SubjectID(id), tenant: tenant) }
    }

    private struct Letter: Sendable {
        let request: UUIDv7
        let mail: String
        let message: MailMessage
    }

    /// A change that turns out to have nothing to do is taken back, and nobody is told of it.
    static var nothingToKeep: Refusal { Refusal(.preconditionFailed, "there is nothing to do") }

    private func write(
        _ mail: String, _ file: inout RequestFile, _ content: RequestContent, _ context: RequestContext
    ) async throws(Refusal) -> Letter? {
        let actor = context.principal.actor
        if mail == RequestMail.code {
            guard file.state == .identityCheck, file.row.codesSent < Self.maximumCodes else { return nil }
            let code = Self.newCode()
            let keys = try await tenantKeys(context)
            let (subjects, address) = try await addressee(file, content, context)
            // Somebody unknown gets a code, too; it is sent to nobody, and fits nobody.
            file.edit { row in
                row.code = Self.digest(of: code, row.id, keys)
                row.codeUntil = Instant.now().advanced(by: Self.codeLifetime)
                row.codesSent += 1
                row.subjects = subjects
            }
            file.note("code-sent", by: actor, at: .now())
            return address.map { Letter(request: file.id, mail: mail, message: RequestMail.code(code, to: $0, file, rights)) }
        }
        if mail == RequestMail.reminder {
            // What was done meanwhile needs no reminder.
            guard file.state.isOpen, let reminder = file.machine.reminder(on: calendar.day(of: context.time)), reminder.urgency > .calm,
                let address = rights.processing.dataProtectionOfficer?.email
            else { return nil }
            return Letter(request: file.id, mail: mail, message: RequestMail.reminder(reminder, file, to: address))
        }
        guard let notice = RequestAction.Notice(rawValue: mail) else { return nil }
        let told = address(in: content.person)
        if notice == .receipt, file.state.isOpen, told != nil { try file.take(.confirmed, by: actor, at: .now()) }
        file.note(told == nil ? "not-told" : "told", mail, by: actor, at: .now())
        return told.map { Letter(request: file.id, mail: mail, message: RequestMail.notice(notice, to: $0, file, rights)) }
    }

    /// Whom a code is for, and where it goes: to the address of the record, and to nobody when several people could be meant.
    private func addressee(
        _ file: RequestFile, _ content: RequestContent, _ context: RequestContext
    ) async throws(Refusal) -> (subjects: [SubjectID], address: String?) {
        // Whoever was named by the opener, or found for the code before, and nobody else; what they say of themselves must not contradict.
        let people = try await people(
            fitting: content.person, atLeast: content.person.isEmpty ? 0 : 1, among: file.subjects, context)
        let addresses = Set(people.compactMap { $0.address.map { EmailAddress.searchForm($0) } })
        guard addresses.count == 1, let address = people.lazy.compactMap(\.address).first else { return (file.subjects, nil) }
        let reached = people.filter { $0.address.map { EmailAddress.searchForm($0) } == addresses.first }
        return (Set(reached.map(\.subject)).sorted { $0.uuid < $1.uuid }, address)
    }

    /// Eight digits, each as likely as the others.
    private static func newCode() -> String {
        var generator = SystemRandomNumberGenerator()
        let number = String(UInt32.random(in: 0..<100_000_000, using: &generator))
        return String(repeating: "0", count: 8 - number.count) + number
    }

    private func send(_ letter: Letter, _ context: RequestContext) async -> Bool {
        do throws(MailError) {
            try await rights.mailer.send(letter.message)
            return true
        } catch {
            observe(.subjectRequestMailFailed(code: error.code.rawValue))
            // Tried again, with another code where it is one; it counts as sent, so that a mailbox cannot be flooded.
            _ = try? await change(context) { (transaction: Transaction) async throws(Refusal) in
                var file = try await lockedRequest(letter.request, transaction, context)
                file.queue(letter.mail)
                try await write(file, transaction, context)
                return ((), requestEvent(.keepingRequests, letter.request, "letter-waits", context))
            }
            return false
        }
    }

    // MARK: Clocks

    /// Reminds of deadlines, each step once, and ends what has lapsed.
    ///
    /// - Returns: how many requests are open after that, how many of them overdue, and whether everything that was due was done.
    package func keepRequestClocks(_ context: RequestContext) async throws(Refusal) -> (open: Int, overdue: Int, isDone: Bool) {
        var query = RequestQuery()
        query.limit = 500
        var (open, overdue, isDone) = (0, 0, true)
        while true {
            let rows = StoreDatabase.requests(try await read(context, [StoreDatabase.requests(query, tenant: context.tenant)])[0])
            for row in rows {
                guard let file = RequestFile(row, rights.regulations, in: calendar) else { continue }
                let today = calendar.day(of: context.time)
                let (standing, isCaredFor) = await look(after: file, on: today, context)
                if !isCaredFor { isDone = false }
                // What has lapsed just now waits for nobody.
                guard standing.state.isOpen else { continue }
                open += 1
                if standing.machine.isOverdue(on: today) { overdue += 1 }
            }
            guard rows.count == query.limit, let last = rows.last else { break }
            query.after = (last.dueOn, last.id)
        }
        return (open, overdue, isDone)
    }

    /// - Returns: the request as it stands then, and whether what was due was done, here or by another gateway.
    private func look(
        after file: RequestFile, on today: CalendarDate, _ context: RequestContext
    ) async -> (standing: RequestFile, isCaredFor: Bool) {
        guard let reminder = file.machine.reminder(on: today) else { return (file, true) }
        let lapses = file.state.precedesProof && file.machine.isOverdue(on: today)
        guard lapses || reminder.urgency > .calm && reminder.description != file.row.reminded else { return (file, true) }
        do throws(Refusal) {
            let changed = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                var file = try await lockedRequest(file.id, transaction, context)
                // Another gateway may have been first.
                guard let now = file.machine.reminder(on: today), lapses || now.description != file.row.reminded else { throw Self.nothingToKeep }
                if lapses {
                    try file.take(.lapsed, by: context.principal.actor, at: context.time)
                } else {
                    file.note("reminded", now.description, by: context.principal.actor, at: context.time)
                    if rights.processing.dataProtectionOfficer?.email != nil { file.queue(RequestMail.reminder) }
                }
                file.edit { $0.reminded = now.description }
                try await write(file, transaction, context)
                return (file, requestEvent(.keepingRequests, file.id, lapses ? "lapse" : "remind", context))
            }.value
            observe(.subjectRequestDue(kind: changed.kind.rawValue, stage: lapses ? "lapsed" : reminder.description))
            return (changed, true)
        } catch {
            if error.code == .preconditionFailed { return (file, true) }
            observe(.keeperFailed(keeper: "requests", code: error.code.rawValue, isNews: true))
            return (file, false)
        }
    }

    /// Destroys the records of requests that have lasted their time (11 CCR 7101: at least 24 months), and the key of what people wrote. Those
    /// about people whom a legal hold keeps stay with them. What recipients were told without a request lasts as long.
    ///
    /// - Returns: how many requests there were.
    package func dropRequests(_ context: RequestContext) async throws(Refusal) -> Int {
        var count = 0
        let versions = rights.regulations.all.flatMap { regulation in regulation.versions.map { (name: regulation.name, version: $0) } }
        func end(of months: Int) -> Instant { calendar.end(of: calendar.day(of: context.time).advanced(byMonths: -months)) }
        for (name, version) in versions {
            var position: UUIDv7?
            repeat {
                let statement = StoreDatabase.requestsClosed(
                    before: end(of: version.monthsKept), regulation: name, from: version.from, after: position, limit: Self.droppedAtOnce,
                    tenant: context.tenant)
                let rows = StoreDatabase.subjectsOfRequests(try await read(context, [statement])[0])
                if !rows.isEmpty { count += try await drop(rows, context) }
                position = rows.count < Self.droppedAtOnce ? nil : rows.last?.request
            } while position != nil
        }
        if let months = versions.map(\.version.monthsKept).max() {
            let statement = StoreDatabase.removeNotices(withoutRequestFrom: end(of: months), tenant: context.tenant)
            do { _ = try await changed(statement, context.tenant) } catch { throw refusal(error) }
        }
        return count
    }

    private static let droppedAtOnce = 100

    /// No hold is placed between the look and the end of it; and a row that outlives its key is tried again, whereas a key that outlived its
    /// row would never be found.
    private func drop(_ requests: [(request: UUIDv7, subjects: [SubjectID])], _ context: RequestContext) async throws(Refusal) -> Int {
        do throws(Refusal) {
            return try await change(context) { (transaction: Transaction) async throws(Refusal) in
                let held = try await held(Array(Set(requests.flatMap(\.subjects))), transaction, context)
                let going = requests.filter { $0.subjects.allSatisfy { held[$0] == nil } }.map(\.request)
                if going.isEmpty { throw Self.nothingToKeep }
                let tenant = context.tenant
                _ = try await inKeyRing { () async throws(KeyRingError) in
                    try await keyRing.destroyKeys(of: going.map { SubjectID($0) }, keepsRecords: true, tenant: tenant)
                }
                for statement in StoreDatabase.removeRequests(going, tenant: tenant) { transaction.enqueue(statement) }
                var event = event(.keepingRequests, context, outcome: .changed)
                event.target = .report("requests-dropped")
                event.count = going.count
                return (going.count, event)
            }.value
        } catch {
            if error.code == .preconditionFailed { return 0 }
            throw error
        }
    }
}
