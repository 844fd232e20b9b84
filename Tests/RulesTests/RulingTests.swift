import Catalog
import Expressions
import Identity
import Policies
import Testing
import Vocabulary

/// What rules with conditions come to for each record, as the gateway asks them.
struct RulingTests {
    let catalog: CompiledCatalog
    static let roles = """
        attributes:
          region: { type: text }
          regions: { type: list }
        roles:
          rep: { label: Sells }
          lead: { label: Leads }
          guest: { label: Looks }
        """

    init() throws {
        catalog = try Written.catalog(
            [
                Written.person(
                    """
                    code: { type: text, class: operational, store: plain }
                    owner: { type: user, class: operational, store: plain }
                    size: { type: integer, class: business, store: plain }
                    name: { type: text, class: identifying, store: sealed, mask: initial }
                    email: { type: email, class: identifying, store: sealed, mask: email }
                    """
                ),
                Written.thing("owner: { type: user, class: operational, store: plain }"),
            ],
            purposes: """
                purposes:
                  sales: { basis: contract }
                  profiling: { basis: legitimate-interests }
                  marketing: { basis: consent, direct_marketing: true }
                  claims: { basis: legal-obligation, despite_restriction: "GDPR Art. 18(2)" }
                """
        )
    }

    func policies(_ document: String) throws -> CompiledPolicies {
        try Written.policies([document], roles: Self.roles, catalog: catalog)
    }

    func request(
        _ roles: String..., user: String = "ann", attributes: [String: [String]] = [:], purpose: String? = "sales", reason: String? = nil,
        isSteppedUp: Bool = false, grant: String? = nil
    ) -> AccessRequest {
        AccessRequest(
            principal: .described(
                tenant: TenantID(UUIDv7(high: 0, low: 1)), user: user, roles: roles, attributes: attributes, isSteppedUp: isSteppedUp),
            purpose: purpose.flatMap { catalog.purposes[$0] }, reason: reason, grantedRule: grant
        )
    }

    func record(owner: String? = nil, code: String? = nil, size: Int64? = nil, person: PersonFacts? = PersonFacts()) -> RecordFacts {
        var values: [String: Value] = [:]
        if let owner { values["owner"] = .string(owner) }
        if let code { values["code"] = .string(code) }
        if let size { values["size"] = .int(size) }
        return RecordFacts(values: values, person: person)
    }

    func position(_ field: String) throws -> Int {
        try #require(catalog.entity(named: "person")?.position(of: field))
    }

    func seen(_ verdict: Verdict, _ field: String) throws -> FieldAccess { verdict.shown[try position(field)] }

    // MARK: Rows

    @Test func `a derived role opens the records for which it holds`() throws {
        let policies = try policies(
            """
            policy: person
            roles_derived:
              owner: { from: [rep], when: "record.owner == principal.id" }
            rules:
              - { name: own, allow: [read], to: [owner], fields: { clear: [name] } }
            """)
        let ruling = policies.decide(request("rep"), .read, on: "person")
        #expect(ruling.isAllowed && ruling.limitsRecords)
        // The only allow there is decides by the filter alone.
        #expect(ruling.questions.isEmpty)
        #expect(policies.verdict(request("rep"), .read, on: "person", record(owner: "ann")).outcome == .allow)
        for other in [record(owner: "bob"), record()] {
            #expect(policies.verdict(request("rep"), .read, on: "person", other).outcome == .notVisible)
        }
        #expect(policies.verdict(request("guest"), .read, on: "person", record(owner: "ann")).outcome == .deny)
    }

    @Test func `what speaks of the request is asked at each, what speaks of the caller is kept for the caller`() throws {
        let policies = try policies(
            """
            policy: person
            rules:
              - { name: own, allow: [read], to: [rep], when: "record.owner == principal.id", fields: { clear: [code] } }
              - { name: by-day, allow: [read], to: [rep], when: "request.time.getHours() < 18", fields: { clear: [name] } }
            """)
        func verdict(_ user: String, hour: Int, _ record: RecordFacts) throws -> Verdict {
            let time = try #require(Instant("2026-11-22T\(hour):00:00Z"))
            let principal = Principal.described(tenant: TenantID(UUIDv7(high: 0, low: 1)), user: user, roles: ["rep"])
            return policies.verdict(AccessRequest(principal: principal, purpose: nil, time: time), .read, on: "person", record)
        }
        // In every order, so that nothing kept from one request or caller decides for another.
        for _ in 0..<2 {
            for (user, hour) in [("ann", 10), ("bob", 10), ("ann", 20), ("bob", 20), ("ann", 11)] {
                let own = try verdict(user, hour: hour, record(owner: user))
                let other = try verdict(user, hour: hour, record(owner: "eve"))
                #expect(own.outcome == .allow)
                #expect(other.outcome == (hour < 18 ? .allow : .notVisible), "\(user) \(hour)")
                #expect(try seen(own, "code") == .clear)
                #expect(try seen(own, "name") == (hour < 18 ? .clear : .hidden))
                #expect(try seen(other, "code") == .hidden)
            }
        }
    }

