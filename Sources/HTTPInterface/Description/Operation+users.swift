import DataFormats
import Gateway
import NIOHTTP1
import Policies

extension Operation {
    static let users = [
        listUsers, addUser, readUser, updateUser, deleteUser, listUserRoles, grantUserRole, revokeUserRole, listTeams, addTeam, deleteTeam,
        addTeamMember, removeTeamMember,
    ]

    private static let user = Parameter.path("user", .accountName, "the handle of a user")
    private static let team = Parameter.path("team", .accountName, "the name of a team")

    static let listUsers = Operation(
        .GET, "/v1/users", "listUsers", .users, "Lists users", for: .system(.read, .user),
        [.query("after", .text, "the last handle of the page before"), .limit], answers: .json("users by handle", .page(.named("User"))))

    static let addUser = Operation(
        .POST, "/v1/users", "addUser", .users, "Makes a user known",
        detail: "With `issuer` and `subject` the user comes with tokens; without, by keys that bear its handle.", for: .system(.create, .user),
        body: .json(
            .input(["handle": .accountName, "issuer?": .text(1...255), "subject?": .text(1...255)]),
            example: ["handle": "ann", "issuer": "https://id.example.com/realms/crm", "subject": "5f0c1c9e"]),
        answers: .json(201, "the user", .named("User"), headers: ["Location"]), refuses: [.valueTaken])

    static let readUser = Operation(
        .GET, "/v1/users/{user}", "getUser", .users, "Reads a user", for: .system(.read, .user), [user], answers: .json("the user", .named("User")))

    static let updateUser = Operation(
        .PATCH, "/v1/users/{user}", "updateUser", .users, "Disables or enables a user, or says who names it",
        detail: "A user who is disabled is refused from the next request on, whatever it presents.", for: .system(.update, .user), [user],
        body: Body(
            type: "application/merge-patch+json",
            shape: .input(["disabled?": .truth, "issuer?": .text(1...255), "subject?": .text(1...255)]), isRequired: true,
            example: ["disabled": true]),
        answers: .json("the user", .named("User")), refuses: [.ownRights, .lastAdministrator, .valueTaken])

    static let deleteUser = Operation(
        .DELETE, "/v1/users/{user}", "deleteUser", .users, "Takes a user away, with its roles", for: .system(.delete, .user), [user],
        answers: .nothing("the user is gone"), refuses: [.ownRights, .lastAdministrator, .recordInUse])

    static let listUserRoles = Operation(
        .GET, "/v1/users/{user}/roles", "listUserRoles", .users, "Lists the roles that were given to a user", for: .system(.read, .user), [user],
        answers: .json("roles", .page(.named("UserRole"))))

    static let grantUserRole = Operation(
        .POST, "/v1/users/{user}/roles", "grantUserRole", .users, "Gives a role to a user", for: .system(.update, .user), [user],
        body: .json(
            .input(["role": .text, "team?": .accountName, "valid_until?": .time]),
            example: ["role": "sales-rep", "team": "north", "valid_until": "2027-01-01T00:00:00Z"]),
        answers: .json("the user's roles", .page(.named("UserRole"))), refuses: [.ownRights, .lastAdministrator])

    static let revokeUserRole = Operation(
        .DELETE, "/v1/users/{user}/roles/{role}", "revokeUserRole", .users, "Takes a role from a user, from the next request on",
        for: .system(.update, .user),
        [user, .path("role", .text, "the role"), .query("team", .accountName, "the team that the role was given with")],
        answers: .nothing("the user has it no more"), refuses: [.ownRights, .lastAdministrator])

    static let listTeams = Operation(
        .GET, "/v1/teams", "listTeams", .users, "Lists teams with their members", for: .system(.read, .user),
        answers: .json("teams", .page(.named("Team"))))

    static let addTeam = Operation(
        .POST, "/v1/teams", "addTeam", .users, "Makes a team", for: .system(.create, .user), body: .json(.input(["name": .accountName])),
        answers: .json(201, "the team", .named("Team")), refuses: [.valueTaken])

    static let deleteTeam = Operation(
        .DELETE, "/v1/teams/{team}", "deleteTeam", .users, "Takes a team away, with the roles that were given with it", for: .system(.delete, .user),
        [team], answers: .nothing("the team is gone"), refuses: [.lastAdministrator])

    static let addTeamMember = Operation(
        .PUT, "/v1/teams/{team}/members/{user}", "addTeamMember", .users, "Takes a user into a team", for: .system(.update, .user), [team, user],
        answers: .nothing("the user is in it"), refuses: [.ownRights, .lastAdministrator])

    static let removeTeamMember = Operation(
        .DELETE, "/v1/teams/{team}/members/{user}", "removeTeamMember", .users, "Takes a user out of a team", for: .system(.update, .user),
        [team, user], answers: .nothing("the user is in it no more"), refuses: [.ownRights, .lastAdministrator])
}

extension Shape {
    static let users: [String: Shape] = [
        "User": .object([
            "handle": .accountName, "id": .id, "issuer": .text.orNull, "subject": .text.orNull, "disabled_at": .time.orNull,
            "roles": .list(.named("UserRole")), "teams": .list(.accountName), "created_at": .time, "created_by": .text,
        ]),
        "UserRole": .object([
            "role": .text, "team": .accountName.orNull, "valid_until": .time.orNull, "granted_at": .time, "granted_by": .text,
        ]),
        "Team": .object(["name": .accountName, "members": .list(.accountName), "created_at": .time, "created_by": .text]),
    ]
}
