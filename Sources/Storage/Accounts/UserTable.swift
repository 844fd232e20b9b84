package import Identity
package import PostgresLink
package import Vocabulary

extension StoreDatabase {
    /// Everything about a user in one row: the roles and teams as arrays beside each other.
    private static let userSelection: SQL = """
        SELECT u.id, u.tenant_id, u.handle, u.issuer, u.subject, u.disabled_at, u.created_at, u.created_by, u.generation,
          r.roles, r.teams, r.untils, r.times, r.granters, m.names
        FROM user_account u
        LEFT JOIN LATERAL (
          SELECT array_agg(role ORDER BY role, team) AS roles, array_agg(team ORDER BY role, team) AS teams,
            array_agg(coalesce((extract(epoch FROM valid_until) * 1000000)::bigint::text, '') ORDER BY role, team) AS untils,
            array_agg((extract(epoch FROM granted_at) * 1000000)::bigint::text ORDER BY role, team) AS times,
            array_agg(granted_by ORDER BY role, team) AS granters
          FROM user_role WHERE tenant_id = u.tenant_id AND user_id = u.id) r ON true
        LEFT JOIN LATERAL (
          SELECT array_agg(team ORDER BY team) AS names FROM user_team_member WHERE tenant_id = u.tenant_id AND user_id = u.id) m ON true
        """

    /// The user that a credential names, outside any transaction of a tenant.
    package func user(_ reference: UserReference, _ tenant: TenantID) async throws(StorageError) -> UserRecord? {
        let condition: SQL =
            switch reference {
            case .handle(let handle): "u.handle = \(.text(handle))"
            case .subject(let subject, let issuer): "u.issuer = \(.text(issuer)) AND u.subject = \(.text(subject))"
            }
        let rows: ResultSet
        do {
            rows = try await database.read(["\(Self.userSelection) WHERE u.tenant_id = \(.uuid(tenant.uuid)) AND \(condition)"])[0]
        } catch { throw StorageError(error) }
        return Self.users(rows).first
    }

    package static func user(handle: String, of tenant: TenantID) -> SQL {
        "\(userSelection) WHERE u.tenant_id = \(.uuid(tenant.uuid)) AND u.handle = \(.text(handle))"
    }

    package static func listUsers(of tenant: TenantID, after handle: String?, limit: Int) -> SQL {
        """
        \(userSelection) WHERE u.tenant_id = \(.uuid(tenant.uuid)) AND u.handle COLLATE "C" > \(.text(handle ?? ""))
        ORDER BY u.handle COLLATE "C" LIMIT \(.int8(Int64(limit)))
        """
    }

    package static func users(_ rows: ResultSet) -> [UserRecord] {
        (0..<rows.rowCount).compactMap { row in
            guard let id = rows.uuid(row, 0), let tenant = rows.uuid(row, 1), let handle = rows.text(row, 2), let createdAt = rows.timestamp(row, 6),
                let createdBy = rows.text(row, 7), let generation = rows.int64(row, 8)
            else { return nil }
            let (roles, teams, untils) = (rows.texts(row, 9), rows.texts(row, 10), rows.texts(row, 11))
            let (times, granters) = (rows.texts(row, 12), rows.texts(row, 13))
            let assignments = roles.indices.map { index in
                UserRecord.Assignment(
                    role: roles[index], team: teams[index].isEmpty ? nil : teams[index],
                    until: Int64(untils[index]).map { Instant(microseconds: $0) },
                    grantedAt: Instant(microseconds: Int64(times[index]) ?? 0), grantedBy: granters[index])
            }
            return UserRecord(
                id: id, tenant: TenantID(tenant), handle: handle, issuer: rows.text(row, 3), subject: rows.text(row, 4),
                disabledAt: rows.timestamp(row, 5), createdAt: createdAt, createdBy: createdBy, generation: generation, assignments: assignments,
                teams: rows.texts(row, 14)
            )
        }
    }

    // MARK: Changes

    /// Whoever changes users of a tenant does it alone: who is the last administrator is a question about all of them.
    package static func lockUsers(of tenant: TenantID) -> SQL {
        "SELECT 1 FROM tenant WHERE id = \(.uuid(tenant.uuid)) FOR NO KEY UPDATE"
    }

    /// Users who have the role for good, and can come.
    package static func countUsers(with role: String, of tenant: TenantID) -> SQL {
        """
        SELECT count(DISTINCT u.id) FROM user_account u JOIN user_role r ON r.tenant_id = u.tenant_id AND r.user_id = u.id
        WHERE u.tenant_id = \(.uuid(tenant.uuid)) AND u.disabled_at IS NULL AND r.role = \(.text(role)) AND r.valid_until IS NULL
        """
    }

    package static func addUser(_ user: UserRecord) -> SQL {
        """
        INSERT INTO user_account (tenant_id, id, handle, issuer, subject, disabled_at, created_at, created_by, generation)
        VALUES (\(.uuid(user.tenant.uuid)), \(.uuid(user.id)), \(.text(user.handle)), \(.text(user.issuer)), \(.text(user.subject)), NULL,
          \(.timestamp(user.createdAt)), \(.text(user.createdBy)), 1)
        """
    }

    package static func setUser(_ user: UserRecord, disabledAt: Instant?, issuer: String?, subject: String?) -> SQL {
        """
        UPDATE user_account SET disabled_at = \(.timestamp(disabledAt)), issuer = \(.text(issuer)), subject = \(.text(subject)),
          generation = generation + 1
        WHERE tenant_id = \(.uuid(user.tenant.uuid)) AND id = \(.uuid(user.id))
        """
    }

    package static func removeUser(_ user: UserRecord) -> SQL {
        "DELETE FROM user_account WHERE tenant_id = \(.uuid(user.tenant.uuid)) AND id = \(.uuid(user.id))"
    }

    /// Gives a role, or gives it until another time.
    package static func grantRole(_ assignment: UserRecord.Assignment, to user: UserRecord) -> SQL {
        """
        INSERT INTO user_role (tenant_id, user_id, role, team, valid_until, granted_at, granted_by)
        VALUES (\(.uuid(user.tenant.uuid)), \(.uuid(user.id)), \(.text(assignment.role)), \(.text(assignment.team ?? "")),
          \(.timestamp(assignment.until)), \(.timestamp(assignment.grantedAt)), \(.text(assignment.grantedBy)))
        ON CONFLICT (tenant_id, user_id, role, team) DO UPDATE SET (valid_until, granted_at, granted_by)
          = (excluded.valid_until, excluded.granted_at, excluded.granted_by)
        """
    }

    /// Touches as many rows as there were such assignments.
    package static func revokeRole(_ role: String, team: String?, of user: UserRecord) -> SQL {
        """
        DELETE FROM user_role WHERE tenant_id = \(.uuid(user.tenant.uuid)) AND user_id = \(.uuid(user.id)) AND role = \(.text(role))
          AND team = \(.text(team ?? ""))
        """
    }

    /// Every decision that was made for the user is outdated from here on.
    package static func outdate(_ user: UserRecord) -> SQL {
        "UPDATE user_account SET generation = generation + 1 WHERE tenant_id = \(.uuid(user.tenant.uuid)) AND id = \(.uuid(user.id))"
    }
}
