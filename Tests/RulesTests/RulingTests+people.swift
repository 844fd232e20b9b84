import Catalog
import Expressions
import Identity
import Policies
import Testing
import Vocabulary

/// Purposes, obligations, and what the person allows.
extension RulingTests {
    @Test func `a rule for a purpose speaks when it is declared`() throws {
        let policies = try policies(
            """
            policy: person
            rules:
              - { name: a, allow: [read], to: [rep], purposes: [sales], fields: { clear: [name] } }
              - { name: b, deny: [read], to: [rep], purposes: [profiling] }
            """)
        #expect(policies.decide(request("rep"), .read, on: "person").widest.rule == "a")
        #expect(policies.decide(request("rep", purpose: nil), .read, on: "person").widest.rule == "default-deny")
        #expect(policies.decide(request("rep", purpose: "profiling"), .read, on: "person").widest.rule == "b")
        #expect(policies.decide(request("rep", purpose: "claims"), .read, on: "person").widest.rule == "default-deny")
    }

    @Test func `an obligation keeps a rule silent until it is met, and is named`() throws {
        let policies = try policies(
            """
            policy: person
            rules:
              - { name: asks, allow: [read], to: [rep], reason: required, require: [step-up] }
              - { name: two, allow: [delete], to: [rep], require: [second-person], for: 1h }
              - { name: glass, allow: [read], to: [guest], break_glass: true, for: 30m }
            """)
        func verdict(_ request: AccessRequest, _ action: Action = .read) -> Verdict { policies.verdict(request, action, on: "person", record()) }
        #expect(verdict(request("rep")).needs == .reason)
        #expect(verdict(request("rep", reason: "a ticket")).needs == .stepUp)
        #expect(verdict(request("rep", reason: "a ticket", isSteppedUp: true)).outcome == .allow)
        #expect(verdict(request("rep", isSteppedUp: true)).needs == .reason)
        #expect(verdict(request("rep"), .delete).needs == .secondPerson)
        #expect(verdict(request("rep", grant: "glass"), .delete).needs == .secondPerson)
        #expect(policies.decide(request("rep", grant: "two"), .delete, on: "person").isAllowed)
        #expect(verdict(request("guest")).needs == .breakGlass)
        #expect(verdict(request("guest", grant: "glass")).outcome == .allow)
        #expect(verdict(request("lead")).needs == nil)
        #expect(policies.rules.map(\.grantDuration) == [nil, .seconds(3600), .seconds(1800)])
    }

    @Test func `the person has the last word, as the purpose lets it`() throws {
        let policies = try policies("policy: person\nrules:\n  - { name: a, allow: [read, create], to: [rep], fields: { clear: [\"*\"] } }\n")
        func outcome(_ purpose: String?, _ person: PersonFacts?) -> Verdict.Outcome {
            policies.verdict(request("rep", purpose: purpose), .read, on: "person", record(person: person)).outcome
        }
        let restricted = PersonFacts(isRestricted: true)
        #expect(outcome("marketing", PersonFacts()) == .notVisible)
        #expect(outcome("marketing", PersonFacts(consents: ["marketing"])) == .allow)
        #expect(outcome("marketing", PersonFacts(consents: ["marketing"], objections: ["marketing"])) == .notVisible)
        #expect(outcome("sales", PersonFacts(objections: ["sales"])) == .allow)
        #expect(outcome("profiling", PersonFacts(objections: ["profiling"])) == .notVisible)
        #expect(outcome("profiling", PersonFacts(objections: ["marketing"])) == .allow)
        #expect(outcome("sales", restricted) == .notVisible)
        #expect(outcome("claims", restricted) == .allow)
        #expect(outcome(nil, PersonFacts()) == .allow)
        #expect(outcome(nil, restricted) == .notVisible)
        #expect(outcome(nil, PersonFacts(objections: ["profiling"])) == .notVisible)
        #expect(outcome("marketing", nil) == .allow)
        #expect(policies.verdict(request("rep", purpose: "marketing"), .create, on: "person", record()).outcome == .allow)
    }

    @Test func `a thing about nobody asks no person`() throws {
        let policies = try policies("policy: thing\nrules:\n  - { name: a, allow: [read], to: [rep], fields: { clear: [\"*\"] } }\n")
        let ruling = policies.decide(request("rep", purpose: "marketing"), .read, on: "thing")
        #expect(ruling.filter.isAlways && !ruling.limitsRecords)
    }

    @Test func `let gives a part of a condition its name`() throws {
        let policies = try policies(
            """
            policy: person
            let:
              mine: "record.owner == principal.id"
              near: "mine && principal.regions.exists(r, r == 'north')"
            rules:
              - { name: a, allow: [read], to: [rep], when: near }
            """)
        let north = request("rep", attributes: ["regions": ["south", "north"]])
        #expect(policies.verdict(north, .read, on: "person", record(owner: "ann")).outcome == .allow)
        #expect(policies.verdict(north, .read, on: "person", record(owner: "bob")).outcome == .notVisible)
        #expect(policies.verdict(request("rep"), .read, on: "person", record(owner: "ann")).outcome == .deny)
    }

    @Test func `remembered rulings are those of the question`() throws {
        let policies = try policies(
            """
            policy: person
            rules:
              - { name: a, allow: [read], to: [rep], when: "principal.id == 'ann' && record.owner == request.purpose" }
              - { name: b, allow: [read], to: [lead], reason: required }
            """)
        for _ in 0..<2 {
            #expect(policies.decide(request("rep"), .read, on: "person").isAllowed)
            #expect(!policies.decide(request("rep", user: "bob"), .read, on: "person").isAllowed)
            #expect(policies.verdict(request("rep"), .read, on: "person", record(owner: "sales")).outcome == .allow)
            #expect(policies.verdict(request("rep", purpose: "claims"), .read, on: "person", record(owner: "sales")).outcome == .notVisible)
            #expect(!policies.decide(request("lead"), .read, on: "person").isAllowed)
            #expect(policies.decide(request("lead", reason: "x"), .read, on: "person").isAllowed)
        }
    }
}
