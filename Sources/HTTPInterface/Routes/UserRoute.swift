import NIOHTTP1

/// Routes of users, their roles and their teams, below `/v1/users` and `/v1/teams`. Users and teams are named by their handles.
enum UserRoute: Sendable {
    case list, add
    case show(String), change(String), remove(String)
    case roles(String), grant(String), revoke(String, role: String)
    case listTeams, addTeam, removeTeam(String)
    case join(team: String, String), leave(team: String, String)

    static func routes(_ first: String, _ rest: ArraySlice<String>) -> [(HTTPMethod, UserRoute)] {
        let rest = Array(rest)
        switch (first, rest.count) {
        case ("users", 0): return [(.GET, .list), (.POST, .add)]
        case ("users", 1): return [(.GET, .show(rest[0])), (.PATCH, .change(rest[0])), (.DELETE, .remove(rest[0]))]
        case ("users", 2) where rest[1] == "roles": return [(.GET, .roles(rest[0])), (.POST, .grant(rest[0]))]
        case ("users", 3) where rest[1] == "roles": return [(.DELETE, .revoke(rest[0], role: rest[2]))]
        case ("teams", 0): return [(.GET, .listTeams), (.POST, .addTeam)]
        case ("teams", 1): return [(.DELETE, .removeTeam(rest[0]))]
        case ("teams", 3) where rest[1] == "members":
            return [(.PUT, .join(team: rest[0], rest[2])), (.DELETE, .leave(team: rest[0], rest[2]))]
        default: return []
        }
    }

    var operation: Operation {
        switch self {
        case .list: .listUsers
        case .add: .addUser
        case .show: .readUser
        case .change: .updateUser
        case .remove: .deleteUser
        case .roles: .listUserRoles
        case .grant: .grantUserRole
        case .revoke: .revokeUserRole
        case .listTeams: .listTeams
        case .addTeam: .addTeam
        case .removeTeam: .deleteTeam
        case .join: .addTeamMember
        case .leave: .removeTeamMember
        }
    }
}
