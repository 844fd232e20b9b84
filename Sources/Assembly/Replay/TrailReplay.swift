import Catalog
import DataFormats
import Identity
import Policies
import Vocabulary

/// Where the recorded accesses come from.
protocol Trail: Sendable {
    /// Events, newest first, older than `before`; none at the end.
    func page(before: String?) async throws -> [JSONObject]
    /// Which rule a grant opened, by the grant's id.
    func grants() async throws -> [String: String]
    /// The records as they are today; `nil` when they cannot be looked at.
    func facts(_ ids: [RecordID], _ entity: String) async throws -> [RecordID: RecordFacts]?
}

/// A walk through the trail that decides each access again.
struct TrailReplay {
    private(set) var replay: PolicyReplay
    /// Events that are no decision about records or system resources, or do not tell enough to be decided again.
    private(set) var skipped = 0
    /// Accesses of roles or for purposes that the new policies do not have.
    private(set) var unknownRoles: Set<String> = []
    private(set) var unknownPurposes: Set<String> = []
    let seesRecords: Bool

    static func run(_ trail: some Trail, running: CompiledPolicies, new: CompiledPolicies) async throws -> TrailReplay {
        let grants = try await trail.grants()
        var outcome = TrailReplay(
            replay: PolicyReplay(running: running, new: new), seesRecords: try await trail.facts([], "") != nil
        )
        var progress = ProgressBar("replaying", total: 0, isQuiet: false)
        var before: String?
        while true {
            let page = try await trail.page(before: before)
            guard let last = page.last?["id"]?.stringValue else { break }
            before = last
            let accesses = page.compactMap { outcome.access($0, grants, running, new) }
            let facts = try await Self.facts(of: accesses, trail)
            for access in accesses { outcome.replay.add(access, outcome.seesRecords ? facts[access.resource] ?? [:] : nil) }
            progress.update(outcome.replay.decided, detail: "\(outcome.replay.decided) accesses, back to \(Table.text(page.last?["at"]))")
        }
        return outcome
    }

    private static func facts(of accesses: [RecordedAccess], _ trail: some Trail) async throws -> [String: [RecordID: RecordFacts]] {
        var wanted: [String: Set<RecordID>] = [:]
        for access in accesses where ![.delete, .destroy].contains(access.action) { wanted[access.resource, default: []].formUnion(access.records) }
        var facts: [String: [RecordID: RecordFacts]] = [:]
        for (entity, ids) in wanted.sorted(by: { $0.key < $1.key }) where !ids.isEmpty {
            facts[entity] = try await trail.facts(ids.sorted(), entity)
        }
        return facts
    }

    /// What an event tells of an access; `nil` when that cannot be decided again.
    private mutating func access(
        _ event: JSONObject, _ grants: [String: String], _ running: CompiledPolicies, _ new: CompiledPolicies
    ) -> RecordedAccess? {
        guard let id = event["id"]?.stringValue, let at = event["at"]?.stringValue.flatMap({ Instant($0) }),
            let action = event["action"]?.stringValue.flatMap(Action.init(rawValue:)), let resource = event["entity"]?.stringValue,
            let decision = event["decision"]?.stringValue, let outcome = event["outcome"]?.stringValue,
            let tenant = event["tenant"]?.stringValue.flatMap({ UUIDv7($0) }),
            new.catalog.entity(named: resource) != nil || SystemResource(rawValue: resource) != nil,
            // Allowed and refused all the same: a member of a body was not for the caller to write, and bodies are not kept.
            !(decision == "allow" && outcome == "refused")
        else {
            skipped += 1
            return nil
        }
        func texts(_ name: String) -> [String] { (event[name]?.arrayValue ?? []).compactMap(\.stringValue) }
        let roles = texts("roles")
        unknownRoles.formUnion(Set(roles).subtracting(new.roles))
        let purpose = event["purpose"]?.stringValue
        if let purpose, new.catalog.purposes[purpose] == nil { unknownPurposes.insert(purpose) }
        let rule = event["rule"]?.stringValue ?? ""
        // The trail does not say whether a credential was stepped up; where the deciding rule asked for it, it was.
        let wasSteppedUp = decision == "allow" && running.rules.contains { $0.name == rule && $0.obligations.contains(.stepUp) }
        let principal = Principal.described(
            tenant: TenantID(tenant), user: event["user"]?.stringValue ?? event["app"]?.stringValue, roles: roles, isSteppedUp: wasSteppedUp
        )
        // A grant that cannot be looked up opened the rule that decided.
        let granted = event["grant"]?.stringValue.flatMap { grants[$0] ?? (running.rules.contains { $0.name == rule } ? rule : nil) }
        return RecordedAccess(
            event: id,
            request: AccessRequest(
                principal: principal, purpose: purpose.flatMap { new.catalog.purposes[$0] }, reason: event["reason"]?.stringValue, time: at,
                grantedRule: granted
            ),
            action: action, resource: resource, wasAllowed: decision == "allow" && outcome != "failed",
            records: texts("records").compactMap { RecordID($0) }, clear: texts("clear"), masked: texts("masked")
        )
    }
}

extension TrailReplay {
    func say() {
        let groups = replay.groups.sorted { ($0.isSinceChanged ? 1 : 0, -$0.events.count) < ($1.isSinceChanged ? 1 : 0, -$1.events.count) }
        if groups.isEmpty {
            Console.say("no difference in \(replay.decided) accesses")
        } else {
            Table.print(
                ["times", "roles", "action", "entity", "purpose", "difference", "", "newest event"],
                groups.map { group in
                    [
                        "\(group.events.count)", group.roles.joined(separator: " "), group.action.rawValue, group.resource, group.purpose ?? "",
                        group.difference.words, group.isSinceChanged ? "since changed" : "", group.events.first ?? "",
                    ]
                })
            Console.say("\(replay.different) of \(replay.decided) accesses come out otherwise")
        }
        for note in notes { Console.say("note: \(note)") }
    }

    private var notes: [String] {
        var notes: [String] = []
        if skipped > 0 { notes.append("\(skipped) events tell too little to be decided again") }
        if replay.gone > 0 { notes.append("\(replay.gone) times a record of an access is gone, so nothing is said of it") }
        if !seesRecords { notes.append("records were not looked at: what a caller sees at most decided") }
        if !unknownRoles.isEmpty { notes.append("the new policies have no role \(unknownRoles.sorted().joined(separator: ", "))") }
        if !unknownPurposes.isEmpty { notes.append("the new policies have no purpose \(unknownPurposes.sorted().joined(separator: ", "))") }
        return notes + ["teams, attributes and addresses of callers are not in the trail; rules that ask for them come out as without"]
    }

    var members: JSONValue {
        .object([
            "accesses": .number(JSONNumber(replay.decided)), "different": .number(JSONNumber(replay.different)),
            "differences": .array(
                replay.groups.map { group in
                    .object([
                        "roles": .array(group.roles.map { .string($0) }), "action": .string(group.action.rawValue),
                        "entity": .string(group.resource), "purpose": group.purpose.map { .string($0) } ?? .null,
                        "difference": .string(group.difference.words), "since_changed": .bool(group.isSinceChanged),
                        "events": .array(group.events.map { .string($0) }),
                    ])
                }
            ),
            "notes": .array(notes.map { .string($0) }),
        ])
    }
}
