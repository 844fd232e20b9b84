import AuditTrail
import Catalog
package import DataFormats
import Identity
package import PostgresLink
import Policies
package import Storage
package import SubjectRights
package import Vocabulary

/// Telling recipients what became of somebody's data (GDPR Art. 19): queued in the transaction that makes it so, delivered afterwards.
extension RecordGateway {
    /// Queues a notice to every recipient that the people's records are disclosed to.
    ///
    /// For an opt-out: to those who have data for a purpose that is a sale or sharing.
    /// - Parameter cause: the request, or whatever else it is because of.
    /// - Returns: how many recipients are told.
    @discardableResult
    package func enqueueNotices(
        _ kind: NoticeKind, for cause: UUIDv7, about subjects: [SubjectID], _ transaction: Transaction, _ context: RequestContext
    ) async throws(Refusal) -> Int {
        let people = ErasedPeople(subjects, tenant: context.tenant, at: context.time)
        let reach = Reach(catalog)
        let plans = try await inTransaction { () async throws(LinkError) in
            try await transaction.execute(reach.entities.map { table($0).plan(people) })
        }
        let entities = zip(reach.entities, plans).compactMap { ($1.int64(0, 0) ?? 0) > 0 ? $0.name : nil }
        var recipients = recipients(of: entities)
        if kind == .optOut {
            let purposes = Set(catalog.purposes.values.filter(\.isSaleOrSharing).map(\.name))
            recipients = recipients.filter { !purposes.isDisjoint(with: $0.purposes) }
        }
        return try await enqueueNotices(kind, for: cause, about: subjects, to: recipients, transaction, context)
    }

    @discardableResult
    func enqueueNotices(
        _ kind: NoticeKind, for cause: UUIDv7, about subjects: [SubjectID], to recipients: [Recipient], _ transaction: Transaction,
        _ context: RequestContext
    ) async throws(Refusal) -> Int {
        if recipients.isEmpty { return 0 }
        let seal = NoticeSeal(try await tenantKeys(context))
        let records = try await knownRecords(of: subjects, transaction, context)
        for recipient in recipients {
            let id = UUIDv7.make()
            let payload: JSONObject = ["records": .array(records)]
            transaction.enqueue(
                StoreDatabase.add(
                    NoticeRow(
                        id: id, cause: cause, recipient: recipient.name, kind: kind.rawValue, state: recipient.webhook == nil ? .byHand : .waiting,
                        payload: seal.seal(JSONValue.object(payload).encoded(), of: id), createdAt: context.time,
                        nextAt: recipient.webhook == nil ? nil : context.time), tenant: context.tenant))
        }
        return recipients.count
    }

    /// What recipients know the people by: the ids of the records that are them, here and in other systems.
    private func knownRecords(
        of subjects: [SubjectID], _ transaction: Transaction, _ context: RequestContext
    ) async throws(Refusal) -> [JSONValue] {
        var records: [JSONValue] = []
        let ids = subjects.map { RecordID($0.uuid) }
        for entity in Reach(catalog).people {
            let shape = RecordShape(entity) { entity.fields[$0].type == .text && entity.fields[$0].uniqueness == .enforced }
            let rows = try await inTransaction { () async throws(LinkError) in
                try await transaction.execute(table(entity).select(ids, shape, tenant: context.tenant))[0]
            }
            for record in table(entity).records(rows, shape) {
                var object: JSONObject = ["entity": .string(entity.name), "id": .string(record.id.description)]
                for (position, field) in entity.fields.enumerated() {
                    if case .text(let value)? = record.plainValue(position) { object[field.name] = .string(value) }
                }
                records.append(.object(object))
            }
        }
        return records
    }

    func notices(of cause: UUIDv7, _ context: RequestContext) async throws(Refusal) -> [NoticeRow] {
        StoreDatabase.notices(try await read(context, [StoreDatabase.notices(ofCause: cause, tenant: context.tenant)])[0])
    }

    // MARK: For officers and recipients

    /// Notices that nobody has acknowledged, the oldest first; or all, the newest first.
    package func listNotices(openOnly: Bool, _ context: RequestContext) async throws(Refusal) -> [NoticeRow] {
        let decision = try await decide(.read, .notice, context)
        let rows = try await read(context, [StoreDatabase.notices(openOnly: openOnly, limit: 500, tenant: context.tenant)])[0]
        let notices = StoreDatabase.notices(rows)
        var event = event(decision, context, outcome: .disclosed)
        event.count = notices.count
        _ = try await record(event, context)
        return notices
    }

