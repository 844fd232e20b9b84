import AuditTrail
import Catalog
import DataFormats
package import Identity
import Policies
import PostgresLink
import Sealing
import Storage
package import Vocabulary

/// An API key to be made.
package struct CredentialOrder: Sendable {
    package var roles: [String]
    package var user: String?
    package var teams: [String] = []
    /// What the key says of its owner, by the names that `roles.yaml` declares.
    package var attributes: [String: [String]] = [:]
    /// For what asks for more proof than a key. Such a key lives a quarter of an hour at most.
    package var isSteppedUp = false
    package var purpose: String?
    package var expiresAt: Instant?
    /// All that the key may be used for, as `resource:action`; `nil` for whatever its roles allow.
    package var scopes: [String]?
    /// From where the key is taken, as addresses with the number of bits that count; from anywhere when there are none.
    package var networks: [String] = []
    /// For a program that says, with each request, on whose behalf it asks.
    package var actsForUsers = false
    /// SHA-256 of the client certificate that opens the key, in 64 hexadecimal digits; the key has no secret then.
    package var certificate: String?

    package init(roles: [String], user: String? = nil) {
        self.roles = roles
        self.user = user
    }
}

extension RecordGateway {
    /// Makes an API key of the caller's tenant. The answer is the only place where its secret ever shows. One that a certificate opens has a
    /// secret, too, which is shown to nobody and opens nothing.
    package func issueCredential(
        _ order: CredentialOrder, key: APIKey = .make(), _ context: RequestContext
    ) async throws(Refusal) -> (key: APIKey, record: CredentialRecord) {
        let decision = try await decide(.create, .credential, context)
        try check(order, context.principal)
        // Whoever has a key could else step itself up; the host asks for more than a key.
        if order.isSteppedUp, context.principal.method != .host { throw Self.hostStepsUp }
        let now = Instant.now()
        let stepUpEnd = now.advanced(by: .seconds(900))
        let end = order.isSteppedUp ? min(order.expiresAt ?? stepUpEnd, stepUpEnd) : order.expiresAt
        let record = CredentialRecord(
            id: key.id, tenant: context.tenant, user: order.user, roles: order.roles.sorted(), teams: order.teams,
            attributes: order.attributes, isSteppedUp: order.isSteppedUp, defaultPurpose: order.purpose, code: key.code(under: pepper),
            createdAt: now, expiresAt: end, revokedAt: nil,
            generation: 1, scopes: order.scopes?.compactMap { KeyScope($0) }, networks: order.networks.compactMap { NetworkRange($0) },
            actsForUsers: order.actsForUsers, certificate: order.certificate.flatMap { Hex.decode($0.lowercased()) }
        )
        do throws(Refusal) {
            _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                transaction.enqueue(StoreDatabase.addCredential(record))
                var event = event(decision, context, outcome: .changed)
                event.target = .credential(record.id)
                event.granted = record.roles
                return ((), event)
            }
        } catch {
            throw error.code == .valueTaken ? Self.certificateTaken : error
        }
        return (key, record)
    }

    private static let hostStepsUp = Refusal(
        .stepUpRequired, "a stepped-up key is made on the gateway's host", hint: "gatehouse token issue --step-up --state DIR")
    private static let certificateTaken = Refusal(
        .valueTaken, "a certificate opens one key, and this one opens one already", hint: "revoke that key first",
        members: [.init("certificate_sha256", Refusal.Code.valueTaken.rawValue, "this certificate opens another key")])

    /// Whether the tenant has a key, or had one.
    package func hasCredentials(_ context: RequestContext) async throws(Refusal) -> Bool {
        try await read(context, [StoreDatabase.anyCredential(of: context.tenant)])[0].rowCount > 0
    }

    package func listCredentials(_ context: RequestContext) async throws(Refusal) -> [CredentialRecord] {
        let decision = try await decide(.read, .credential, context)
        let records: [CredentialRecord]
        do { records = try await store.credentials(Scope(context.principal)) } catch { throw refusal(error) }
        var event = event(decision, context, outcome: .disclosed)
        event.count = records.count
        _ = try await record(event, context)
        return records
    }

    /// Another secret for a key; the one before is taken for a while, so that whoever uses it has time to change over. One that was
    /// still taken from an earlier change ends at once.
    ///
    /// - Parameter overlap: for how long, thirty days at most; not at all for a secret that somebody else has come to know.
    package func rotateCredential(
        _ id: String, overlap: Duration, _ context: RequestContext
    ) async throws(Refusal) -> (key: APIKey, previousUntil: Instant?) {
        let decision = try await decide(.update, .credential, context)
        guard overlap >= .zero, overlap <= Self.greatestOverlap else {
            throw Refusal(
                .valueInvalid, "a member of the body is wrong",
                members: [.init("overlap_seconds", Refusal.Code.valueInvalid.rawValue, "the secret before is taken for 0 to 2592000 seconds")])
        }
        guard let key = APIKey.make(id: id) else { throw Refusal(.notFound, "there is no live key with this id") }
        let until = overlap == .zero ? nil : Instant.now().advanced(by: overlap)
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let statement = StoreDatabase.rotateCredential(id, code: key.code(under: pepper), until: until, tenant: context.tenant)
            let touched: Int
            let locked: ResultSet
            do throws(LinkError) { locked = try await transaction.execute(StoreDatabase.lockCredential(id, tenant: context.tenant))[0] } catch {
                throw refusal(StorageError(error))
            }
            if let target = StoreDatabase.credentials(locked).first { try refuseWider(target, than: context.principal) }
            do throws(LinkError) {
                touched = try await transaction.execute(statement)[0].affectedRows
            } catch {
                throw refusal(StorageError(error))
            }
            guard touched == 1 else { throw Refusal(.notFound, "there is no live key with this id") }
            var event = event(decision, context, outcome: .changed)
            event.target = .credential(id)
            return ((), event)
        }
        return (key, until)
    }

    private static let greatestOverlap = Duration.seconds(30 * 86_400)

    /// Whoever is told a secret has the key: nobody is told that of one that may do more than they could make.
    private func refuseWider(_ target: CredentialRecord, than issuer: Principal) throws(Refusal) {
        if target.isSteppedUp, issuer.method != .host { throw Self.hostStepsUp }
        guard let own = issuer.scopes else { return }
        let covered = target.scopes.map { $0.allSatisfy { scope in own.contains { $0.covers(scope) } } } ?? false
        guard covered else {
            throw Refusal(
                .scopeInsufficient, "your own credential is limited to scopes, and this key may do more",
                hint: "ask somebody whose credential is not limited")
        }
    }

    /// Refused from the next request on, in every gateway: each transaction asks whether its credential still lives.
    package func revokeCredential(_ id: String, _ context: RequestContext) async throws(Refusal) {
        let decision = try await decide(.delete, .credential, context)
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let touched: Int
            do throws(LinkError) {
                touched = try await transaction.execute(StoreDatabase.revokeCredential(id, tenant: context.tenant))[0].affectedRows
            } catch {
                throw refusal(StorageError(error))
            }
            guard touched == 1 else { throw Refusal(.notFound, "there is no live key with this id") }
            var event = event(decision, context, outcome: .changed)
            event.target = .credential(id)
            return ((), event)
        }
    }

    private func check(_ order: CredentialOrder, _ issuer: Principal) throws(Refusal) {
        var problems: [Refusal.Member] = []
        func problem(_ member: String, _ detail: String) { problems.append(.init(member, Refusal.Code.valueInvalid.rawValue, detail)) }
        if order.roles.isEmpty { problem("roles", "a key needs at least one role") }
        for (name, values) in order.attributes {
            switch policies.attributes[name] {
            case nil:
                problem("attributes", "there is no such attribute; " + Spelling.hint(for: name, among: policies.attributes.keys.sorted()))
            case .text where values.count != 1: problem("attributes", "\(name) has one value")
            default: break
            }
            for value in values where value.isEmpty || value.utf8.count > 200 || value.utf8.contains(0) {
                problem("attributes", "a value of \(name) has 1 to 200 bytes")
            }
        }
        for role in order.roles where !policies.roles.contains(role) {
            problem("roles", "there is no such role; " + Spelling.hint(for: role, among: policies.roles.sorted()))
        }
        for name in order.teams + (order.user.map { [$0] } ?? []) where !AccountName.isWellFormed(name) {
            problem("user", "users and teams take letters, digits and . _ - @, at most 64")
        }
        if order.user == Principal.hostName { problem("user", "'host' is the operator on the gateway's host") }
        if order.roles.contains(Principal.dataSubjectRole) || order.user == Principal.dataSubjectRole {
            problem("roles", "people come by links that are sent to them, and not with keys")
        }
        if order.roles.contains(Principal.agentRole) { problem("roles", "agents come with messages that they sign, and not with keys") }
        if let purpose = order.purpose, catalog.purposes[purpose] == nil {
            problem("purpose", "there is no such purpose; " + Spelling.hint(for: purpose, among: catalog.purposes.keys.sorted()))
        }
        for text in order.scopes ?? [] {
            guard let scope = KeyScope(text) else {
                problem("scopes", "a scope is a resource and an action, such as contact:read, contact:* or *:read")
                continue
            }
            let resources = catalog.entities.map(\.name) + SystemResource.allCases.map(\.rawValue)
            if let name = scope.namedResource, !resources.contains(name) {
                problem("scopes", "there is no such resource; " + Spelling.hint(for: name, among: resources.sorted()))
            }
            if let name = scope.namedAction, Action(rawValue: name) == nil {
                problem("scopes", "there is no such action; " + Spelling.hint(for: name, among: Action.allCases.map(\.rawValue)))
            }
        }
        if order.scopes?.isEmpty == true { problem("scopes", "a key without any scope could do nothing; leave the member out for none") }
        // Whoever is narrowed makes nothing wider.
        if let own = issuer.scopes {
            let wanted = order.scopes?.compactMap { KeyScope($0) } ?? []
            if wanted.isEmpty || !wanted.allSatisfy({ scope in own.contains { $0.covers(scope) } }) {
                problem("scopes", "your own credential is limited to scopes, and the key has to be limited to some of them")
            }
        }
        for text in order.networks where NetworkRange(text) == nil {
            problem("networks", "a network is an address and the number of its bits that count, such as 192.0.2.0/24 or 2001:db8::/32")
        }
        if order.networks.count > 64 { problem("networks", "a key has at most 64 networks") }
        if order.actsForUsers, order.user != nil { problem("acts_for_users", "a program that acts for users is no user itself") }
        if order.actsForUsers, order.isSteppedUp { problem("acts_for_users", "nobody proves anything by a program that acts for others") }
        if let text = order.certificate {
            if Hex.decode(text.lowercased())?.count != SHA256Context.byteCount {
                problem("certificate_sha256", "the SHA-256 of a certificate has 64 hexadecimal digits")
            }
            if order.isSteppedUp { problem("step_up", "a certificate proves nothing that would not be proved a minute later, too") }
        }
        if let expiry = order.expiresAt, expiry <= .now() { problem("expires_at", "the key would have expired already") }
        if !problems.isEmpty { throw Refusal(.valueInvalid, "a member of the body is wrong", members: problems) }
    }

    /// A decision about something that is no entity, or a recorded denial.
    func decide(_ action: Action, _ resource: SystemResource, _ context: RequestContext) async throws(Refusal) -> Decision {
        let ruling = context.policies.decide(context.access, action, on: resource.rawValue)
        guard ruling.isAllowed else { throw await deny(ruling, context) }
        return ruling.widest
    }
}
