package import Identity
package import PostgresLink
package import Vocabulary

/// A group of users, by whose name conditions of policies speak of it.
package struct TeamRow: Sendable, Equatable {
    package let name: String
    package let createdAt: Instant
    package let createdBy: String
    /// Their handles.
    package let members: [String]

    package init(name: String, createdAt: Instant, createdBy: String, members: [String]) {
        self.name = name
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.members = members
    }
}

extension StoreDatabase {
    package static func listTeams(of tenant: TenantID) -> SQL {
        """
        SELECT t.name, t.created_at, t.created_by, coalesce(array_agg(u.handle ORDER BY u.handle) FILTER (WHERE u.handle IS NOT NULL), '{}')
        FROM user_team t LEFT JOIN user_team_member m ON m.tenant_id = t.tenant_id AND m.team = t.name
          LEFT JOIN user_account u ON u.tenant_id = m.tenant_id AND u.id = m.user_id
        WHERE t.tenant_id = \(.uuid(tenant.uuid)) GROUP BY t.name, t.created_at, t.created_by ORDER BY t.name COLLATE "C"
        """
    }

    package static func teams(_ rows: ResultSet) -> [TeamRow] {
        (0..<rows.rowCount).compactMap { row in
            guard let name = rows.text(row, 0), let createdAt = rows.timestamp(row, 1), let createdBy = rows.text(row, 2) else { return nil }
            return TeamRow(name: name, createdAt: createdAt, createdBy: createdBy, members: rows.texts(row, 3))
        }
    }

    /// Touches no row when there is a team of this name.
    package static func addTeam(_ team: TeamRow, of tenant: TenantID) -> SQL {
        """
        INSERT INTO user_team (tenant_id, name, created_at, created_by)
        VALUES (\(.uuid(tenant.uuid)), \(.text(team.name)), \(.timestamp(team.createdAt)), \(.text(team.createdBy))) ON CONFLICT DO NOTHING
        """
    }

    /// Every decision that was made for a member, or for somebody who has a role with the team, is outdated from here on.
    package static func outdateTeam(_ name: String, of tenant: TenantID) -> SQL {
        """
        UPDATE user_account SET generation = generation + 1 WHERE tenant_id = \(.uuid(tenant.uuid)) AND id IN (
          SELECT user_id FROM user_team_member WHERE tenant_id = \(.uuid(tenant.uuid)) AND team = \(.text(name))
          UNION SELECT user_id FROM user_role WHERE tenant_id = \(.uuid(tenant.uuid)) AND team = \(.text(name)))
        """
    }

    package static func removeRoles(withTeam name: String, of tenant: TenantID) -> SQL {
        "DELETE FROM user_role WHERE tenant_id = \(.uuid(tenant.uuid)) AND team = \(.text(name))"
    }

    package static func removeTeam(_ name: String, of tenant: TenantID) -> SQL {
        "DELETE FROM user_team WHERE tenant_id = \(.uuid(tenant.uuid)) AND name = \(.text(name))"
    }

    package static func hasTeam(_ name: String, of tenant: TenantID) -> SQL {
        "SELECT 1 FROM user_team WHERE tenant_id = \(.uuid(tenant.uuid)) AND name = \(.text(name)) FOR KEY SHARE"
    }

    package static func addMember(_ user: UserRecord, to team: String, by actor: String, at now: Instant) -> SQL {
        """
        INSERT INTO user_team_member (tenant_id, team, user_id, since, added_by)
        VALUES (\(.uuid(user.tenant.uuid)), \(.text(team)), \(.uuid(user.id)), \(.timestamp(now)), \(.text(actor))) ON CONFLICT DO NOTHING
        """
    }

    package static func removeMember(_ user: UserRecord, from team: String) -> SQL {
        """
        DELETE FROM user_team_member WHERE tenant_id = \(.uuid(user.tenant.uuid)) AND team = \(.text(team)) AND user_id = \(.uuid(user.id))
        """
    }
}
