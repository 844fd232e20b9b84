package import Catalog
import Foundation
package import Identity
package import Policies
package import Sealing
import Storage
import TransparencyLog
package import Vocabulary

/// One access or change, told without a personal value.
///
/// Nothing in it can be one: each member is an id, a pseudonym, a number, or a word of the policies or the catalog, and has a type that
/// is made of those only. The two things that may tell of a person, the stated reason and the ids of records about people, stand in
/// the ``AuditMargin``.
package struct AuditEvent: Sendable {
    package enum Outcome: String, Sendable, CaseIterable { case disclosed, changed, refused, failed }

    package let id: EventID
    package let at: Instant
    package let tenant: TenantID
    let user: String?
    let app: String?
    let roles: [String]
    package let action: String
    package let entity: String
    /// Whether its records are about people, so that their ids are not for the log.
    let concernsPeople: Bool
    /// Records touched, and the pseudonyms of the people they are about, in no order that links the two.
    package var records: [RecordID] = []
    package var subjects: [Pseudonym] = []
    package var clearFields: Set<FieldName> = []
    package var maskedFields: Set<FieldName> = []
    package let isAllowed: Bool
    package private(set) var rule: String
    package let purpose: String?
    package let basis: LawfulBasis?
    package let reason: String?
    package let request: TraceID
    package var outcome: Outcome
    package var target: AuditTarget?
    /// The grant under which it happened: a broken glass, or a second person's approval.
    package var grant: UUIDv7?
    /// The roles that a new key was given.
    package var granted: [String] = []
    /// Somebody should look at once.
    package var alarm: AuditAlarm?
    /// How many records a list or an import touched in all.
    package var count: Int?
    /// Heads that a new epoch of the log names: the newest that was signed and lost, and the one it goes on from.
    private(set) var lostHead: String?
    private(set) var keptHead: String?

    /// - Parameter decision: what was done to what, and by which rule: only policies make one.
    package init(
        _ principal: Principal, _ decision: Decision, concernsPeople: Bool = true, purpose: Purpose?, reason: String? = nil, request: TraceID,
        outcome: Outcome, at: Instant = .now()
    ) {
        self.init(
            principal, action: decision.action.rawValue, entity: decision.resource, isAllowed: decision.isAllowed, rule: decision.rule,
            concernsPeople: concernsPeople, purpose: purpose, reason: reason, request: request, outcome: outcome, at: at
        )
    }

    private init(
        _ principal: Principal, action: String, entity: String, isAllowed: Bool, rule: String, concernsPeople: Bool, purpose: Purpose?,
        reason: String?, request: TraceID, outcome: Outcome, at: Instant
    ) {
        id = EventID(.make(at: at))
        self.at = at
        tenant = principal.tenant
        user = principal.user
        app = principal.app
        roles = principal.roles
        self.action = action
        self.entity = entity
        self.concernsPeople = concernsPeople
        self.isAllowed = isAllowed
        self.rule = rule
        self.purpose = purpose?.name
        self.basis = purpose?.basis
        self.reason = reason
        self.request = request
        self.outcome = outcome
    }

    /// The first event of a further epoch of a tenant's log.
    static func beginning(after lost: (origin: LogOrigin, head: TreeHead), keeping kept: (origin: LogOrigin, head: TreeHead)) -> AuditEvent {
        var event = AuditEvent(
            .host(tenant: lost.origin.tenant), action: "begin", entity: "log", isAllowed: true, rule: "log-lost-a-head", concernsPeople: false,
            purpose: nil, reason: nil, request: .make(), outcome: .changed, at: .now()
        )
        event.lostHead = text(lost)
        event.keptHead = text(kept)
        return event
    }

    /// The log dropped entries that have lasted their time.
    package static func pruned(_ tenant: TenantID, epoch: Int, events: Int) -> AuditEvent {
        var event = AuditEvent(
            .host(tenant: tenant), action: "prune", entity: "log", isAllowed: true, rule: "retention-of-events", concernsPeople: false,
            purpose: nil, reason: nil, request: .make(), outcome: .changed, at: .now()
        )
        event.target = .log(epoch: epoch)
        event.count = events
        return event
    }

    /// Packages of exports that nobody can fetch any more were taken away.
    package static func dropped(_ tenant: TenantID, packages: Int) -> AuditEvent {
        var event = AuditEvent(
            .host(tenant: tenant), action: "delete", entity: "export", isAllowed: true, rule: "packages-expire", concernsPeople: false,
            purpose: nil, reason: nil, request: .make(), outcome: .changed, at: .now()
        )
        event.count = packages
        return event
    }

    /// A key was revoked because its bearer had touched a honey record.
    package static func stopped(credential: String, of tenant: TenantID, after request: TraceID) -> AuditEvent {
        stopped("delete", "credential", .credential(credential), tenant, request)
    }

    /// The same with a user who came without a key.
    package static func stopped(user: UUIDv7, of tenant: TenantID, after request: TraceID) -> AuditEvent {
        stopped("update", "user", .user(user, .disabled), tenant, request)
    }

    private static func stopped(
        _ action: String, _ entity: String, _ target: AuditTarget, _ tenant: TenantID, _ request: TraceID
    ) -> AuditEvent {
        var event = AuditEvent(
            .host(tenant: tenant), action: action, entity: entity, isAllowed: true, rule: "honey-stop", concernsPeople: false,
            purpose: nil, reason: nil, request: request, outcome: .changed, at: .now()
        )
        event.target = target
        return event
    }

    private static func text(_ head: (origin: LogOrigin, head: TreeHead)) -> String {
        "\(head.origin) \(head.head.size) \(Data(head.head.root.bytes).base64EncodedString())"
    }

    /// Another decision of the same access turned out to be the one that let this through.
    package mutating func attribute(to decision: Decision) { rule = decision.rule }

    package var actor: String { user ?? app ?? Principal.hostName }
    package var decision: String { isAllowed ? "allow" : "deny" }
}

/// What of an event somebody should look at without being asked.
package enum AuditAlarm: String, Sendable {
    /// A record was part of it that nobody honest has a reason to touch.
    case honeyRead = "honey-read"
}

extension AuditRow {
    /// A log takes entries of at most 65,535 bytes (C2SP tlog-tiles). No event is so long that the gateway makes; if one were, the access would
    /// not happen.
    var fitsTheLog: Bool { entry.count <= EntryBundle.greatestEntryByteCount }

    /// The entry as it will be hashed, what is searched by, and the margin.
    init(_ event: AuditEvent) {
        let margin = AuditMargin(reason: event.reason, records: event.concernsPeople ? event.records : [])
        self.init(
            id: event.id, at: event.at, actor: event.actor, action: event.action, entity: event.entity, decision: event.decision,
            purpose: event.purpose, grant: event.grant, subjects: event.subjects.compactMap { UUIDv7(bytes: $0.bytes) },
            records: event.records, reason: event.reason, salt: margin?.salt, entry: event.entry(margin)
        )
    }
}
