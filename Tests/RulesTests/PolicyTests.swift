import Catalog
import Policies
import Testing
import Vocabulary

/// What rules mean together.
struct PolicyTests {
    private let catalog: CompiledCatalog

    init() throws {
        catalog = try Written.catalog([
            Written.person(
                """
                code: { type: text, class: operational, store: plain }
                company: { type: text, class: business, store: plain }
                topic: { type: text, class: personal, store: sealed }
                name: { type: text, class: identifying, store: sealed, mask: initial }
                email: { type: email, class: identifying, store: sealed, mask: email }
                born: { type: date, class: identifying, store: sealed, mask: year }
                illness: { type: text, class: special, store: sealed, mask: redacted }
                account: { type: text, class: financial, store: sealed, mask: last4 }
                """
            ),
            Written.thing("size: { type: text, class: business, store: plain }"),
        ])
    }

    private func policies(_ rules: String, of resource: String = "person") throws -> CompiledPolicies {
        try Written.policies(
            ["policy: \"\(resource)\"\nrules:\n" + rules.split(separator: "\n").map { "  - { \($0) }\n" }.joined()], catalog: catalog)
    }

    private func access(_ decision: Decision, _ field: String) throws -> FieldAccess {
        let entity = try #require(catalog.entity(named: decision.resource))
        return decision.access[try #require(entity.position(of: field))]
    }

    private func mayWrite(_ decision: Decision, _ field: String) throws -> Bool {
        let entity = try #require(catalog.entity(named: decision.resource))
        return decision.writable[try #require(entity.position(of: field))]
    }

    @Test func `what no rule allows is denied by default`() throws {
        let policies = try policies("name: a, allow: [read], to: [rep], fields: { clear: [\"*\"] }")
        for (caller, action) in [(Written.caller("guest"), Action.read), (Written.caller("rep"), .update), (Written.caller(), .read)] {
            let decision = policies.decide(caller, action, on: "person")
            #expect(!decision.isAllowed)
            #expect(decision.rule == "default-deny")
            #expect(decision.access.allSatisfy { $0 == .hidden })
            #expect(decision.writable.allSatisfy { !$0 })
        }
        #expect(policies.decide(Written.caller("rep"), .read, on: "person").rule == "a")
        #expect(!policies.decide(Written.caller("rep"), .read, on: "thing").isAllowed)
        #expect(!policies.decide(Written.caller("rep"), .read, on: "nothing").isAllowed)
    }

    @Test func `a deny wins over every allow of any role`() throws {
        let policies = try policies(
            """
            name: a, allow: [read, update], to: [rep, lead], fields: { clear: ["*"] }
            name: no-guests, deny: [read], to: [guest]
            """
        )
        let decision = policies.decide(Written.caller("rep", "lead", "guest"), .read, on: "person")
        #expect(!decision.isAllowed)
        #expect(decision.rule == "no-guests")
        #expect(policies.decide(Written.caller("rep", "guest"), .update, on: "person").isAllowed)
    }

    @Test func `allows add up, and the weakest mask is the one that holds`() throws {
        let policies = try policies(
            """
            name: a, allow: [read], to: [rep], fields: { clear: [code], mask: { name: redacted, email: redacted, account: last4 } }
            name: b, allow: [read], to: [lead], fields: { clear: [company, account], mask: { name: initial, email: email } }
            """
        )
        let both = policies.decide(Written.caller("rep", "lead"), .read, on: "person")
        #expect(try access(both, "code") == .clear)
        #expect(try access(both, "company") == .clear)
        #expect(try access(both, "account") == .clear)
        #expect(try access(both, "name") == .masked(.initial))
        #expect(try access(both, "email") == .masked(.email))
        #expect(try access(both, "born") == .hidden)
        let one = policies.decide(Written.caller("rep"), .read, on: "person")
        #expect(try access(one, "company") == .hidden)
        #expect(try access(one, "account") == .masked(.last4))
        #expect(try access(one, "name") == .masked(.redacted))
    }

    @Test func `a mask or hiding of a deny always applies`() throws {
        let policies = try policies(
            """
            name: a, allow: [read], to: [rep], fields: { clear: ["*", illness, account], mask: { born: year } }
            name: b, allow: [read], to: [lead], fields: { clear: ["*", illness, account] }
            name: limits, deny: [read], to: ["*"], fields: { mask: { name: redacted }, masked: [email, illness], hide: [topic] }
            """
        )
        let decision = policies.decide(Written.caller("rep", "lead"), .read, on: "person")
        #expect(decision.isAllowed)
        #expect(try access(decision, "name") == .masked(.redacted))
        #expect(try access(decision, "email") == .masked(.email))
        #expect(try access(decision, "illness") == .masked(.redacted))
        #expect(try access(decision, "topic") == .hidden)
        #expect(try access(decision, "born") == .clear)
        #expect(try access(decision, "account") == .clear)
    }

    @Test func `the stronger of two masks of denies applies, and no deny shows more than an allow`() throws {
        let policies = try policies(
            """
            name: a, allow: [read], to: [rep], fields: { clear: [name], mask: { email: redacted } }
            name: x, deny: [read], to: [rep], fields: { mask: { name: initial, email: email, born: year } }
            name: y, deny: [read], to: [rep], fields: { mask: { name: redacted } }
            """
        )
        let decision = policies.decide(Written.caller("rep"), .read, on: "person")
        #expect(try access(decision, "name") == .masked(.redacted))
        #expect(try access(decision, "email") == .masked(.redacted))
        #expect(try access(decision, "born") == .hidden)
    }

    @Test func `a deny's star takes special and financial fields away, too`() throws {
        let policies = try policies(
            """
            name: a, allow: [read], to: [rep], fields: { clear: ["*", illness, account] }
            name: b, deny: [read], to: [rep], fields: { masked: ["*"] }
            """
        )
        let decision = policies.decide(Written.caller("rep"), .read, on: "person")
        #expect(try access(decision, "illness") == .masked(.redacted))
        #expect(try access(decision, "account") == .masked(.last4))
        #expect(try access(decision, "code") == .masked(.redacted))
    }

    @Test func `a star never reaches special or financial fields`() throws {
        let policies = try policies(
            "name: a, allow: [read, create], to: [rep], fields: { clear: [\"*\"], masked: [\"*\"] }, write: { fields: [\"*\"] }"
        )
        let decision = policies.decide(Written.caller("rep"), .create, on: "person")
        for field in ["illness", "account"] {
            #expect(try access(decision, field) == .hidden)
            #expect(try !mayWrite(decision, field))
        }
        #expect(try access(decision, "born") == .clear)
        #expect(try mayWrite(decision, "born"))
    }

    @Test(arguments: [
        ("operational", ["code"]), ("business", ["code", "company"]), ("personal", ["code", "company", "topic"]),
        ("identifying", ["code", "company", "topic", "name", "email", "born"]),
    ])
    func `a star reaches up to its class`(ceiling: String, seen: [String]) throws {
        let policies = try policies("name: a, allow: [read], to: [rep], fields: { clear: [\"*\"], up_to: \(ceiling) }")
        let decision = policies.decide(Written.caller("rep"), .read, on: "person")
        let fields = ["code", "company", "topic", "name", "email", "born", "illness", "account"]
        #expect(try fields.filter { try access(decision, $0) == .clear } == seen)
    }

    @Test func `except takes out of a star, and a name puts in what the class would not`() throws {
        let policies = try policies(
            "name: a, allow: [read], to: [rep], fields: { clear: [\"*\", illness], up_to: business, except: [company], mask: { company: redacted } }"
        )
        let decision = policies.decide(Written.caller("rep"), .read, on: "person")
        #expect(try access(decision, "company") == .masked(.redacted))
        #expect(try access(decision, "illness") == .clear)
        #expect(try access(decision, "name") == .hidden)
    }

    @Test func `within a rule hiding beats masking and masking beats clear`() throws {
        let policies = try policies(
            "name: a, allow: [read], to: [rep], fields: { clear: [name, email], mask: { name: initial, email: email }, masked: [born], hide: [email] }"
        )
        let decision = policies.decide(Written.caller("rep"), .read, on: "person")
        #expect(try access(decision, "name") == .masked(.initial))
        #expect(try access(decision, "email") == .hidden)
        #expect(try access(decision, "born") == .masked(.year))
    }

    @Test func `only what is clear can be written, and system fields never`() throws {
        let policies = try policies(
            """
            name: a, allow: [update], to: [rep], fields: { clear: [code, created_at], mask: { name: initial } }, write: { fields: ["*"] }
            name: b, allow: [read], to: [rep], fields: { clear: ["*"] }
            """
        )
        let decision = policies.decide(Written.caller("rep"), .update, on: "person")
        #expect(try mayWrite(decision, "code"))
        for field in ["name", "company", "created_at"] { #expect(try !mayWrite(decision, field)) }
        let reading = policies.decide(Written.caller("rep"), .read, on: "person")
        #expect(reading.writable.allSatisfy { !$0 })
    }

    @Test func `a policy for everything reaches entities and not the system's resources`() throws {
        let policies = try policies("name: a, allow: [read, create, delete], to: [\"*\"], fields: { clear: [\"*\"] }", of: "*")
        #expect(policies.decide(Written.caller("guest"), .read, on: "person").isAllowed)
        #expect(policies.decide(Written.caller(), .read, on: "thing").isAllowed)
        for resource in SystemResource.allCases {
            #expect(!policies.decide(Written.caller("rep"), .read, on: resource.rawValue).isAllowed)
        }
        let named = try self.policies("name: a, allow: [read], to: [guest]", of: "audit")
        #expect(named.decide(Written.caller("guest"), .read, on: "audit").isAllowed)
        #expect(!named.decide(Written.caller("rep"), .read, on: "audit").isAllowed)
    }

    @Test func `sight has a fingerprint of its own`() throws {
        let policies = try policies(
            """
            name: a, allow: [read], to: [rep], fields: { clear: [name] }
            name: b, allow: [read], to: [lead], fields: { mask: { name: initial } }
            name: c, allow: [read], to: [guest], fields: { mask: { name: redacted } }
            """
        )
        let prints = ["rep", "lead", "guest"].map { policies.decide(Written.caller($0), .read, on: "person").fingerprint }
        #expect(Set(prints).count == 3)
        #expect(policies.decide(Written.caller("rep", "lead"), .read, on: "person").fingerprint == prints[0])
    }

    @Test func `masks have one order, weakest last`() {
        #expect(Mask.allCases.sorted() == [.hidden, .redacted, .year, .last4, .email, .initial])
    }
}
