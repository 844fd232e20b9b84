import AuditTrail
import Catalog
import Identity
import Policies
import PostgresLink
package import Storage
import Vocabulary

extension RecordGateway {
    package func listTeams(_ context: RequestContext) async throws(Refusal) -> [TeamRow] {
        let decision = try await decide(.read, .user, context)
        let teams = StoreDatabase.teams(try await read(context, [StoreDatabase.listTeams(of: context.tenant)])[0])
        var event = event(decision, context, outcome: .disclosed)
        event.count = teams.count
        _ = try await record(event, context)
        return teams
    }

    package func addTeam(_ name: String, _ context: RequestContext) async throws(Refusal) -> TeamRow {
        let decision = try await decide(.create, .user, context)
        guard AccountName.isWellFormed(name) else { throw Self.invalid("name", "a team's name takes letters, digits and . _ - @, at most 64") }
        let team = TeamRow(name: name, createdAt: context.access.time, createdBy: context.principal.actor, members: [])
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            guard try await rows(transaction, StoreDatabase.addTeam(team, of: context.tenant)).affectedRows == 1 else {
                throw Refusal(.valueTaken, "there is a team of this name already")
            }
            var event = event(decision, context, outcome: .changed)
            event.target = .team(name, .added)
            return ((), event)
        }
        return team
    }

    /// Its members lose what came to them with it, roles that were given with it included.
    package func removeTeam(_ name: String, _ context: RequestContext) async throws(Refusal) {
        let decision = try await decide(.delete, .user, context)
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            _ = try await rows(transaction, StoreDatabase.lockUsers(of: context.tenant))
            let before = try await rows(transaction, StoreDatabase.countUsers(with: Self.administratorRole, of: context.tenant)).int64(0, 0) ?? 0
            transaction.enqueue(StoreDatabase.outdateTeam(name, of: context.tenant))
            transaction.enqueue(StoreDatabase.removeRoles(withTeam: name, of: context.tenant))
            guard try await rows(transaction, StoreDatabase.removeTeam(name, of: context.tenant)).affectedRows == 1 else { throw Self.noTeam }
            let after = try await rows(transaction, StoreDatabase.countUsers(with: Self.administratorRole, of: context.tenant)).int64(0, 0) ?? 0
            if before > 0, after == 0 {
                throw Refusal(.lastAdministrator, "the last user who is an administrator for good is one with this team")
            }
            var event = event(decision, context, outcome: .changed)
            event.target = .team(name, .removed)
            return ((), event)
        }
    }

    package func setMember(
        _ handle: String, of team: String, isMember: Bool, _ context: RequestContext
    ) async throws(Refusal) {
        let decision = try await decide(.update, .user, context)
        _ = try await changeUser(handle, context) { (user, transaction) async throws(Refusal) in
            guard try await rows(transaction, StoreDatabase.hasTeam(team, of: user.tenant)).rowCount == 1 else { throw Self.noTeam }
            transaction.enqueue(
                isMember
                    ? StoreDatabase.addMember(user, to: team, by: context.principal.actor, at: context.access.time)
                    : StoreDatabase.removeMember(user, from: team))
            transaction.enqueue(StoreDatabase.outdate(user))
            var event = event(decision, context, outcome: .changed)
            event.target = .team(team, isMember ? .joined : .left)
            return event
        }
    }

    private static var noTeam: Refusal { Refusal(.notFound, "there is no such team", hint: "gatehouse team list") }
}
