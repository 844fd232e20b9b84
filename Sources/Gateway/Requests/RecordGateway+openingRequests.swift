import AuditTrail
import Catalog
import DataFormats
import KeyRing
import Identity
import Policies
import PostgresLink
import Sealing
import Storage
import SubjectRights
import Vocabulary

extension RecordGateway {
    /// Puts a request on record. The answer is the same whether the person is known or not.
    package func openRequest(_ opening: RequestOpening, _ context: RequestContext) async throws(Refusal) -> RequestFile {
        let decision = try await decide(.create, .request, context)
        let now = context.time
        let (regulation, version, terms) = try terms(of: opening, at: now)
        try check(opening, terms, context)
        var file = RequestFile(
            opening: opening.kind, under: regulation, version, terms, channel: opening.channel, by: context.principal.actor,
            receivedAt: opening.receivedAt ?? now, at: now, tenant: context.tenant, in: calendar
        )
        if let subject = opening.subject {
            guard try await keys(ofNamed: [subject], context).subjects[subject] != nil else {
                throw Refusal(.notFound, "there is no such data subject", hint: "the id of a contact or lead is the id of the person")
            }
        }
        let tenantKeys = try await tenantKeys(context)
        let (key, wrapped) = try await inKeyRing { () async throws(KeyRingError) in
            try await keyRing.makeKey(for: SubjectID(file.id), tenant: context.tenant)
        }
        let moment = keyRing.moment
        let content = RequestContent(person: opening.person.value, message: opening.message?.value, agent: opening.agent)
        let hasAddress = address(in: opening.person.value) != nil
        file.edit { row in
            row.sealed = Self.seal(content, of: row.id, key, tenant: context.tenant)
            row.subjects = opening.subject.map { [$0] } ?? []
            row.purposes = opening.purposes
            row.claim = claim(of: opening, tenantKeys)
            row.agentCalls = opening.agent?.callback == nil ? nil : 0
            row.idempotency = opening.idempotencyKey.map { idempotency(of: $0, tenantKeys, context) }
        }
        if hasAddress { file.queue(RequestMail.receipt) }
        if terms.proofs.isEmpty {
            let found = try await evenly { () async throws(Refusal) in try await people(reachedBy: opening.person.value, context) }
            file.edit { $0.subjects = Set($0.subjects + found).sorted { $0.uuid < $1.uuid } }
            try file.take(.verified(by: nil), by: context.principal.actor, at: now)
        } else if opening.agent != nil {
            guard terms.proofs.contains(.agent) else {
                throw Refusal(.valueInvalid, "\(regulation.name) takes no agent's word for \(opening.kind.rawValue) (\(terms.article))")
            }
            let people: [PersonCandidate] = try await evenly { () async throws(Refusal) in
                try await self.people(fitting: opening.person.value, atLeast: 1, among: [], context)
            }
            file.edit { $0.subjects = Set(people.map(\.subject)).sorted { $0.uuid < $1.uuid } }
            try file.take(
                people.isEmpty ? .refused(reason: RefusalReason.unverified) : .verified(by: .agent), by: context.principal.actor, at: now)
        } else if opening.isLoggedIn {
            try file.take(.verified(by: .login), by: context.principal.actor, at: now)
        } else {
            try file.take(.checkBegun, by: context.principal.actor, at: now)
        }
        try await inVault { () async throws(StorageError) in
            guard try await vault.add([wrapped], [], of: context.tenant) == .written else { throw StorageError.unrecorded }
        }
        keyRing.keep(key, of: SubjectID(file.id), tenant: context.tenant, since: moment)
        let opened = file
        do throws(Refusal) {
            _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                // Where nobody proves who they are, a second request of the same person would tell that two addresses are one person's.
                if !terms.proofs.isEmpty, opened.state == .inProgress || opened.state == .awaitingApproval {
                    try await refuseSecond(opened, about: opened.subjects, transaction, context)
                }
                try await write(opened, transaction, context)
                return (opened, requestEvent(decision, opened.id, "opened", context))
            }
        } catch {
            if error.code != .outcomeUnknown {
                _ = try? await keyRing.destroyKey(of: SubjectID(opened.id), tenant: context.tenant)
            }
            throw error
        }
        return opened
    }

    // MARK: Parts

    var calendar: WorkCalendar { WorkCalendar(rights.processing) }

    private func terms(
        of opening: RequestOpening, at now: Instant
    ) throws(Refusal) -> (Regulation, Regulation.Version, RequestTerms) {
        let received = opening.receivedAt ?? now
        guard received <= now, received.microseconds > now.microseconds - 400 * 86_400_000_000 else {
            throw Refusal(
                .valueInvalid, "a member of the body is wrong",
                members: [.init("received_at", "value-invalid", "received_at lies in the last 400 days, and not in the future")])
        }
        let day = calendar.day(of: received)
        let offering = rights.regulations.all.filter { $0.version(on: day)?.terms[opening.kind] != nil }
        let names = offering.map(\.name).joined(separator: ", ")
        if let name = opening.regulation {
            guard let regulation = rights.regulations[name] else {
                throw Refusal(
                    .valueInvalid, "there is no such regulation", hint: "one of " + rights.regulations.names.joined(separator: ", "),
                    members: [.init("regulation", "choice-unknown", "regulation is one of " + rights.regulations.names.joined(separator: ", "))])
            }
            guard let version = regulation.version(on: day), let terms = version.terms[opening.kind] else {
                throw Refusal(
                    .valueInvalid, "\(name) knows no request for \(opening.kind.rawValue)", hint: names.isEmpty ? nil : "this one does: \(names)")
            }
            return (regulation, version, terms)
        }
        guard let regulation = offering.first, offering.count == 1, let version = regulation.version(on: day), let terms = version.terms[opening.kind]
        else {
            throw Refusal(
                .valueInvalid, "it has to be said under which regulation the request is made",
                hint: names.isEmpty ? "policies/regulations has none that offers it" : "one of \(names)",
                members: [.init("regulation", "value-required", "regulation has to have a value")])
        }
        return (regulation, version, terms)
    }

    private func check(_ opening: RequestOpening, _ terms: RequestTerms, _ context: RequestContext) throws(Refusal) {
        var problems: [Refusal.Member] = []
        if !RequestOpening.channels.contains(opening.channel) {
            problems.append(.init("channel", "choice-unknown", "channel is one of \(RequestOpening.channels.joined(separator: ", "))"))
        }
        problems += personProblems(opening.person.value, "person")
        for name in opening.purposes {
            guard opening.kind == .objection, let purpose = catalog.purposes[name], purpose.canBeObjectedTo else {
                let why = "an objection is to a purpose of legitimate interests, a public task or direct marketing (GDPR Art. 21)"
                problems.append(.init("purposes", "value-invalid", why))
                break
            }
        }
        if opening.person.value.isEmpty, opening.subject == nil {
            problems.append(.init("person", "value-required", "say who asks: person or subject"))
        }
        if opening.isLoggedIn {
            if opening.subject == nil { problems.append(.init("subject", "value-required", "a login is somebody's: subject")) }
            try checkMayStateLogin(terms, context)
        }
        if !problems.isEmpty { throw Refusal(.valueInvalid, "a member of the body is wrong", members: problems) }
    }

    /// A person who is logged in with a program is vouched for by that program, and not by whoever sits in between.
    func checkMayStateLogin(_ terms: RequestTerms, _ context: RequestContext) throws(Refusal) {
        guard context.principal.user == nil, terms.proofs.contains(.login) else {
            throw Refusal(
                .denied, "an account login is stated by the program that the person is logged in with, where the regulation takes it (11 CCR 7061)",
                hint: "officers ask for a code or data points")
        }
    }

    /// What recognises a word that the caller has used before.
    func idempotency(of word: String, _ keys: TenantKeys, _ context: RequestContext) -> [UInt8] {
        Blake2b.hash(Array("\(context.principal.actor)\n\(word)".utf8), key: keys.derive("gatehouse/v1/request-idempotency"))
    }

    /// What recognises a second request of the same kind by the same person, without telling who it is.
    private func claim(of opening: RequestOpening, _ keys: TenantKeys) -> [UInt8]? {
        let person = opening.person.value
        var identity: [UInt8]?
        if let subject = opening.subject {
            identity = Array(subject.description.utf8)
        } else {
            for type in [FieldType.email, .phone] {
                guard identity == nil else { break }
                for name in person.keys.sorted() {
                    guard let field = personField(name), field.type == type, let value = try? field.read(text: person[name] ?? "") else { continue }
                    identity = field.searchForm(of: value)
                    break
                }
            }
        }
        guard let identity else { return nil }
        return Blake2b.hash(Array("\(opening.kind.rawValue)\n".utf8) + identity, key: keys.derive("gatehouse/v1/request-claim"))
    }

    /// Where the person can be written to, as they say themselves.
    func address(in person: [String: String]) -> String? {
        for name in person.keys.sorted() {
            if let field = personField(name), field.type == .email, let text = person[name], EmailAddress.isWellFormed(text) { return text }
        }
        return nil
    }

    static func seal(_ content: RequestContent, of id: UUIDv7, _ key: DataKey, tenant: TenantID) -> [UInt8] {
        var place = CellPlace(tenant: tenant, entity: contentPlace, record: RecordID(id))
        var plaintext = content.json.encoded()
        defer { wipe(&plaintext) }
        return plaintext.withUnsafeBytes { key.seal($0, field: contentField, at: &place) }
    }

    /// What the person wrote; `nil` when it is gone, or the key is.
    func content(of row: RequestRow, _ context: RequestContext) async throws(Refusal) -> RequestContent? {
        guard let sealed = row.sealed, let key = try await keys(for: [SubjectID(row.id)], withTenantKey: false, context).subjects[SubjectID(row.id)]
        else { return nil }
        var place = CellPlace(tenant: row.tenant, entity: Self.contentPlace, record: RecordID(row.id))
        let scratch = Scratch()
        return sealed.withUnsafeBytes { sealed in
            key.open(sealed, field: Self.contentField, at: &place, into: scratch).flatMap { RequestContent(Array($0)) }
        }
    }

    static let contentPlace = "subject_request"
    static let contentField = Array("sealed".utf8)
}
