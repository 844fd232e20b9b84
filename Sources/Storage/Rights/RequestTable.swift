package import PostgresLink
package import Vocabulary

/// A request of a data subject as it rests. Words are those of the rules; nothing here names a person.
package struct RequestRow: Sendable {
    package let id: UUIDv7
    package let tenant: TenantID
    /// Counts the changes; a change that was prepared on another one is not made.
    package var version: Int64 = 1
    package let kind: String
    package let regulation: String
    package let regulationFrom: CalendarDate
    package let channel: String
    package let openedBy: String
    package let receivedAt: Instant
    package var state: String
    package var dueOn: CalendarDate
    package var failedAttempts: Int32 = 0
    package var proof: String?
    package var verifiedAt: Instant?
    package var confirmedAt: Instant?
    package var extendedAt: Instant?
    package var extensionReason: String?
    package var pausedSince: Instant?
    package var pausedMicroseconds: Int64 = 0
    package var approvedBy: String?
    package var begunBy: String?
    package var reason: String?
    package var closedAt: Instant?
    /// Who the request is about; known once somebody has shown who they are.
    package var subjects: [SubjectID] = []
    package var purposes: [String] = []
    package var claim: [UInt8]?
    package var idempotency: [UInt8]?
    /// A keyed digest of the code that was sent last.
    package var code: [UInt8]?
    package var codeUntil: Instant?
    package var codesSent: Int32 = 0
    /// What is to be sent to the person.
    package var mails: [String] = []
    package var reminded: String?
    package var sealed: [UInt8]?
    /// Tries to tell the agent how it stands, since that changed last; `nil` where no agent wants to be told.
    package var agentCalls: Int32?
    /// When the next try is due, or whoever makes this one has to be done.
    package private(set) var agentCallAt: Instant?

    package init(
        id: UUIDv7, tenant: TenantID, kind: String, regulation: String, regulationFrom: CalendarDate, channel: String, openedBy: String,
        receivedAt: Instant, state: String, dueOn: CalendarDate
    ) {
        self.id = id
        self.tenant = tenant
        self.kind = kind
        self.regulation = regulation
        self.regulationFrom = regulationFrom
        self.channel = channel
        self.openedBy = openedBy
        self.receivedAt = receivedAt
        self.state = state
        self.dueOn = dueOn
    }

    init?(_ rows: ResultSet, _ row: Int) {
        guard let id = rows.uuid(row, 0), let tenant = rows.uuid(row, 1), let version = rows.int64(row, 2), let kind = rows.text(row, 3),
            let regulation = rows.text(row, 4), let from = rows.date(row, 5), let channel = rows.text(row, 6), let openedBy = rows.text(row, 7),
            let receivedAt = rows.timestamp(row, 8), let state = rows.text(row, 9), let dueOn = rows.date(row, 10)
        else { return nil }
        self.init(
            id: id, tenant: TenantID(tenant), kind: kind, regulation: regulation, regulationFrom: from, channel: channel, openedBy: openedBy,
            receivedAt: receivedAt, state: state, dueOn: dueOn
        )
        self.version = version
        failedAttempts = rows.int32(row, 11)
        proof = rows.text(row, 12)
        verifiedAt = rows.timestamp(row, 13)
        confirmedAt = rows.timestamp(row, 14)
        extendedAt = rows.timestamp(row, 15)
        pausedSince = rows.timestamp(row, 16)
        pausedMicroseconds = rows.int64(row, 17) ?? 0
        approvedBy = rows.text(row, 18)
        begunBy = rows.text(row, 19)
        reason = rows.text(row, 20)
        closedAt = rows.timestamp(row, 21)
        subjects = rows.uuids(row, 22).map { SubjectID($0) }
        purposes = rows.texts(row, 23)
        claim = rows.bytes(row, 24)
        idempotency = rows.bytes(row, 25)
        code = rows.bytes(row, 26)
        codeUntil = rows.timestamp(row, 27)
        codesSent = rows.int32(row, 28)
        mails = rows.texts(row, 29)
        reminded = rows.text(row, 30)
        sealed = rows.bytes(row, 31)
        extensionReason = rows.text(row, 32)
        agentCalls = rows.isNull(row, 33) ? nil : rows.int32(row, 33)
        agentCallAt = rows.timestamp(row, 34)
    }
}

/// One step in the history of a request.
package struct RequestEventRow: Sendable {
    package let number: Int64
    package let at: Instant
    package let actor: String
    package let event: String
    package let detail: String?

    package init(number: Int64, at: Instant, actor: String, event: String, detail: String?) {
        self.number = number
        self.at = at
        self.actor = actor
        self.event = event
        self.detail = detail
    }
}

