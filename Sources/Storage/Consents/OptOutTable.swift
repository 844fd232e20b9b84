package import PostgresLink
package import Vocabulary

/// A person's opt-out in the sense of the CCPA.
package struct OptOutRow: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// No sale or sharing (Civil Code 1798.120).
        case sale
        /// Sensitive data only for what is necessary (1798.121).
        case sensitive
    }

    package let kind: Kind
    package let since: Instant
    package let source: OptOutSource
    package let recordedBy: String

    package init(kind: Kind, since: Instant, source: OptOutSource, recordedBy: String) {
        self.kind = kind
        self.since = since
        self.source = source
        self.recordedBy = recordedBy
    }
}

/// How an opt-out came.
package enum OptOutSource: String, Sendable, CaseIterable {
    /// Global Privacy Control: `Sec-GPC: 1`.
    case gpc
    /// The person, by a link or a form.
    case person
    /// Somebody who works on the person's request.
    case request
    /// An agent of the Data Rights Protocol.
    case agent
}

extension StoreDatabase {
    /// An opt-out that stands already stays as it is: it counts from its first day.
    package static func record(_ optOut: OptOutRow, of subject: SubjectID, tenant: TenantID) -> SQL {
        """
        INSERT INTO subject_opt_out (tenant_id, subject_id, kind, since, source, recorded_by)
        VALUES (\(.uuid(tenant.uuid)), \(.uuid(subject.uuid)), \(.text(optOut.kind.rawValue)), \(.timestamp(optOut.since)),
          \(.text(optOut.source.rawValue)), \(.text(optOut.recordedBy)))
        ON CONFLICT (tenant_id, subject_id, kind) DO NOTHING
        """
    }

    package static func removeOptOut(_ kind: OptOutRow.Kind, of subject: SubjectID, tenant: TenantID) -> SQL {
        """
        DELETE FROM subject_opt_out
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND subject_id = \(.uuid(subject.uuid)) AND kind = \(.text(kind.rawValue))
        """
    }

    package static func optOuts(of subject: SubjectID, tenant: TenantID) -> SQL {
        """
        SELECT kind, since, source, recorded_by FROM subject_opt_out
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND subject_id = \(.uuid(subject.uuid)) ORDER BY kind COLLATE "C"
        """
    }

    package static func optOuts(_ rows: ResultSet) -> [OptOutRow] {
        (0..<rows.rowCount).compactMap { row in
            guard let kind = rows.text(row, 0).flatMap(OptOutRow.Kind.init(rawValue:)), let since = rows.timestamp(row, 1),
                let source = rows.text(row, 2).flatMap(OptOutSource.init(rawValue:)), let recordedBy = rows.text(row, 3)
            else { return nil }
            return OptOutRow(kind: kind, since: since, source: source, recordedBy: recordedBy)
        }
    }
}