    /// What a recipient is told, for whoever tells it by hand; `nil` once it was acknowledged.
    package func noticeContent(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> (notice: NoticeRow, body: JSONObject?) {
        let decision = try await decide(.read, .notice, context)
        guard let notice = try await notice(id, context) else { throw Self.noSuchNotice }
        let body = try await body(of: notice, context)
        var event = event(decision, context, outcome: .disclosed)
        event.target = .notice(id, .shown)
        _ = try await record(event, context)
        return (notice, body)
    }

    /// The recipient has done what it was told. Saying so twice is no error.
    package func acknowledgeNotice(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> NoticeRow {
        try await changeNotice(id, .acknowledged, context) { now in
            StoreDatabase.acknowledge(id, by: context.principal.actor, at: now, tenant: context.tenant)
        }
    }

    /// Tries to deliver a notice again, from now.
    package func retryNotice(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> NoticeRow {
        _ = try await decide(.update, .notice, context)
        guard let notice = try await notice(id, context) else { throw Self.noSuchNotice }
        guard rights.processing.recipients.contains(where: { $0.name == notice.recipient && $0.webhook != nil }) else {
            throw Refusal(.valueInvalid, "\(notice.recipient) has no webhook", hint: "tell it by hand, then acknowledge the notice")
        }
        return try await changeNotice(id, .again, context) { now in StoreDatabase.retry(id, at: now, tenant: context.tenant) }
    }

    private static var noSuchNotice: Refusal { Refusal(.notFound, "there is no such notice") }

    private func notice(_ id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> NoticeRow? {
        StoreDatabase.notices(try await read(context, [StoreDatabase.notice(id, tenant: context.tenant)])[0]).first
    }

    private func changeNotice(
        _ id: UUIDv7, _ stage: NoticeStage, _ context: RequestContext, _ statement: (Instant) -> SQL
    ) async throws(Refusal) -> NoticeRow {
        let decision = try await decide(.update, .notice, context)
        let statement = statement(.now())
        let (notice, _) = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            transaction.enqueue(statement)
            let rows = try await inTransaction { () async throws(LinkError) in
                try await transaction.execute(StoreDatabase.notice(id, tenant: context.tenant))[0]
            }
            guard let notice = StoreDatabase.notices(rows).first else { throw Self.noSuchNotice }
            var event = event(decision, context, outcome: .changed)
            event.target = .notice(id, stage)
            return (notice, event)
        }
        return notice
    }

    // MARK: Delivering

    /// A notice on its way to a webhook.
    package struct NoticeDelivery: Sendable {
        package let id: UUIDv7
        package let recipient: String
        package let url: String
        /// From 1.
        package let attempt: Int
        /// The same at every try.
        package let body: [UInt8]
    }

    /// Takes notices that are due. Each has to be answered with ``finish(_:_:_:)`` within two minutes, or is due again.
    package func dueNotices(_ context: RequestContext) async throws(Refusal) -> [NoticeDelivery] {
        let tenant = context.tenant
        let rows: ResultSet
        do { rows = try await changed(StoreDatabase.takeDueNotices(limit: 10, tenant: tenant), tenant) } catch { throw refusal(error) }
        var due: [NoticeDelivery] = []
        for notice in StoreDatabase.notices(rows) {
            let recipient = rights.processing.recipients.first { $0.name == notice.recipient }
            guard let url = recipient?.webhook, let body = try await body(of: notice, context) else {
                try await failNotice(notice.id, code: "no-webhook", next: nil, context)
                continue
            }
            due.append(
                NoticeDelivery(
                    id: notice.id, recipient: notice.recipient, url: url, attempt: notice.attempts, body: JSONValue.object(body).encoded()))
        }
        return due
    }

    /// What came of a try.
    package enum NoticeOutcome: Sendable {
        case delivered
        case failed(code: String, retryAfter: Duration?)
        /// The recipient does not want to be told there any more.
        case gone
    }

    package func finish(_ delivery: NoticeDelivery, _ outcome: NoticeOutcome, _ context: RequestContext) async throws(Refusal) {
        switch outcome {
        case .delivered:
            _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                transaction.enqueue(StoreDatabase.delivered(delivery.id, at: .now(), tenant: context.tenant))
                var event = event(.tellingRecipients, context, outcome: .changed)
                event.target = .notice(delivery.id, .delivered)
                return ((), event)
            }
            observe(.noticeDelivered(recipient: delivery.recipient))
        case .failed(let code, let retryAfter):
            let wait = NoticeSchedule.wait(after: delivery.attempt).map { max($0, retryAfter ?? .zero) }
            try await failNotice(delivery.id, code: code, next: wait.map { Instant.now().advanced(by: $0) }, context)
            observe(.noticeFailed(recipient: delivery.recipient, code: code))
        case .gone:
            try await failNotice(delivery.id, code: "gone", next: nil, context)
            observe(.noticeFailed(recipient: delivery.recipient, code: "gone"))
        }
    }

    private func failNotice(_ id: UUIDv7, code: String, next: Instant?, _ context: RequestContext) async throws(Refusal) {
        do { _ = try await changed(StoreDatabase.failed(id, code: code, next: next, tenant: context.tenant), context.tenant) } catch {
            throw refusal(error)
        }
    }

    /// The event as it goes over the wire: ids that the recipient knows, and nothing else.
    private func body(of notice: NoticeRow, _ context: RequestContext) async throws(Refusal) -> JSONObject? {
        let seal = NoticeSeal(try await tenantKeys(context))
        guard let sealed = notice.payload, let bytes = seal.open(sealed, of: notice.id), let payload = (try? JSONReader.read(bytes))?.objectValue
        else { return nil }
        let data: JSONObject = [
            "notice": .string(notice.id.description), "request": .string(notice.cause.description), "records": payload["records"] ?? .array([]),
            "acknowledge": .string("\(rights.publicURL)/v1/recipients/notices/\(notice.id)/acknowledge"),
        ]
        return [
            "type": .string(NoticeKind(rawValue: notice.kind)?.event ?? notice.kind), "timestamp": .string(notice.createdAt.description),
            "data": .object(data),
        ]
    }
}