/// Which requests are looked for.
package struct RequestQuery: Sendable {
    /// Of these states; empty: of all that are open.
    package var states: [String] = []
    package var isOpenOnly = true
    package var kind: String?
    /// Due on this day or before.
    package var dueBy: CalendarDate?
    /// Behind the last one of the page before.
    package var after: (due: CalendarDate, id: UUIDv7)?
    package var limit = 50

    package init() {}
}

extension StoreDatabase {
    private static let requestColumns: SQL = """
        id, tenant_id, version, kind, regulation, regulation_from, channel, opened_by, received_at, state, due_on, failed_attempts, proof,
        verified_at, confirmed_at, extended_at, paused_since, paused_microseconds, approved_by, begun_by, reason, closed_at,
        (SELECT string_agg(uuid_send(person), ''::bytea) FROM unnest(subjects) AS person), purposes, claim, idempotency, code, code_until, codes_sent, mails, reminded, sealed, extension_reason,
        agent_calls, agent_call_at
        """

    package static func request(_ id: UUIDv7, tenant: TenantID) -> SQL {
        "SELECT \(requestColumns) FROM subject_request WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id))"
    }

    /// The request that was opened with a word, by what is kept of the word.
    package static func request(idempotency: [UInt8], tenant: TenantID) -> SQL {
        "SELECT \(requestColumns) FROM subject_request WHERE tenant_id = \(.uuid(tenant.uuid)) AND idempotency = \(.bytes(idempotency))"
    }

    /// The same, locked until the transaction ends.
    package static func lockRequest(_ id: UUIDv7, tenant: TenantID) -> SQL { "\(request(id, tenant: tenant)) FOR UPDATE" }

    package static func requests(_ rows: ResultSet) -> [RequestRow] { (0..<rows.rowCount).compactMap { RequestRow(rows, $0) } }

    /// What is due first comes first.
    package static func requests(_ query: RequestQuery, tenant: TenantID) -> SQL {
        var conditions: [SQL] = ["tenant_id = \(.uuid(tenant.uuid))"]
        if query.isOpenOnly { conditions.append("closed_at IS NULL") }
        if !query.states.isEmpty { conditions.append("state = ANY(\(.texts(query.states)))") }
        if let kind = query.kind { conditions.append("kind = \(.text(kind))") }
        if let day = query.dueBy { conditions.append("due_on <= \(.date(day))") }
        if let (due, id) = query.after { conditions.append("(due_on, id) > (\(.date(due)), \(.uuid(id)))") }
        return """
            SELECT \(requestColumns) FROM subject_request WHERE \(joining: conditions, by: " AND ")
            ORDER BY due_on, id LIMIT \(.int8(Int64(query.limit)))
            """
    }

    /// Open requests of a kind by any of these people, who have shown that it is them.
    package static func openRequests(about subjects: [SubjectID], kind: String, but id: UUIDv7, tenant: TenantID) -> SQL {
        """
        SELECT id FROM subject_request WHERE tenant_id = \(.uuid(tenant.uuid)) AND closed_at IS NULL AND kind = \(.text(kind))
          AND id <> \(.uuid(id)) AND verified_at IS NOT NULL AND subjects && \(.uuids(subjects.map(\.uuid)))
        """
    }

    package static func hasRequestMail(tenant: TenantID) -> SQL {
        "SELECT id FROM subject_request WHERE tenant_id = \(.uuid(tenant.uuid)) AND mails IS NOT NULL LIMIT 1"
    }

    /// Requests with something to send, each lent to one gateway at a time.
    package static func lockRequestsWithMail(limit: Int, tenant: TenantID) -> SQL {
        """
        SELECT \(requestColumns) FROM subject_request WHERE tenant_id = \(.uuid(tenant.uuid)) AND mails IS NOT NULL
        ORDER BY id LIMIT \(.int8(Int64(limit))) FOR UPDATE SKIP LOCKED
        """
    }

    package static func lockSealedRequests(after id: UUIDv7?, limit: Int, tenant: TenantID) -> SQL {
        let beyond: SQL = id.map { "AND id > \(.uuid($0))" } ?? ""
        return """
            SELECT \(requestColumns) FROM subject_request WHERE tenant_id = \(.uuid(tenant.uuid)) \(beyond)
            ORDER BY id LIMIT \(.int8(Int64(limit))) FOR UPDATE
            """
    }

