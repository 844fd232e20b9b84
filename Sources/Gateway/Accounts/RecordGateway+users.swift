import AuditTrail
import Catalog
package import Identity
import Policies
import PostgresLink
import Storage
package import Vocabulary

/// What is to become of a user; members that are `nil` stay as they are.
package struct UserChange: Sendable {
    package var isDisabled: Bool?
    /// Both or none.
    package var origin: (issuer: String, subject: String)?

    package init() {}
}

/// Users, and the roles that are given to them.
///
/// Nobody changes his own account, and as long as there are users who are administrators one of them stays. Who may change others, the policies of
/// `user` say: as shipped, administrators who are stepped up.
extension RecordGateway {
    package func listUsers(after handle: String?, limit: Int, _ context: RequestContext) async throws(Refusal) -> [UserRecord] {
        let decision = try await decide(.read, .user, context)
        let users = StoreDatabase.users(try await read(context, [StoreDatabase.listUsers(of: context.tenant, after: handle, limit: limit)])[0])
        var event = event(decision, context, outcome: .disclosed)
        event.count = users.count
        _ = try await record(event, context)
        return users
    }

    package func showUser(_ handle: String, _ context: RequestContext) async throws(Refusal) -> UserRecord {
        let decision = try await decide(.read, .user, context)
        guard let user = StoreDatabase.users(try await read(context, [StoreDatabase.user(handle: handle, of: context.tenant)])[0]).first else {
            throw Self.noUser
        }
        var event = event(decision, context, outcome: .disclosed)
        event.target = .user(user.id, .shown)
        _ = try await record(event, context)
        return user
    }