    @Test func `a condition of an allow that fails does not hold, one of a deny that fails does`() throws {
        let policies = try policies(
            """
            policy: person
            rules:
              - { name: a, allow: [read], to: [rep], when: "principal.region == 'north'" }
              - { name: b, allow: [read], to: [lead] }
              - { name: c, deny: [read], to: [lead], when: "principal.region == 'south'" }
            """)
        let lost = policies.decide(request("rep"), .read, on: "person")
        #expect(!lost.isAllowed && lost.widest.rule == "default-deny" && lost.failed == ["a"])
        let denied = policies.decide(request("lead"), .read, on: "person")
        #expect(!denied.isAllowed && denied.widest.rule == "c" && denied.failed == ["c"])
        #expect(policies.decide(request("rep", attributes: ["region": ["north"]]), .read, on: "person").isAllowed)
        #expect(policies.decide(request("lead", attributes: ["region": ["north"]]), .read, on: "person").isAllowed)
    }

    @Test func `an error for one record counts for that record`() throws {
        let policies = try policies(
            """
            policy: person
            rules:
              - { name: small, allow: [read], to: [rep], when: "record.size < 10" }
              - { name: all, allow: [read], to: [lead] }
              - { name: not-large, deny: [read], to: [lead], when: "record.size > 10" }
            """)
        for (role, size, outcome) in [
            ("rep", Int64?(5), Verdict.Outcome.allow), ("rep", 10, .notVisible), ("rep", nil, .notVisible), ("lead", 5, .allow),
            ("lead", 11, .notVisible), ("lead", nil, .notVisible),
        ] {
            #expect(policies.verdict(request(role), .read, on: "person", record(size: size)).outcome == outcome, "\(role) \(size ?? -1)")
        }
    }

    @Test func `a deny by record wins over allows of other roles`() throws {
        let policies = try policies(
            """
            policy: person
            rules:
              - { name: a, allow: [read], to: [rep, lead], fields: { clear: [name] } }
              - { name: b, deny: [read], to: [guest], when: "record.code == 'secret'" }
            """)
        #expect(policies.verdict(request("rep", "guest"), .read, on: "person", record(code: "secret")).outcome == .notVisible)
        #expect(policies.verdict(request("rep", "guest"), .read, on: "person", record(code: "open")).outcome == .allow)
        #expect(policies.verdict(request("rep"), .read, on: "person", record(code: "secret")).outcome == .allow)
    }

    // MARK: Fields

    @Test func `fields are the union of what holds for the record, with the weakest mask`() throws {
        let policies = try policies(
            """
            policy: person
            rules:
              - { name: everyone, allow: [read], to: [rep], fields: { clear: [code], mask: { name: redacted, email: redacted } } }
              - { name: own, allow: [read], to: [rep], when: "record.owner == principal.id", fields: { clear: [name], mask: { email: email } } }
              - { name: open, allow: [read], to: [rep], when: "record.code == 'open'", fields: { mask: { name: initial } } }
            """)
        let ruling = policies.decide(request("rep"), .read, on: "person")
        #expect(ruling.questions.count == 2 && !ruling.limitsRecords)
        func name(_ facts: RecordFacts) throws -> FieldAccess { try seen(policies.verdict(request("rep"), .read, on: "person", facts), "name") }
        #expect(try name(record(owner: "bob")) == .masked(.redacted))
        #expect(try name(record(owner: "bob", code: "open")) == .masked(.initial))
        #expect(try name(record(owner: "ann")) == .clear)
        #expect(try name(record(owner: "ann", code: "open")) == .clear)
        let own = policies.verdict(request("rep"), .read, on: "person", record(owner: "ann"))
        #expect(try seen(own, "email") == .masked(.email))
    }

    @Test func `a limit with a condition holds for its records, and where it cannot be told`() throws {
        let policies = try policies(
            """
            policy: person
            rules:
              - { name: a, allow: [read], to: [rep], fields: { clear: [name, code] } }
              - { name: minors, deny: [read], to: ["*"], when: "record.size < 18", fields: { masked: [name] } }
            """)
        for (size, expected) in [(Int64?(17), FieldAccess.masked(.initial)), (18, .clear), (nil, .masked(.initial))] {
            #expect(try seen(policies.verdict(request("rep"), .read, on: "person", record(size: size)), "name") == expected)
        }
    }

