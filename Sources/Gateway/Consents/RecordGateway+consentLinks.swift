import AuditTrail
import Catalog
import Identity
import Policies
import PostgresLink
import Sealing
package import Storage
package import SubjectRights
package import Vocabulary

/// What a link leads to; nothing in it is about the person.
package struct ConsentInvitation: Sendable {
    package let kind: ConsentLink.Kind
    package let controller: String
    package let wording: Notice.Wording
}

/// What came of following a link.
package struct ConsentOutcome: Sendable {
    package let state: ConsentState
    package let invitation: ConsentInvitation
    /// The path of a fresh link that takes a given consent back.
    package let withdrawal: String?
}

/// Double opt-in and withdrawal by links that only the person's mailbox gets.
extension RecordGateway {
    private static var confirmationDays: Int { 7 }
    /// As long as anybody keeps a message.
    private static var withdrawalDays: Int { 3650 }
    private static var mostRequestsADay: Int { 3 }

    /// Asks a person for a consent: a message to the address on their record, with a link whose page confirms it. The question is in the
    /// ledger before the message goes out.
    ///
    /// - Parameter language: of the notice; its first when `nil`.
    package func requestConsent(
        of id: SubjectID, to name: String, language: String?, _ context: RequestContext
    ) async throws(Refusal) {
        let decision = try await decide(.update, .subject, context)
        let purpose = try consentPurpose(name)
        guard let notice = rights.notices.newest(for: name) else {
            throw Refusal(.valueInvalid, "there is no notice to ask for \(name) with", hint: "declare one in policies/notices")
        }
        let wording = language.map { notice.wording(in: $0) } ?? notice.wordings.first
        guard let wording else {
            throw Refusal(
                .valueInvalid, "notice \(notice.reference) is not written in this language",
                hint: "one of " + notice.wordings.map(\.language).joined(separator: ", "))
        }
        let keys = try await keys(ofPeople: [id], context)
        try await checkAskable(id, purpose, context)
        let address = try await mailAddress(of: id, context)
        let token = ConsentToken.make(for: context.tenant)
        let link = ConsentLink(
            subject: id, purpose: name, kind: .confirm, notice: notice.reference, language: wording.language,
            expiresAt: context.time.advanced(by: .seconds(Self.confirmationDays * 86_400)))
        let asked = ConsentEvent(
            purpose: name, state: .requested, at: context.time, notice: notice.reference, language: wording.language, wordingHash: wording.hash,
            channel: .email, recordedBy: context.principal.actor)
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            transaction.enqueue(StoreDatabase.add(StoredConsentEvent(subject: id, event: asked), tenant: context.tenant))
            add(link, token, transaction, context.tenant)
            var event = event(decision, context, outcome: .changed)
            event.subjects = keys.pseudonyms
            event.target = .consent(purpose, .requested)
            return ((), event)
        }
        let message = ConsentMessage(controller: rights.processing.controller.name, wording: wording, to: address)
        try await send(message.request(link: url(token), validFor: Self.confirmationDays))
    }

    /// What the page behind a link shows. Looking at it changes nothing, because programs that check mail follow links, too.
    ///
    /// - Throws: `link-invalid`, the same for a link that is unknown, used or too old.
    package func invitation(_ token: ConsentToken, _ context: RequestContext) async throws(Refusal) -> ConsentInvitation {
        _ = try await decide(.update, .subject, context)
        let rows = try await read(context, [StoreDatabase.consentLink(token.code(under: linkKey), at: context.time, tenant: context.tenant)])[0]
        guard let link = StoreDatabase.consentLink(rows) else { throw Self.linkInvalid }
        if context.hasPrivacySignal { _ = try await honourSignal(of: link.subject, context) }
        return try invitation(link)
    }

    /// Answers what a link asks, once. A confirmation gives the consent, and sends a link that takes it back.
    ///
    /// - Parameter agrees: whether the person said yes to a confirmation; a withdrawal takes no answer.
    package func answer(_ token: ConsentToken, agrees: Bool, _ context: RequestContext) async throws(Refusal) -> ConsentOutcome {
        let decision = try await decide(.update, .subject, context)
        let (tenant, now) = (context.tenant, context.time)
        let withdrawal = ConsentToken.make(for: tenant)
        let answered = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let link: ConsentLink?
            do throws(LinkError) {
                let rows = try await transaction.execute(StoreDatabase.useConsentLink(token.code(under: linkKey), at: now, tenant: tenant))[0]
                link = StoreDatabase.consentLink(rows)
            } catch {
                throw refusal(StorageError(error))
            }
            guard let link, let purpose = catalog.purposes[link.purpose], purpose.basis == .consent else { throw Self.linkInvalid }
            let invitation = try self.invitation(link)
            let keys = try await keys(for: [link.subject], withTenantKey: false, context)
            guard !keys.subjects.isEmpty else { throw Self.linkInvalid }
            let state: ConsentState = link.kind == .withdraw ? .withdrawn : (agrees ? .given : .refused)
            let notice = link.notice.flatMap { rights.notices.notice($0) }
            let said = ConsentEvent(
                purpose: link.purpose, state: state, at: now, validUntil: state == .given ? notice?.term?.end(from: now) : nil,
                notice: link.notice, language: link.language, wordingHash: invitation.wording.hash, channel: .email, method: .confirmedLink,
                recordedBy: context.principal.actor)
            transaction.enqueue(StoreDatabase.add(StoredConsentEvent(subject: link.subject, event: said), tenant: tenant))
            // Two steps and the person's own yes: that is how an opt-out is taken back (11 CCR 7028(a)). A signal sent along says otherwise.
            if state == .given, purpose.isSaleOrSharing, !context.hasPrivacySignal {
                transaction.enqueue(StoreDatabase.removeOptOut(.sale, of: link.subject, tenant: tenant))
            }
            if state == .given { add(self.withdrawal(of: link, at: now), withdrawal, transaction, tenant) }
            if let type = EventType.ofConsent(state) { announce(type, of: [link.subject.uuid], names: [purpose.name], transaction, context) }
            var event = event(decision, context, outcome: .changed)
            event.subjects = keys.pseudonyms
            event.target = .consent(purpose, state)
            return ((link, invitation, state), event)
        }
        let (link, invitation, state) = answered.value
        if context.hasPrivacySignal { _ = try await honourSignal(of: link.subject, context) }
        if state == .given { await confirm(link, invitation, withdrawal, context) }
        return ConsentOutcome(state: state, invitation: invitation, withdrawal: state == .given ? "/consent/\(withdrawal.revealed)" : nil)
    }

    /// Sends the person a link that withdraws a consent, for whoever has lost theirs.
    package func sendWithdrawalLink(to id: SubjectID, for name: String, _ context: RequestContext) async throws(Refusal) {
        let decision = try await decide(.update, .subject, context)
        let purpose = try consentPurpose(name)
        let (ledger, pseudonyms) = try await ledger(of: id, withEvidence: false, context)
        guard let history = ledger.histories.first(where: { $0.purpose == name }), ledger.isInForce(history), let word = history.lastWord else {
            throw Refusal(.consentNotAskable, "there is no consent to \(name) in force that could be withdrawn")
        }
        let address = try await mailAddress(of: id, context)
        let notice = word.notice ?? rights.notices.newest(for: name)?.reference
        guard let notice, let wording = rights.notices.notice(notice).flatMap({ $0.wording(in: word.language ?? "en") ?? $0.wordings.first }) else {
            throw Refusal(.valueInvalid, "there is no notice of \(name) to name in the message", hint: "declare one in policies/notices")
        }
        let token = ConsentToken.make(for: context.tenant)
        let link = ConsentLink(
            subject: id, purpose: name, kind: .withdraw, notice: notice, language: wording.language,
            expiresAt: context.time.advanced(by: .seconds(Self.withdrawalDays * 86_400)))
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            add(link, token, transaction, context.tenant)
            var event = event(decision, context, outcome: .changed)
            event.subjects = pseudonyms
            event.target = .withdrawalLink(purpose)
            return ((), event)
        }
        let message = ConsentMessage(controller: rights.processing.controller.name, wording: wording, to: address)
        try await send(message.confirmation(link: url(token)))
    }

    // MARK: Parts

    private static var linkInvalid: Refusal {
        Refusal(.linkInvalid, "this link cannot be used, or not any more", hint: "each works once and for some days; ask for a new one")
    }

    private func url(_ token: ConsentToken) -> String { "\(rights.publicURL)/consent/\(token.revealed)" }

    /// A further link of the kind takes the place of the ones before.
    private func add(_ link: ConsentLink, _ token: ConsentToken, _ transaction: Transaction, _ tenant: TenantID) {
        transaction.enqueue(StoreDatabase.dropConsentLinks(of: link.subject, link.purpose, link.kind, tenant: tenant))
        transaction.enqueue(StoreDatabase.add(link, code: token.code(under: linkKey), tenant: tenant))
    }

    private func withdrawal(of link: ConsentLink, at now: Instant) -> ConsentLink {
        ConsentLink(
            subject: link.subject, purpose: link.purpose, kind: .withdraw, notice: link.notice, language: link.language,
            expiresAt: now.advanced(by: .seconds(Self.withdrawalDays * 86_400)))
    }

    /// A notice that was retired, or is gone, is not agreed to any more; a consent to it can still be withdrawn.
    private func invitation(_ link: ConsentLink) throws(Refusal) -> ConsentInvitation {
        guard let notice = link.notice.flatMap({ rights.notices.notice($0) }), let wording = notice.wording(in: link.language),
            link.kind == .withdraw || !notice.isRetired
        else { throw Self.linkInvalid }
        return ConsentInvitation(kind: link.kind, controller: rights.processing.controller.name, wording: wording)
    }

    /// The consent stands whether or not this message arrives: the page shows the same link.
    private func confirm(_ link: ConsentLink, _ invitation: ConsentInvitation, _ token: ConsentToken, _ context: RequestContext) async {
        do throws(Refusal) {
            let address = try await mailAddress(of: link.subject, context)
            let message = ConsentMessage(controller: invitation.controller, wording: invitation.wording, to: address)
            try await send(message.confirmation(link: url(token)))
        } catch {
            observe(.requestFailed(route: "consent confirmation", code: error.code.rawValue))
        }
    }

    /// Whether the law, and good manners, let the person be asked.
    private func checkAskable(_ id: SubjectID, _ purpose: Purpose, _ context: RequestContext) async throws(Refusal) {
        let day = context.time.advanced(by: .seconds(-86_400))
        let answers = try await read(
            context,
            StoreDatabase.standing(of: id, tenant: context.tenant)
                + [StoreDatabase.timesAsked(id, for: purpose.name, since: day, tenant: context.tenant)])
        let standing = SubjectStanding(Array(answers.dropLast()))
        if standing.restriction != nil {
            throw Refusal(.consentNotAskable, "the processing of this person's data is restricted (GDPR Art. 18)", hint: "lift the restriction first")
        }
        if standing.objections.contains(where: { $0.purpose == purpose.name }) {
            throw Refusal(.consentNotAskable, "the person objects to \(purpose.name) (GDPR Art. 21(3))", hint: "wait until they ask by themselves")
        }
        if purpose.isSaleOrSharing, let optOut = standing.optOut(.sale), let term = ConsentTerm("P12M"), term.end(from: optOut.since) > context.time {
            throw Refusal(
                .consentNotAskable, "the person has opted out of sale and sharing less than 12 months ago (Civil Code 1798.135(c)(4))",
                hint: "they can be asked again from \(String(term.end(from: optOut.since).description.prefix(10))) on")
        }
        if let count = answers.last?.int64(0, 0), count >= Self.mostRequestsADay {
            throw Refusal(.consentNotAskable, "the person was asked \(count) times within a day", hint: "try again tomorrow")
        }
    }
}