    /// - Parameter origin: the issuer whose tokens name the user, and the `sub` that it has there; without, the user comes by keys alone.
    package func addUser(
        _ handle: String, origin: (issuer: String, subject: String)?, _ context: RequestContext
    ) async throws(Refusal) -> UserRecord {
        let decision = try await decide(.create, .user, context)
        try Self.check(handle: handle, origin: origin)
        let user = UserRecord(
            id: .make(), tenant: context.tenant, handle: handle, issuer: origin?.issuer, subject: origin?.subject, disabledAt: nil,
            createdAt: context.access.time, createdBy: context.principal.actor, generation: 1, assignments: [], teams: []
        )
        do throws(Refusal) {
            _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                transaction.enqueue(StoreDatabase.addUser(user))
                var event = event(decision, context, outcome: .changed)
                event.target = .user(user.id, .added)
                return ((), event)
            }
        } catch {
            throw error.code == .valueTaken ? Self.userTaken : error
        }
        return user
    }

    package func changeUser(_ handle: String, _ wanted: UserChange, _ context: RequestContext) async throws(Refusal) -> UserRecord {
        let decision = try await decide(.update, .user, context)
        if let origin = wanted.origin { try Self.check(handle: handle, origin: origin) }
        let changed: UserRecord
        do throws(Refusal) {
            changed = try await changeUser(handle, context) { (user, transaction) async throws(Refusal) in
                let disabledAt = wanted.isDisabled.map { $0 ? user.disabledAt ?? context.access.time : nil } ?? user.disabledAt
                transaction.enqueue(
                    StoreDatabase.setUser(
                        user, disabledAt: disabledAt, issuer: wanted.origin?.issuer ?? user.issuer, subject: wanted.origin?.subject ?? user.subject))
                var event = event(decision, context, outcome: .changed)
                let step: UserStep = wanted.isDisabled.map { $0 ? .disabled : .enabled } ?? .changed
                event.target = .user(user.id, step)
                return event
            }
        } catch {
            throw error.code == .valueTaken ? Self.userTaken : error
        }
        return changed
    }

    /// The user's roles and places in teams go with it. Keys that bear its handle are keys of nobody in particular from then on: revoke them, or
    /// disable the user instead.
    package func removeUser(_ handle: String, _ context: RequestContext) async throws(Refusal) {
        let decision = try await decide(.delete, .user, context)
        _ = try await changeUser(handle, context) { (user, transaction) async throws(Refusal) in
            let keys = try await rows(transaction, StoreDatabase.hasLiveCredential(ofUser: user.handle, tenant: user.tenant))
            guard keys.rowCount == 0 else {
                throw Refusal(.recordInUse, "keys bear this user's name still", hint: "revoke them first, or disable the user")
            }
            transaction.enqueue(StoreDatabase.removeUser(user))
            var event = event(decision, context, outcome: .changed)
            event.target = .user(user.id, .removed)
            return event
        }
    }

    // MARK: Roles

    /// - Parameters:
    ///   - team: the role comes with being in this team.
    ///   - until: when the role ends by itself.
    package func grantRole(
        _ role: String, team: String?, until: Instant?, to handle: String, _ context: RequestContext
    ) async throws(Refusal) -> UserRecord {
        let decision = try await decide(.update, .user, context)
        try checkRole(role)
        if let until, until <= context.access.time { throw Self.invalid("valid_until", "the role would have ended already") }
        let assignment = UserRecord.Assignment(
            role: role, team: team, until: until, grantedAt: context.access.time, grantedBy: context.principal.actor)
        return try await changeUser(handle, context) { (user, transaction) async throws(Refusal) in
            if let team, try await rows(transaction, StoreDatabase.hasTeam(team, of: user.tenant)).rowCount == 0 {
                throw Self.invalid("team", "there is no such team")
            }
            guard user.assignments.count < 100 || user.assignments.contains(where: { $0.role == role && $0.team == team }) else {
                throw Self.invalid("role", "a user has at most 100 roles")
            }
            transaction.enqueue(StoreDatabase.grantRole(assignment, to: user))
            transaction.enqueue(StoreDatabase.outdate(user))
            var event = event(decision, context, outcome: .changed)
            event.target = .user(user.id, .granted)
            event.granted = [role]
            return event
        }
    }

    package func revokeRole(_ role: String, team: String?, of handle: String, _ context: RequestContext) async throws(Refusal) -> UserRecord {
        let decision = try await decide(.update, .user, context)
        return try await changeUser(handle, context) { (user, transaction) async throws(Refusal) in
            guard user.assignments.contains(where: { $0.role == role && $0.team == team }) else {
                throw Refusal(.notFound, "the user has not been given this role" + (team == nil ? "" : " with this team"))
            }
            transaction.enqueue(StoreDatabase.revokeRole(role, team: team, of: user))
            transaction.enqueue(StoreDatabase.outdate(user))
            var event = event(decision, context, outcome: .changed)
            event.target = .user(user.id, .revoked)
            event.granted = [role]
            return event
        }
    }

    // MARK: Together

    static let administratorRole = "administrator"

    /// Changes a user with nobody else doing so, and takes the change back when it would leave no administrator.
    func changeUser(
        _ handle: String, _ context: RequestContext, _ body: (UserRecord, Transaction) async throws(Refusal) -> AuditEvent
    ) async throws(Refusal) -> UserRecord {
        if context.principal.user == handle {
            _ = try await record(event(.ownAccount, context, outcome: .refused), context)
            throw Refusal(.ownRights, "nobody changes his own account", hint: "have another administrator do it")
        }
        let changed = try await change(context) { (transaction: Transaction) async throws(Refusal) -> (value: UserRecord, event: AuditEvent) in
            _ = try await rows(transaction, StoreDatabase.lockUsers(of: context.tenant))
            let selection = StoreDatabase.user(handle: handle, of: context.tenant)
            guard let user = StoreDatabase.users(try await rows(transaction, selection)).first else { throw Self.noUser }
            let before = try await administrators(transaction, context.tenant)
            let event = try await body(user, transaction)
            if before > 0, try await administrators(transaction, context.tenant) == 0 {
                throw Refusal(
                    .lastAdministrator, "this is the last user who is an administrator for good", hint: "give the role to another user first")
            }
            return (StoreDatabase.users(try await rows(transaction, selection)).first ?? user, event)
        }
        return changed.value
    }

    private func administrators(_ transaction: Transaction, _ tenant: TenantID) async throws(Refusal) -> Int64 {
        try await rows(transaction, StoreDatabase.countUsers(with: Self.administratorRole, of: tenant)).int64(0, 0) ?? 0
    }

    func rows(_ transaction: Transaction, _ statement: SQL) async throws(Refusal) -> ResultSet {
        do throws(LinkError) { return try await transaction.execute(statement)[0] } catch { throw refusal(StorageError(error)) }
    }

    private func checkRole(_ role: String) throws(Refusal) {
        let roles = policies.roles.subtracting([Principal.dataSubjectRole, Principal.agentRole])
        guard roles.contains(role) else {
            throw Self.invalid("role", "there is no such role to be given; " + Spelling.hint(for: role, among: roles.sorted()))
        }
    }

    private static func check(handle: String, origin: (issuer: String, subject: String)?) throws(Refusal) {
        guard AccountName.isWellFormed(handle), handle != Principal.hostName, handle != Principal.dataSubjectRole else {
            throw invalid("handle", "a handle takes letters, digits and . _ - @, at most 64, and is not the host's")
        }
        guard let origin else { return }
        for (member, text) in [("issuer", origin.issuer), ("subject", origin.subject)] {
            guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw invalid(member, "\(member) is what the token says, 1 to 255 characters")
            }
        }
    }

    package static func invalid(_ member: String, _ detail: String) -> Refusal {
        Refusal(.valueInvalid, "a member of the body is wrong", members: [.init(member, Refusal.Code.valueInvalid.rawValue, detail)])
    }

    private static var noUser: Refusal { Refusal(.notFound, "there is no such user", hint: "gatehouse user list") }
    private static var userTaken: Refusal {
        Refusal(.valueTaken, "there is a user with this handle, or with this issuer and subject, already")
    }
}
