package import Expressions
package import PostgresLink
package import Vocabulary

/// What a person said to one purpose (GDPR Art. 6(1)(a), 7).
package struct ConsentRow: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable { case given, withdrawn, refused }

    package let purpose: String
    package let state: State
    package let validUntil: Instant?
    package let recordedAt: Instant
    package let recordedBy: String
    package let evidence: String?

    package init(
        purpose: String, state: State, validUntil: Instant? = nil, recordedAt: Instant, recordedBy: String, evidence: String? = nil
    ) {
        self.purpose = purpose
        self.state = state
        self.validUntil = validUntil
        self.recordedAt = recordedAt
        self.recordedBy = recordedBy
        self.evidence = evidence
    }

    package func isInForce(at now: Instant) -> Bool { state == .given && validUntil.map { $0 > now } != false }
}

/// Processing of a person's data is restricted (GDPR Art. 18).
package struct RestrictionRow: Sendable, Equatable {
    package let since: Instant
    package let ground: String
    package let recordedBy: String

    package init(since: Instant, ground: String, recordedBy: String) {
        self.since = since
        self.ground = ground
        self.recordedBy = recordedBy
    }
}

/// A person objects to a purpose (GDPR Art. 21).
package struct ObjectionRow: Sendable, Equatable {
    package let purpose: String
    package let since: Instant
    package let recordedBy: String

    package init(purpose: String, since: Instant, recordedBy: String) {
        self.purpose = purpose
        self.since = since
        self.recordedBy = recordedBy
    }
}

/// Everything that is known of what a person allows.
package struct SubjectStanding: Sendable, Equatable {
    package let consents: [ConsentRow]
    package let restriction: RestrictionRow?
    package let objections: [ObjectionRow]

    package init(consents: [ConsentRow] = [], restriction: RestrictionRow? = nil, objections: [ObjectionRow] = []) {
        self.consents = consents
        self.restriction = restriction
        self.objections = objections
    }

    /// The same answer that the database gives for a record about the person.
    package func satisfies(_ condition: SubjectCondition, at now: Instant) -> Bool {
        switch condition {
        case .consents(let purpose): consents.contains { $0.purpose == purpose && $0.isInForce(at: now) }
        case .isUnrestricted: restriction == nil
        case .doesNotObject(to: nil): objections.isEmpty
        case .doesNotObject(to: let purpose?): !objections.contains { $0.purpose == purpose }
        }
    }
}

/// Statements about what people allow. Whoever changes it writes the audit event in the same transaction.
extension StoreDatabase {
    /// The person's last word to a purpose takes the place of the one before.
    package static func record(_ consent: ConsentRow, of subject: SubjectID, tenant: TenantID) -> SQL {
        """
        INSERT INTO consent (tenant_id, subject_id, purpose, state, valid_until, recorded_at, recorded_by, evidence)
        VALUES (\(.uuid(tenant.uuid)), \(.uuid(subject.uuid)), \(.text(consent.purpose)), \(.text(consent.state.rawValue)),
          \(.timestamp(consent.validUntil)), \(.timestamp(consent.recordedAt)), \(.text(consent.recordedBy)), \(.text(consent.evidence)))
        ON CONFLICT (tenant_id, subject_id, purpose) DO UPDATE SET (state, valid_until, recorded_at, recorded_by, evidence)
          = (excluded.state, excluded.valid_until, excluded.recorded_at, excluded.recorded_by, excluded.evidence)
        """
    }

    package static func restrict(_ restriction: RestrictionRow, of subject: SubjectID, tenant: TenantID) -> SQL {
        """
        INSERT INTO subject_restriction (tenant_id, subject_id, since, ground, recorded_by)
        VALUES (\(.uuid(tenant.uuid)), \(.uuid(subject.uuid)), \(.timestamp(restriction.since)), \(.text(restriction.ground)),
          \(.text(restriction.recordedBy)))
        ON CONFLICT (tenant_id, subject_id) DO UPDATE SET (since, ground, recorded_by)
          = (excluded.since, excluded.ground, excluded.recorded_by)
        """
    }

    package static func liftRestriction(of subject: SubjectID, tenant: TenantID) -> SQL {
        "DELETE FROM subject_restriction WHERE tenant_id = \(.uuid(tenant.uuid)) AND subject_id = \(.uuid(subject.uuid))"
    }

    /// An objection that stands already stays as it is: it counts from its first day.
    package static func record(_ objection: ObjectionRow, of subject: SubjectID, tenant: TenantID) -> SQL {
        """
        INSERT INTO subject_objection (tenant_id, subject_id, purpose, since, recorded_by)
        VALUES (\(.uuid(tenant.uuid)), \(.uuid(subject.uuid)), \(.text(objection.purpose)), \(.timestamp(objection.since)),
          \(.text(objection.recordedBy)))
        ON CONFLICT (tenant_id, subject_id, purpose) DO NOTHING
        """
    }

    package static func removeObjection(to purpose: String, of subject: SubjectID, tenant: TenantID) -> SQL {
        """
        DELETE FROM subject_objection
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND subject_id = \(.uuid(subject.uuid)) AND purpose = \(.text(purpose))
        """
    }

    /// Three statements whose answers ``SubjectStanding/init(_:)`` takes together.
    package static func standing(of subject: SubjectID, tenant: TenantID) -> [SQL] {
        let person: SQL = "tenant_id = \(.uuid(tenant.uuid)) AND subject_id = \(.uuid(subject.uuid))"
        return [
            "SELECT purpose, state, valid_until, recorded_at, recorded_by, evidence FROM consent WHERE \(person) ORDER BY purpose COLLATE \"C\"",
            "SELECT since, ground, recorded_by FROM subject_restriction WHERE \(person)",
            "SELECT purpose, since, recorded_by FROM subject_objection WHERE \(person) ORDER BY purpose COLLATE \"C\"",
        ]
    }
}

extension SubjectStanding {
    /// From the answers to ``StoreDatabase/standing(of:tenant:)``.
    package init(_ results: [ResultSet]) {
        precondition(results.count == 3, "three statements have three answers")
        let (consents, restrictions, objections) = (results[0], results[1], results[2])
        self.init(
            consents: (0..<consents.rowCount).compactMap { row in
                guard let purpose = consents.text(row, 0), let state = consents.text(row, 1).flatMap({ ConsentRow.State(rawValue: $0) }),
                    let recordedAt = consents.timestamp(row, 3), let recordedBy = consents.text(row, 4)
                else { return nil }
                return ConsentRow(
                    purpose: purpose, state: state, validUntil: consents.timestamp(row, 2), recordedAt: recordedAt, recordedBy: recordedBy,
                    evidence: consents.text(row, 5)
                )
            },
            restriction: restrictions.rowCount == 0
                ? nil
                : RestrictionRow(
                    since: restrictions.timestamp(0, 0) ?? Instant(microseconds: 0), ground: restrictions.text(0, 1) ?? "",
                    recordedBy: restrictions.text(0, 2) ?? ""
                ),
            objections: (0..<objections.rowCount).compactMap { row in
                guard let purpose = objections.text(row, 0), let since = objections.timestamp(row, 1), let recordedBy = objections.text(row, 2)
                else { return nil }
                return ObjectionRow(purpose: purpose, since: since, recordedBy: recordedBy)
            }
        )
    }
}
