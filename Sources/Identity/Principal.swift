package import Vocabulary

/// Who is asking. Only this module makes one, from a credential that has been verified or from the host itself.
package struct Principal: Sendable, Equatable {
    package enum Method: Sendable, Equatable {
        /// An API key, with the state it was in when it was read; see ``Liveness``.
        case apiKey(Liveness)
        /// A token of an issuer that is trusted.
        case token(Liveness)
        /// Somebody who can read the root key on the server's host.
        case host
        /// Somebody who holds a token that was sent to the person's own mailbox, good for one thing.
        case link
        /// An agent of the Data Rights Protocol, by a message that it signed or the token it was given for one.
        case agent
        /// Nobody: the subject of a policy case, which may say how it would have come.
        case described(String)
    }

    package let tenant: TenantID
    /// The person, if the credential names one.
    package let user: String?
    /// The program: the id of its key.
    package let app: String?
    /// Sorted, without repetition.
    package let roles: [String]
    package let teams: [String]
    /// What the credential says of its owner beside, by the names that `roles.yaml` declares.
    package let attributes: [String: [String]]
    /// The bearer proved more than having a credential, and not long ago.
    package let isSteppedUp: Bool
    /// What the bearer of a token would have to have proved to count as stepped up; see RFC 9470.
    package let stepUpTerms: Issuer.StepUp?
    /// All that the credential may be used for; `nil` when its roles alone say.
    package let scopes: [KeyScope]?
    /// The purpose that holds when the request declares none.
    package let defaultPurpose: String?
    package let method: Method
    /// Roles joined: the key under which decisions are kept.
    package let roleKey: String
    /// Scopes joined, likewise; `nil` when there are none to narrow by.
    package let scopeKey: String?

    init(
        tenant: TenantID, user: String?, app: String?, roles: [String], teams: [String], attributes: [String: [String]] = [:],
        isSteppedUp: Bool = false, stepUpTerms: Issuer.StepUp? = nil, scopes: [KeyScope]? = nil, defaultPurpose: String?, method: Method
    ) {
        self.tenant = tenant
        self.user = user
        self.app = app
        self.roles = Set(roles).sorted()
        self.teams = teams
        self.attributes = attributes
        self.isSteppedUp = isSteppedUp
        self.stepUpTerms = stepUpTerms
        self.scopes = scopes
        self.defaultPurpose = defaultPurpose
        self.method = method
        scopeKey = scopes.map { Set($0.map(\.description)).sorted().joined(separator: " ") }
        self.roleKey = self.roles.joined(separator: "\n")
    }

    /// What the trail calls the operator on the host; no key is issued to a user of this name.
    package static let hostName = "host"

    /// The operator on the server's host, who holds the root key and needs no token. Having that is more than any proof over a network.
    package static func host(tenant: TenantID, roles: [String] = ["administrator"]) -> Principal {
        Principal(
            tenant: tenant, user: hostName, app: nil, roles: roles, teams: [], isSteppedUp: true, defaultPurpose: "operations", method: .host)
    }

    /// What roles.yaml calls agents of the Data Rights Protocol; no key is issued for it.
    package static let agentRole = "rights-agent"

    /// An agent whose message or token was found to be right.
    package static func agent(_ id: String, tenant: TenantID) -> Principal {
        Principal(
            tenant: tenant, user: nil, app: "agent:" + id, roles: [agentRole], teams: [], defaultPurpose: "compliance", method: .agent)
    }

    /// What roles.yaml calls people themselves, who come by a link; no key is issued for it.
    package static let dataSubjectRole = "data-subject"

    /// Whoever holds a link that was sent to a data subject. Who makes one has found the token to be right.
    package static func dataSubject(tenant: TenantID) -> Principal {
        Principal(
            tenant: tenant, user: dataSubjectRole, app: nil, roles: [dataSubjectRole], teams: [], defaultPurpose: "compliance", method: .link)
    }

    /// A caller as policy cases and replays describe it. It has no credential, so no transaction runs on its behalf.
    package static func described(
        tenant: TenantID, user: String?, roles: [String], teams: [String] = [], attributes: [String: [String]] = [:],
        isSteppedUp: Bool = false, scopes: [KeyScope]? = nil, method: String = "described"
    ) -> Principal {
        Principal(
            tenant: tenant, user: user, app: nil, roles: roles, teams: teams, attributes: attributes, isSteppedUp: isSteppedUp, scopes: scopes,
            defaultPurpose: nil, method: .described(method)
        )
    }

    /// Whether the credential may be used for this at all.
    package func admits(_ action: String, on resource: String) -> Bool { scopes?.contains { $0.admits(action, on: resource) } ?? true }

    /// The words for ways to come that are ways to come to a gateway.
    package static let methodNames = ["api-key", "token", "host", "link", "agent"]

    /// How expressions call the method.
    package var methodName: String {
        switch method {
        case .apiKey: "api-key"
        case .token: "token"
        case .host: "host"
        case .link: "link"
        case .agent: "agent"
        case .described(let name): name
        }
    }

    /// What tells callers apart of whom policies may think differently: a credential in one state is one caller.
    package var identity: String {
        switch method {
        // Roles of a user end by themselves, and the user may be another at each request of an app.
        case .apiKey(let liveness) where liveness.user == nil: return "\(liveness.credential ?? "")#\(liveness.generation)"
        case .apiKey, .token, .host, .link, .agent, .described:
            let attributes = attributes.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
            return ([methodName, actor, app ?? "", "\(isSteppedUp)"] + teams + [""] + attributes).joined(separator: "\n") + roleKey
        }
    }

    package var liveness: Liveness? {
        switch method {
        case .apiKey(let liveness), .token(let liveness): liveness
        case .host, .link, .agent, .described: nil
        }
    }

    /// How the audit trail names the caller.
    package var actor: String { user ?? app ?? Self.hostName }
}
