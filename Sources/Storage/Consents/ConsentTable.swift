package import PostgresLink
package import SubjectRights
package import Vocabulary

/// An event of the ledger as it rests, its evidence still sealed.
package struct StoredConsentEvent: Sendable, Equatable {
    package let subject: SubjectID
    package let event: ConsentEvent
    package let sealedEvidence: [UInt8]?

    package init(subject: SubjectID, event: ConsentEvent, sealedEvidence: [UInt8]? = nil) {
        self.subject = subject
        self.event = event
        self.sealedEvidence = sealedEvidence
    }
}

/// Statements about the ledger of consents. Whoever adds to it writes the audit event in the same transaction.
extension StoreDatabase {
    package static func add(_ row: StoredConsentEvent, tenant: TenantID) -> SQL {
        let event = row.event
        return """
            INSERT INTO consent_event (tenant_id, subject_id, purpose, id, state, at, valid_until, notice, language, wording, expression, channel,
              method, recorded_by, evidence)
            VALUES (\(.uuid(tenant.uuid)), \(.uuid(row.subject.uuid)), \(.text(event.purpose)), \(.uuid(event.id)), \(.text(event.state.rawValue)),
              \(.timestamp(event.at)), \(.timestamp(event.validUntil)), \(.text(event.notice?.description)), \(.text(event.language)),
              \(.bytes(event.wordingHash)), \(.text(event.expression.rawValue)), \(.text(event.channel?.rawValue)),
              \(.text(event.method?.rawValue)), \(.text(event.recordedBy)), \(.bytes(row.sealedEvidence)))
            """
    }

    private static let columns: SQL = """
        subject_id, purpose, id, state, at, valid_until, notice, language, wording, expression, channel, method, recorded_by, evidence
        """

    /// Every event of these people, in the order of the ledger.
    package static func consentEvents(of subjects: [SubjectID], tenant: TenantID) -> SQL {
        """
        SELECT \(columns) FROM consent_event WHERE tenant_id = \(.uuid(tenant.uuid)) AND subject_id = ANY(\(.uuids(subjects.map(\.uuid))))
        ORDER BY sequence
        """
    }

    /// The last decisive event of each purpose.
    package static func lastWords(of subject: SubjectID, tenant: TenantID) -> SQL {
        """
        SELECT DISTINCT ON (purpose COLLATE "C") \(columns) FROM consent_event
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND subject_id = \(.uuid(subject.uuid)) AND state <> 'requested'
        ORDER BY purpose COLLATE "C", sequence DESC
        """
    }

    /// When the person was last asked for a consent, since a moment.
    package static func timesAsked(_ subject: SubjectID, for purpose: String, since: Instant, tenant: TenantID) -> SQL {
        """
        SELECT count(*) FROM consent_event WHERE tenant_id = \(.uuid(tenant.uuid)) AND subject_id = \(.uuid(subject.uuid))
          AND purpose = \(.text(purpose)) AND state = 'requested' AND at > \(.timestamp(since))
        """
    }

    /// Rows that have the form of ``columns``; what this program does not know is left out, and counts as nothing said.
    package static func consentEvents(_ rows: ResultSet) -> [StoredConsentEvent] {
        (0..<rows.rowCount).compactMap { row in
            guard let subject = rows.uuid(row, 0), let purpose = rows.text(row, 1), let id = rows.uuid(row, 2),
                let state = rows.text(row, 3).flatMap(ConsentState.init(rawValue:)), let at = rows.timestamp(row, 4),
                let expression = rows.text(row, 9).flatMap(ConsentEvent.Expression.init(rawValue:)), let recordedBy = rows.text(row, 12)
            else { return nil }
            let event = ConsentEvent(
                id: id, purpose: purpose, state: state, at: at, validUntil: rows.timestamp(row, 5),
                notice: rows.text(row, 6).flatMap { NoticeReference($0) }, language: rows.text(row, 7), wordingHash: rows.bytes(row, 8),
                expression: expression, channel: rows.text(row, 10).flatMap(ConsentEvent.Channel.init(rawValue:)),
                method: rows.text(row, 11).flatMap(ConsentEvent.Method.init(rawValue:)), recordedBy: recordedBy
            )
            return StoredConsentEvent(subject: SubjectID(subject), event: event, sealedEvidence: rows.bytes(row, 13))
        }
    }

    // MARK: Sealing anew

    /// Events with evidence of the next people after one; all of a person, or none.
    package static func sealedConsentEvents(after subject: SubjectID?, people: Int, tenant: TenantID) -> SQL {
        let beyond: SQL = subject.map { "AND subject_id > \(.uuid($0.uuid))" } ?? ""
        return """
            SELECT \(columns) FROM consent_event WHERE tenant_id = \(.uuid(tenant.uuid)) AND evidence IS NOT NULL AND subject_id IN (
              SELECT DISTINCT subject_id FROM consent_event WHERE tenant_id = \(.uuid(tenant.uuid)) AND evidence IS NOT NULL \(beyond)
              ORDER BY subject_id LIMIT \(.int8(Int64(people))))
            ORDER BY subject_id, sequence FOR UPDATE
            """
    }

    /// Sets evidence that was sealed anew; nothing else of an event can be set.
    package static func reseal(_ event: StoredConsentEvent, with evidence: [UInt8], tenant: TenantID) -> SQL {
        """
        UPDATE consent_event SET evidence = \(.bytes(evidence)) WHERE tenant_id = \(.uuid(tenant.uuid))
          AND subject_id = \(.uuid(event.subject.uuid)) AND purpose = \(.text(event.event.purpose)) AND id = \(.uuid(event.event.id))
        """
    }
}