    /// The same content under another version of its key: nothing that its readers would notice.
    package static func reseal(_ id: UUIDv7, _ sealed: [UInt8], tenant: TenantID) -> SQL {
        "UPDATE subject_request SET sealed = \(.bytes(sealed)) WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(id))"
    }

    /// Requests whose record has lasted its time, in the order of their ids. The answer is for ``subjectsOfRequests(_:)``.
    package static func requestsClosed(
        before moment: Instant, regulation: String, from day: CalendarDate, after position: UUIDv7?, limit: Int, tenant: TenantID
    ) -> SQL {
        let further: SQL = position.map { " AND id > \(.uuid($0))" } ?? ""
        return """
            SELECT id, (SELECT string_agg(uuid_send(person), ''::bytea) FROM unnest(subjects) AS person) FROM subject_request
            WHERE tenant_id = \(.uuid(tenant.uuid)) AND closed_at < \(.timestamp(moment)) AND regulation = \(.text(regulation)) AND regulation_from = \(.date(day))\(further) ORDER BY id LIMIT \(.int8(Int64(limit)))
            """
    }

    package static func subjectsOfRequests(_ rows: ResultSet) -> [(request: UUIDv7, subjects: [SubjectID])] {
        (0..<rows.rowCount).compactMap { row in
            rows.uuid(row, 0).map { ($0, rows.uuids(row, 1).map { SubjectID($0) }) }
        }
    }

    /// Notices that no request is behind, which would take them with it.
    package static func removeNotices(withoutRequestFrom moment: Instant, tenant: TenantID) -> SQL {
        """
        DELETE FROM recipient_notice WHERE tenant_id = \(.uuid(tenant.uuid)) AND created_at < \(.timestamp(moment))
          AND NOT EXISTS (SELECT FROM subject_request WHERE subject_request.tenant_id = recipient_notice.tenant_id
            AND subject_request.id = recipient_notice.cause_id)
        """
    }

    package static func removeRequests(_ ids: [UUIDv7], tenant: TenantID) -> [SQL] {
        [
            // Whom it told and what came of it is part of the record of a request, and goes with it.
            "DELETE FROM recipient_notice WHERE tenant_id = \(.uuid(tenant.uuid)) AND cause_id = ANY(\(.uuids(ids)))",
            "DELETE FROM erasure WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = ANY(\(.uuids(ids))) AND finished_at IS NOT NULL",
            "DELETE FROM request_event WHERE tenant_id = \(.uuid(tenant.uuid)) AND request_id = ANY(\(.uuids(ids)))",
            "DELETE FROM subject_request WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = ANY(\(.uuids(ids)))",
        ]
    }

    package static func addRequest(_ row: RequestRow) -> SQL {
        """
        INSERT INTO subject_request (id, tenant_id, version, kind, regulation, regulation_from, channel, opened_by, received_at, state, due_on,
          failed_attempts, proof, verified_at, paused_since, paused_microseconds, subjects, purposes, claim, idempotency, codes_sent, mails, sealed,
          agent_calls)
        VALUES (\(.uuid(row.id)), \(.uuid(row.tenant.uuid)), \(.int8(row.version)), \(.text(row.kind)), \(.text(row.regulation)),
          \(.date(row.regulationFrom)), \(.text(row.channel)), \(.text(row.openedBy)), \(.timestamp(row.receivedAt)), \(.text(row.state)),
          \(.date(row.dueOn)), \(.int4(row.failedAttempts)), \(.text(row.proof)), \(.timestamp(row.verifiedAt)), \(.timestamp(row.pausedSince)),
          \(.int8(row.pausedMicroseconds)), \(subjects(row)), \(.texts(row.purposes)), \(.bytes(row.claim)), \(.bytes(row.idempotency)),
          \(.int4(row.codesSent)), \(mails(row)), \(.bytes(row.sealed)), \(.int4(row.agentCalls)))
        """
    }