    @Test func `a query by a field is limited to the records that show it in the clear`() throws {
        let policies = try policies(
            """
            policy: person
            rules:
              - { name: all, allow: [read], to: [rep], fields: { clear: [code], masked: [name, email] } }
              - { name: own, allow: [read], to: [rep], when: "record.owner == principal.id", fields: { clear: [name] } }
              - { name: not-secret, deny: [read], to: [rep], when: "record.code == 'secret'", fields: { hide: [name] } }
            """)
        let ruling = policies.decide(request("rep"), .read, on: "person")
        let name = ruling.clearRecords(try position("name"))
        #expect(record(owner: "ann", code: "open").admits(name))
        #expect(!record(owner: "ann", code: "secret").admits(name))
        #expect(!record(owner: "bob", code: "open").admits(name))
        #expect(try ruling.clearRecords(position("code")).isAlways)
        #expect(try ruling.clearRecords(position("email")).isNever)
        #expect(try ["code", "name", "email", "size"].filter { try ruling.isUsable(position($0)) } == ["code", "name"])
        for facts in [record(owner: "ann"), record(owner: "bob", code: "secret"), record(owner: "ann", code: "secret"), record(code: "x")] {
            let isClear = try seen(policies.verdict(request("rep"), .read, on: "person", facts), "name").isClear
            #expect(facts.admits(name) == isClear)
        }
    }

    // MARK: Changes

    @Test func `what may be changed is also read in the clear, for the same record`() throws {
        let policies = try policies(
            """
            policy: person
            rules:
              - { name: reads, allow: [read], to: [rep], fields: { clear: [code], masked: [name] } }
              - { name: reads-own, allow: [read], to: [rep], when: "record.owner == principal.id", fields: { clear: [name] } }
              - { name: changes, allow: [update], to: [rep], fields: { clear: ["*"] }, write: { fields: [code, name, email] } }
            """)
        func written(_ owner: String) throws -> [String] {
            let verdict = policies.verdict(request("rep"), .update, on: "person", record(owner: owner))
            return try ["code", "name", "email"].filter { try verdict.writable[position($0)] }
        }
        #expect(try written("ann") == ["code", "name"])
        #expect(try written("bob") == ["code"])
        let other = policies.verdict(request("rep"), .update, on: "person", record(owner: "bob"))
        #expect(try seen(other, "name") == .masked(.initial))
    }

    @Test func `two conditions that add nothing alone can add something together`() throws {
        let policies = try policies(
            """
            policy: person
            roles_derived:
              owner: { from: [rep], when: "record.owner == principal.id" }
            rules:
              - { name: reads, allow: [read], to: [rep], fields: { clear: [code] } }
              - { name: changes, allow: [update], to: [rep], fields: { clear: [code, name] } }
              - { name: reads-own, allow: [read], to: [owner], fields: { clear: [name] } }
              - { name: changes-own, allow: [update], to: [owner], fields: { clear: [name] }, write: { fields: [name] } }
            """)
        for (owner, expected) in [("ann", true), ("bob", false)] {
            let verdict = policies.verdict(request("rep"), .update, on: "person", record(owner: owner))
            #expect(try verdict.writable[position("name")] == expected)
        }
    }

    @Test func `a deny of reading takes away writing`() throws {
        let policies = try policies(
            """
            policy: person
            rules:
              - { name: all, allow: [read, update], to: [rep], fields: { clear: ["*"] }, write: { fields: ["*"] } }
              - { name: secret, deny: [read], to: [rep], when: "record.code == 'secret'" }
            """)
        let secret = policies.decide(request("rep"), .update, on: "person").decision(record(code: "secret"))
        #expect(!secret.writable.contains(true))
        #expect(policies.verdict(request("rep"), .update, on: "person", record(code: "secret")).outcome == .notVisible)
        #expect(policies.verdict(request("rep"), .update, on: "person", record(code: "open")).writable.contains(true))
    }

    @Test func `a record that is seen and may not be changed is refused, one that is not seen is not there`() throws {
        let policies = try policies(
            """
            policy: person
            roles_derived:
              owner: { from: ["*"], when: "record.owner == principal.id" }
            rules:
              - { name: reads, allow: [read], to: [rep], fields: { clear: ["*"] } }
              - { name: changes, allow: [create, update, delete], to: [owner], fields: { clear: ["*"] }, write: { fields: ["*"] } }
            """)
        for action in [Action.update, .delete] {
            #expect(policies.verdict(request("rep"), action, on: "person", record(owner: "ann")).outcome == .allow)
            #expect(policies.verdict(request("rep"), action, on: "person", record(owner: "bob")).outcome == .deny)
            // Who may read nothing knows of those that it may change.
            #expect(policies.verdict(request("guest"), action, on: "person", record(owner: "bob")).outcome == .notVisible)
            #expect(policies.verdict(request("guest"), action, on: "person", record(owner: "ann")).outcome == .allow)
        }
        #expect(policies.verdict(request("rep"), .create, on: "person", record(owner: "bob")).outcome == .deny)
        #expect(policies.verdict(request("rep"), .create, on: "person", record(owner: "ann")).outcome == .allow)
    }
}
