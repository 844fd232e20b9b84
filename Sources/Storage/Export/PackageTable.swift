package import PostgresLink
package import Vocabulary

/// A sealed package of an export, as it waits for the person to fetch it.
package struct PackageRow: Sendable, Equatable {
    package let id: UUIDv7
    package let request: UUIDv7
    package let subjects: [SubjectID]
    /// A keyed hash of the link's token: who reads the table cannot follow the link.
    package let tokenCode: [UInt8]
    package let byteCount: Int64
    package let builtAt: Instant
    package let builtBy: String
    package let expiresAt: Instant

    package init(
        id: UUIDv7, request: UUIDv7, subjects: [SubjectID], tokenCode: [UInt8], byteCount: Int64, builtAt: Instant, builtBy: String,
        expiresAt: Instant
    ) {
        self.id = id
        self.request = request
        self.subjects = subjects
        self.tokenCode = tokenCode
        self.byteCount = byteCount
        self.builtAt = builtAt
        self.builtBy = builtBy
        self.expiresAt = expiresAt
    }
}

/// Statements about packages. A package is there once its row is, which commits with its event.
extension StoreDatabase {
    /// How often, and for how long after the first time, a package can be fetched: a download that broke off can be had again.
    package static let fetchLimit = 3
    package static let fetchWindow = Duration.seconds(3600)

    package static func addPart(_ bytes: [UInt8], number: Int, of package: UUIDv7, tenant: TenantID) -> SQL {
        """
        INSERT INTO export_part (tenant_id, package_id, number, written_at, bytes)
        VALUES (\(.uuid(tenant.uuid)), \(.uuid(package)), \(.int4(Int32(number))), now(), \(.bytes(bytes)))
        """
    }

    /// The package takes the place of any that the request had before.
    package static func publish(_ row: PackageRow, tenant: TenantID) -> [SQL] {
        let earlier: SQL = "tenant_id = \(.uuid(tenant.uuid)) AND request_id = \(.uuid(row.request))"
        return [
            """
            DELETE FROM export_part WHERE tenant_id = \(.uuid(tenant.uuid))
              AND package_id IN (SELECT id FROM export_package WHERE \(earlier))
            """,
            "DELETE FROM export_package WHERE \(earlier)",
            """
            INSERT INTO export_package (tenant_id, id, request_id, subject_ids, token_code, byte_count, built_at, built_by, expires_at, fetches)
            VALUES (\(.uuid(tenant.uuid)), \(.uuid(row.id)), \(.uuid(row.request)), \(.uuids(row.subjects.map(\.uuid))), \(.bytes(row.tokenCode)),
              \(.int8(row.byteCount)), \(.timestamp(row.builtAt)), \(.text(row.builtBy)), \(.timestamp(row.expiresAt)), 0)
            """,
        ]
    }

    /// Counts a fetch of the package that a link leads to; no row when it leads nowhere, or no longer. Answers the id, the people and the bytes.
    package static func fetchPackage(tokenCode: [UInt8], at now: Instant, tenant: TenantID) -> SQL {
        let opened = now.advanced(by: .zero - fetchWindow)
        return """
            UPDATE export_package SET fetches = fetches + 1, first_fetched_at = COALESCE(first_fetched_at, \(.timestamp(now)))
            WHERE tenant_id = \(.uuid(tenant.uuid)) AND token_code = \(.bytes(tokenCode)) AND expires_at > \(.timestamp(now))
              AND fetches < \(.int4(Int32(fetchLimit))) AND (first_fetched_at IS NULL OR first_fetched_at > \(.timestamp(opened)))
            RETURNING id, array_to_string(subject_ids, ' '), byte_count
            """
    }

    package static func parts(of package: UUIDv7, tenant: TenantID) -> SQL {
        "SELECT bytes FROM export_part WHERE tenant_id = \(.uuid(tenant.uuid)) AND package_id = \(.uuid(package)) ORDER BY number"
    }

    /// Takes away every package about people who are erased; whoever has its link finds nothing. Named by table, for the counts of an erasure.
    package static func packageDeletions(_ people: ErasedPeople) -> [(table: StaticString, statement: SQL)] {
        let statements = drop("subject_ids && \(.uuids(people.subjects))", people.tenant)
        return [("export_part", statements[0]), ("export_package", statements[1])]
    }

    /// How many packages can no longer be fetched, and how many parts are of no package.
    package static func countFinishedPackages(at now: Instant, tenant: TenantID) -> SQL {
        """
        SELECT (SELECT count(*) FROM export_package WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(finished(now))),
          (SELECT count(*) FROM export_part WHERE \(abandoned(now, tenant)))
        """
    }

    /// Takes both away.
    package static func dropFinishedPackages(at now: Instant, tenant: TenantID) -> [SQL] {
        ["DELETE FROM export_part WHERE \(abandoned(now, tenant))"] + drop(finished(now), tenant)
    }

    private static func finished(_ now: Instant) -> SQL {
        "(expires_at <= \(.timestamp(now)) OR first_fetched_at <= \(.timestamp(now.advanced(by: .zero - fetchWindow))))"
    }

    /// A build does not take an hour.
    private static func abandoned(_ now: Instant, _ tenant: TenantID) -> SQL {
        """
        tenant_id = \(.uuid(tenant.uuid)) AND written_at <= \(.timestamp(now.advanced(by: .seconds(-3600)))) AND NOT EXISTS (
          SELECT FROM export_package WHERE export_package.tenant_id = export_part.tenant_id AND export_package.id = export_part.package_id)
        """
    }

    private static func drop(_ condition: SQL, _ tenant: TenantID) -> [SQL] {
        [
            """
            DELETE FROM export_part WHERE tenant_id = \(.uuid(tenant.uuid))
              AND package_id IN (SELECT id FROM export_package WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(condition))
            """,
            "DELETE FROM export_package WHERE tenant_id = \(.uuid(tenant.uuid)) AND \(condition)",
        ]
    }
}
