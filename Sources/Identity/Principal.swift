package import Vocabulary

/// Who is asking. Only this module makes one, from a credential that has been verified or from the host itself.
package struct Principal: Sendable, Equatable {
    package enum Method: Sendable, Equatable {
        /// An API key, with the state it was in when it was read; see ``Liveness``.
        case apiKey(Liveness)
        /// Somebody who can read the root key on the server's host.
        case host
        /// Nobody: the subject of a policy case.
        case described
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
    /// The credential was made for a short time by somebody who proved more than having a key.
    package let isSteppedUp: Bool
    /// The purpose that holds when the request declares none.
    package let defaultPurpose: String?
    package let method: Method
    /// Roles joined: the key under which decisions are kept.
    package let roleKey: String

    init(
        tenant: TenantID, user: String?, app: String?, roles: [String], teams: [String], attributes: [String: [String]] = [:],
        isSteppedUp: Bool = false, defaultPurpose: String?, method: Method
    ) {
        self.tenant = tenant
        self.user = user
        self.app = app
        self.roles = Set(roles).sorted()
        self.teams = teams
        self.attributes = attributes
        self.isSteppedUp = isSteppedUp
        self.defaultPurpose = defaultPurpose
        self.method = method
        self.roleKey = self.roles.joined(separator: "\n")
    }

    /// What the trail calls the operator on the host; no key is issued to a user of this name.
    package static let hostName = "host"

    /// The operator on the server's host, who holds the root key and needs no token.
    package static func host(tenant: TenantID, roles: [String] = ["administrator"]) -> Principal {
        Principal(tenant: tenant, user: hostName, app: nil, roles: roles, teams: [], defaultPurpose: "operations", method: .host)
    }

    /// A caller as policy cases and replays describe it. It has no credential, so no transaction runs on its behalf.
    package static func described(
        tenant: TenantID, user: String?, roles: [String], teams: [String] = [], attributes: [String: [String]] = [:],
        isSteppedUp: Bool = false
    ) -> Principal {
        Principal(
            tenant: tenant, user: user, app: nil, roles: roles, teams: teams, attributes: attributes, isSteppedUp: isSteppedUp,
            defaultPurpose: nil, method: .described
        )
    }

    /// How expressions call the method.
    package var methodName: String {
        switch method {
        case .apiKey: "api-key"
        case .host: "host"
        case .described: "described"
        }
    }

    /// What tells callers apart of whom policies may think differently: a credential in one state is one caller.
    package var identity: String {
        switch method {
        case .apiKey(let liveness): return "\(liveness.credential)#\(liveness.generation)"
        case .host, .described:
            let attributes = attributes.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
            return ([methodName, actor, "\(isSteppedUp)"] + teams + [""] + attributes).joined(separator: "\n") + roleKey
        }
    }

    package var liveness: Liveness? { if case .apiKey(let liveness) = method { liveness } else { nil } }

    /// How the audit trail names the caller.
    package var actor: String { user ?? app ?? Self.hostName }
}

/// The state of a credential that a decision was based on. Every transaction asks again whether it still holds, so
/// that a revoked key is refused from the next request on, in every gateway, without a cache to wait for.
package struct Liveness: Sendable, Equatable {
    package let credential: String
    package let generation: Int64

    package init(credential: String, generation: Int64) {
        self.credential = credential
        self.generation = generation
    }
}
