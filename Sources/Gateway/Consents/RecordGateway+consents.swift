import AuditTrail
import Catalog
package import DataFormats
import Identity
import Policies
import PostgresLink
import Sealing
import Storage
package import SubjectRights
package import Vocabulary

extension RecordGateway {
    /// Records what a person said to a purpose. Holds from the next request on: each asks the ledger.
    package func recordConsent(
        _ id: SubjectID, to name: String, _ answer: ConsentAnswer, _ context: RequestContext
    ) async throws(Refusal) {
        try await recordConsents([id], to: name, answer, context)
    }

    /// The same for people who said the same; all or none, and one audit event.
    package func recordConsents(
        _ ids: [SubjectID], to name: String, _ answer: ConsentAnswer, _ context: RequestContext
    ) async throws(Refusal) {
        let decision = try await decide(.update, .subject, context)
        let purpose = try consentPurpose(name)
        guard answer.state != .requested else {
            throw Refusal(.valueInvalid, "a request for consent is sent, and not recorded by hand", hint: "POST …/consents/\(name)/request")
        }
        let shown = try shown(answer, purpose)
        let keys = try await keys(ofPeople: ids, context)
        let rows = ids.map { id in
            let event = event(answer, purpose, shown, context)
            return StoredConsentEvent(
                subject: id, event: event, sealedEvidence: seal(answer.evidence, of: event, keys.subjects[id], context.tenant))
        }
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            for row in rows { transaction.enqueue(StoreDatabase.add(row, tenant: context.tenant)) }
            if let type = EventType.ofConsent(answer.state) { announce(type, of: ids.map(\.uuid), names: [purpose.name], transaction, context) }
            var event = self.event(decision, context, outcome: .changed)
            event.subjects = keys.pseudonyms
            event.target = .consent(purpose, answer.state)
            return ((), event)
        }
    }

    /// The ledger of a person: every event, and what follows from them.
    package func consents(of id: SubjectID, _ context: RequestContext) async throws(Refusal) -> ConsentLedger {
        let decision = try await decide(.read, .subject, context)
        let (ledger, pseudonyms) = try await ledger(of: id, withEvidence: true, context)
        var event = event(decision, context, outcome: .disclosed)
        event.subjects = pseudonyms
        event.target = .consents
        _ = try await record(event, context)
        return ledger
    }

    /// The person's consent record as ISO/IEC TS 27560 has it, in JSON-LD.
    package func consentRecord(of id: SubjectID, _ context: RequestContext) async throws(Refusal) -> JSONObject {
        let ledger = try await consents(of: id, context)
        return consentDocument(ledger, context.tenant).record(ledger.histories.filter { !$0.events.isEmpty })
    }

    /// A signed statement of what a person said to one purpose, for the person to keep; verifies offline.
    package func consentReceipt(of id: SubjectID, for name: String, _ context: RequestContext) async throws(Refusal) -> SignedDocument {
        let purpose = try consentPurpose(name)
        let ledger = try await consents(of: id, context)
        guard let history = ledger.histories.first(where: { $0.purpose == purpose.name && $0.lastWord != nil }) else {
            throw Refusal(.notFound, "the person has said nothing to \(purpose.name)", hint: "a receipt is for an answer")
        }
        let receipt = consentDocument(ledger, context.tenant).receipt(history, id: .make(), at: context.time)
        do { return try rights.signer.sign(receipt, as: .consentReceipt) } catch {
            throw Refusal(.internalError, "the receipt cannot be signed")
        }
    }

    /// The notices that people are asked with, for whoever may see what they answered.
    package func notices(_ context: RequestContext) async throws(Refusal) -> Notices {
        let decision = try await decide(.read, .subject, context)
        await note(event(decision, context, outcome: .disclosed), context)
        return rights.notices
    }

    // MARK: Parts

    /// A purpose that a person can consent to.
    func consentPurpose(_ name: String) throws(Refusal) -> Purpose {
        let purpose = try purpose(name)
        guard purpose.basis == .consent else {
            throw Refusal(.valueInvalid, "purpose \(name) does not rest on consent", hint: "see basis in purposes.yaml")
        }
        return purpose
    }

    func ledger(
        of id: SubjectID, withEvidence: Bool, _ context: RequestContext
    ) async throws(Refusal) -> (ledger: ConsentLedger, pseudonyms: [Pseudonym]) {
        let keys = try await keys(ofPeople: [id], context)
        let answers = try await read(
            context, [StoreDatabase.consentEvents(of: [id], tenant: context.tenant), StoreDatabase.optOuts(of: id, tenant: context.tenant)])
        let stored = StoreDatabase.consentEvents(answers[0])
        var histories = ConsentHistory.all(stored.map(\.event))
        let said = Set(histories.map(\.purpose))
        histories += catalog.purposes.values.filter { $0.basis == .consent && !said.contains($0.name) }
            .map { ConsentHistory(purpose: $0.name, events: []) }
        let ledger = ConsentLedger(
            subject: id, histories: histories.sorted { $0.purpose < $1.purpose },
            evidence: withEvidence ? evidence(of: stored, keys, context.tenant) : [:], optOuts: StoreDatabase.optOuts(answers[1]),
            time: context.time, retired: catalog.purposes.mapValues(\.retiredNotices)
        )
        return (ledger, keys.pseudonyms)
    }

    private func consentDocument(_ ledger: ConsentLedger, _ tenant: TenantID) -> ConsentDocument {
        ConsentDocument(
            subject: ledger.subject, tenant: tenant, processing: rights.processing, purposes: catalog.purposes, notices: rights.notices,
            time: ledger.time)
    }

    private func event(
        _ answer: ConsentAnswer, _ purpose: Purpose, _ shown: (notice: Notice, wording: Notice.Wording)?, _ context: RequestContext
    ) -> ConsentEvent {
        let now = context.time
        var end = answer.validUntil
        if answer.state.isValidForProcessing, let term = shown?.notice.term?.end(from: now) { end = min(end ?? term, term) }
        return ConsentEvent(
            id: .make(), purpose: purpose.name, state: answer.state, at: now, validUntil: answer.state.isValidForProcessing ? end : nil,
            notice: shown?.notice.reference, language: shown?.wording.language, wordingHash: shown?.wording.hash, expression: answer.expression,
            channel: answer.channel, method: answer.method, recordedBy: context.principal.actor
        )
    }

    /// The notice that an answer names, and its words in the language that was shown.
    private func shown(
        _ answer: ConsentAnswer, _ purpose: Purpose
    ) throws(Refusal) -> (notice: Notice, wording: Notice.Wording)? {
        guard let name = answer.notice else {
            guard answer.language == nil, answer.wording == nil else {
                throw Refusal(.valueInvalid, "a language or a wording goes with a notice", hint: "say which notice was shown")
            }
            return nil
        }
        let found = NoticeReference(name).map { rights.notices.notice($0) } ?? rights.notices.newest(named: name)
        guard let notice = found, notice.purposes.contains(purpose.name) else {
            let known = rights.notices.all.filter { $0.purposes.contains(purpose.name) && !$0.isRetired }.map(\.reference.description)
            throw Refusal(
                .valueInvalid, "no notice of this name asks for \(purpose.name)",
                hint: known.isEmpty ? "declare one in policies/notices" : "one of " + known.joined(separator: ", "))
        }
        guard !notice.isRetired || !answer.state.isValidForProcessing else {
            throw Refusal(.valueInvalid, "notice \(notice.reference) is retired, so no consent rests on it", hint: "show people its newest version")
        }
        let wanted = answer.language ?? (notice.wordings.count == 1 ? notice.wordings[0].language : nil)
        guard let wanted, let wording = notice.wording(in: wanted) else {
            let languages = notice.wordings.map(\.language).joined(separator: ", ")
            throw Refusal(.valueInvalid, "say in which language notice \(notice.reference) was shown", hint: "one of \(languages)")
        }
        if let text = answer.wording, Notice.Wording.hash(title: wording.title, text: text) != wording.hash {
            throw Refusal(
                .valueInvalid, "what was shown is not the text of notice \(notice.reference) in \(wording.language)",
                hint: "declare it as a version of its own in policies/notices")
        }
        return (notice, wording)
    }

    // MARK: Evidence

    private static var evidenceField: [UInt8] { Array("evidence".utf8) }

    private func seal(_ evidence: Personal<String>?, of event: ConsentEvent, _ key: DataKey?, _ tenant: TenantID) -> [UInt8]? {
        guard let evidence, let key else { return nil }
        var place = Self.place(of: event, tenant)
        var text = evidence.value
        return text.withUTF8 { key.seal(UnsafeRawBufferPointer($0), field: Self.evidenceField, at: &place) }
    }

    private static func place(of event: ConsentEvent, _ tenant: TenantID) -> CellPlace {
        CellPlace(tenant: tenant, entity: "consent_event", record: RecordID(event.id))
    }

    /// The evidence of events, by their ids.
    func evidence(of events: [StoredConsentEvent], _ keys: RecordKeys, _ tenant: TenantID) -> [UUIDv7: String] {
        var evidence: [UUIDv7: String] = [:]
        let scratch = Scratch()
        for stored in events {
            guard let sealed = stored.sealedEvidence, let key = keys.subjects[stored.subject] else { continue }
            var place = Self.place(of: stored.event, tenant)
            let opened = sealed.withUnsafeBytes { sealed in
                key.open(sealed, field: Self.evidenceField, at: &place, into: scratch).map { String(decoding: $0, as: UTF8.self) }
            }
            evidence[stored.event.id] = opened
        }
        return evidence
    }

    /// The evidence of an event sealed with the newest version of its person's key; `nil` when it is already, or does not open.
    func resealedEvidence(of stored: StoredConsentEvent, _ key: DataKey, _ tenant: TenantID) -> (sealed: [UInt8]?, isUnreadable: Bool) {
        guard let old = stored.sealedEvidence, !old.withUnsafeBytes({ key.isCurrent($0) }) else { return (nil, false) }
        var place = Self.place(of: stored.event, tenant)
        let scratch = Scratch()
        let new = old.withUnsafeBytes { old in
            key.open(old, field: Self.evidenceField, at: &place, into: scratch)
                .map { opened in key.seal(opened, field: Self.evidenceField, at: &place) }
        }
        return (new, new == nil)
    }

    /// The evidence of an event, sealed for whom the person is now; `nil` when it does not open.
    func evidence(of stored: StoredConsentEvent, movedFrom old: DataKey, to new: DataKey, _ tenant: TenantID) -> [UInt8]? {
        var place = Self.place(of: stored.event, tenant)
        let scratch = Scratch()
        return stored.sealedEvidence?.withUnsafeBytes { sealed in
            old.open(sealed, field: Self.evidenceField, at: &place, into: scratch)
                .map { opened in new.seal(opened, field: Self.evidenceField, at: &place) }
        }
    }
}
