package import PostgresLink
package import SubjectRights
package import Vocabulary

/// What a link in a message is good for, once.
package struct ConsentLink: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// The second step of a double opt-in.
        case confirm
        case withdraw
    }

    package let subject: SubjectID
    package let purpose: String
    package let kind: Kind
    package let notice: NoticeReference?
    package let language: String
    package let expiresAt: Instant

    package init(subject: SubjectID, purpose: String, kind: Kind, notice: NoticeReference?, language: String, expiresAt: Instant) {
        self.subject = subject
        self.purpose = purpose
        self.kind = kind
        self.notice = notice
        self.language = language
        self.expiresAt = expiresAt
    }
}

/// Statements about links. A link is known by the code of its token, which only the gateway's key can make; the token is in the mailbox alone.
extension StoreDatabase {
    package static func add(_ link: ConsentLink, code: [UInt8], tenant: TenantID) -> SQL {
        """
        INSERT INTO consent_link (tenant_id, code, subject_id, purpose, kind, notice, language, expires_at)
        VALUES (\(.uuid(tenant.uuid)), \(.bytes(code)), \(.uuid(link.subject.uuid)), \(.text(link.purpose)), \(.text(link.kind.rawValue)),
          \(.text(link.notice?.description)), \(.text(link.language)), \(.timestamp(link.expiresAt)))
        """
    }

    /// A link that can be used still.
    package static func consentLink(_ code: [UInt8], at now: Instant, tenant: TenantID) -> SQL {
        """
        SELECT subject_id, purpose, kind, notice, language, expires_at FROM consent_link
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND code = \(.bytes(code)) AND used_at IS NULL AND expires_at > \(.timestamp(now))
        """
    }

    /// Uses a link up, and says what it was for; of two at the same moment one gets no row.
    package static func useConsentLink(_ code: [UInt8], at now: Instant, tenant: TenantID) -> SQL {
        """
        UPDATE consent_link SET used_at = \(.timestamp(now))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND code = \(.bytes(code)) AND used_at IS NULL AND expires_at > \(.timestamp(now))
        RETURNING subject_id, purpose, kind, notice, language, expires_at
        """
    }

    /// Links of a person for a purpose that cannot be used any more, or that another one takes the place of.
    package static func dropConsentLinks(
        of subject: SubjectID, _ purpose: String, _ kind: ConsentLink.Kind, tenant: TenantID
    ) -> SQL {
        """
        DELETE FROM consent_link WHERE tenant_id = \(.uuid(tenant.uuid)) AND subject_id = \(.uuid(subject.uuid)) AND purpose = \(.text(purpose))
          AND kind = \(.text(kind.rawValue))
        """
    }

    package static func consentLink(_ rows: ResultSet) -> ConsentLink? {
        guard rows.rowCount == 1, let subject = rows.uuid(0, 0), let purpose = rows.text(0, 1),
            let kind = rows.text(0, 2).flatMap(ConsentLink.Kind.init(rawValue:)), let language = rows.text(0, 4), let expiry = rows.timestamp(0, 5)
        else { return nil }
        return ConsentLink(
            subject: SubjectID(subject), purpose: purpose, kind: kind, notice: rows.text(0, 3).flatMap { NoticeReference($0) }, language: language,
            expiresAt: expiry)
    }
}