    /// What can change of a request. The answer has a row when the request was at that version.
    ///
    /// An agent that wants to be told is to be told anew when what it may know of it changes.
    package static func changeRequest(_ row: RequestRow, at version: Int64) -> SQL {
        let isNews: SQL = """
            agent_calls IS NOT NULL
              AND (state, due_on, reason) IS DISTINCT FROM (\(.text(row.state)), \(.date(row.dueOn)), \(.text(row.reason)))
            """
        return """
            UPDATE subject_request SET version = \(.int8(row.version)), state = \(.text(row.state)), due_on = \(.date(row.dueOn)),
              failed_attempts = \(.int4(row.failedAttempts)), proof = \(.text(row.proof)), verified_at = \(.timestamp(row.verifiedAt)),
              confirmed_at = \(.timestamp(row.confirmedAt)), extended_at = \(.timestamp(row.extendedAt)), paused_since = \(.timestamp(row.pausedSince)),
              paused_microseconds = \(.int8(row.pausedMicroseconds)), approved_by = \(.text(row.approvedBy)), begun_by = \(.text(row.begunBy)),
              reason = \(.text(row.reason)), closed_at = \(.timestamp(row.closedAt)), subjects = \(subjects(row)), claim = \(.bytes(row.claim)),
              code = \(.bytes(row.code)), code_until = \(.timestamp(row.codeUntil)), codes_sent = \(.int4(row.codesSent)), mails = \(mails(row)),
              reminded = \(.text(row.reminded)), extension_reason = \(.text(row.extensionReason)), sealed = \(.bytes(row.sealed)),
              agent_calls = CASE WHEN \(isNews) THEN 0 ELSE agent_calls END,
              agent_call_at = CASE WHEN \(isNews) THEN clock_timestamp() ELSE agent_call_at END
            WHERE tenant_id = \(.uuid(row.tenant.uuid)) AND id = \(.uuid(row.id)) AND version = \(.int8(version)) RETURNING version
            """
    }

    private static func subjects(_ row: RequestRow) -> SQL { row.subjects.isEmpty ? "NULL" : "\(.uuids(row.subjects.map(\.uuid)))" }
    private static func mails(_ row: RequestRow) -> SQL { row.mails.isEmpty ? "NULL" : "\(.texts(row.mails))" }

    // MARK: Telling agents

    package static func hasDueAgentCall(tenant: TenantID) -> SQL {
        "SELECT id FROM subject_request WHERE tenant_id = \(.uuid(tenant.uuid)) AND agent_call_at <= clock_timestamp() LIMIT 1"
    }

    /// Requests whose agents are to be told, each lent to one gateway for two minutes. Agents that were removed are told nothing.
    package static func takeDueAgentCalls(limit: Int, tenant: TenantID) -> SQL {
        """
        UPDATE subject_request SET agent_calls = agent_calls + 1,
          agent_call_at = CASE WHEN EXISTS (
            SELECT FROM rights_agent a WHERE a.tenant_id = subject_request.tenant_id AND 'agent:' || a.id = opened_by
          ) THEN clock_timestamp() + interval '2 minutes' END
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id IN (
          SELECT id FROM subject_request WHERE tenant_id = \(.uuid(tenant.uuid)) AND agent_call_at <= clock_timestamp()
          ORDER BY agent_call_at LIMIT \(.int8(Int64(limit))) FOR UPDATE SKIP LOCKED)
        RETURNING \(requestColumns)
        """
    }

    /// Nothing when the request has changed since it was lent: then its agent is to be told of that.
    ///
    /// - Parameter next: when to try again; `nil` for no more.
    package static func agentCalled(_ row: RequestRow, next: Instant?, tenant: TenantID) -> SQL {
        """
        UPDATE subject_request SET agent_call_at = \(.timestamp(next))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND id = \(.uuid(row.id)) AND agent_call_at = \(.timestamp(row.agentCallAt))
        """
    }

    // MARK: History

    package static func addRequestEvent(_ event: RequestEventRow, of request: UUIDv7, tenant: TenantID) -> SQL {
        """
        INSERT INTO request_event (tenant_id, request_id, number, at, actor, event, detail)
        VALUES (\(.uuid(tenant.uuid)), \(.uuid(request)), \(.int8(event.number)), \(.timestamp(event.at)), \(.text(event.actor)),
          \(.text(event.event)), \(.text(event.detail)))
        """
    }

    package static func requestEvents(of request: UUIDv7, tenant: TenantID) -> SQL {
        """
        SELECT number, at, actor, event, detail FROM request_event
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND request_id = \(.uuid(request)) ORDER BY number
        """
    }

    package static func requestEvents(_ rows: ResultSet) -> [RequestEventRow] {
        (0..<rows.rowCount).compactMap { row in
            guard let number = rows.int64(row, 0), let at = rows.timestamp(row, 1), let actor = rows.text(row, 2), let event = rows.text(row, 3)
            else { return nil }
            return RequestEventRow(number: number, at: at, actor: actor, event: event, detail: rows.text(row, 4))
        }
    }
}
