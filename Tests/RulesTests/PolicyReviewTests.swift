import Catalog
import Expressions
import Identity
import Policies
import Testing
import Vocabulary

/// Warnings, explanations, matrices and comparisons; the texts are golden.
struct PolicyReviewTests {
    private let catalog: CompiledCatalog

    init() throws {
        catalog = try Written.catalog([
            Written.person(
                """
                owner: { type: user, class: operational, store: plain }
                stage: { type: choice, of: [new, old], class: business, store: plain, label: "Stage <&>" }
                name: { type: text, class: identifying, store: sealed, mask: initial, purposes: [sales] }
                email: { type: email, class: identifying, store: sealed, mask: email, purposes: [sales, marketing] }
                """)
        ])
    }

    private func policies(_ text: String, roles: String = Written.roles) throws -> CompiledPolicies {
        try Written.policies([text], roles: roles, catalog: catalog)
    }

    private func request(_ roles: String..., user: String? = "ann", purpose: String? = "sales") -> AccessRequest {
        AccessRequest(
            principal: .described(tenant: TenantID(UUIDv7(high: 0, low: 1)), user: user, roles: roles),
            purpose: purpose.flatMap { catalog.purposes[$0] })
    }

    // MARK: Lint

    @Test func `what is likely a mistake is told`() throws {
        let policies = try policies(
            """
            policy: person
            roles_derived:
              nobody: { from: [rep], when: "1 == 2" }
            rules:
              - { name: sees, allow: [read], to: [rep], fields: { clear: [stage, email] } }
              - { name: never, allow: [read], to: [rep], when: "false && record.owner == principal.id", fields: { clear: ["*"] } }
              - { name: two-at-once, allow: [read], to: [rep], when: "record.stage == 'new' && record.stage == 'old'", fields: { clear: ["*"] } }
              - { name: other-purpose, allow: [read], to: [rep], purposes: [sales], when: "request.purpose == 'marketing'", fields: { clear: ["*"] } }
              - { name: of-nobody, allow: [read], to: [nobody], fields: { clear: ["*"] } }
              - { name: to-nobody, allow: [read], to: [], fields: { clear: ["*"] } }
              - { name: taken-back, allow: [delete], to: [lead] }
              - { name: takes-back, deny: [delete, update], to: [lead, guest] }
              - { name: beyond, allow: [read], to: [rep], purposes: [marketing], fields: { clear: [email], masked: [name] } }
              - { name: empty, allow: [read], to: [rep] }
            """)
        #expect(
            PolicyLint.warnings(policies).map(\.description).joined(separator: "\n") == """
                1.yaml:6:5: rule 'never' can never match
                  hint: its conditions are false for every record
                1.yaml:7:5: rule 'two-at-once' can never match
                  hint: its conditions are false for every record
                1.yaml:8:5: rule 'other-purpose' can never match
                  hint: its conditions are false for every record
                1.yaml:9:5: rule 'of-nobody' can never match
                  hint: its conditions are false for every record
                1.yaml:10:5: rule 'to-nobody' is for nobody
                  hint: name roles in 'to'
                1.yaml:11:5: rule 'taken-back' is shadowed: 'takes-back' denies all that it allows
                  hint: see 1.yaml:12:5
                1.yaml:13:5: rule 'beyond' shows what the catalog does not keep for marketing: person.name
                  hint: leave the fields out, or add the purpose to theirs in the catalog
                1.yaml:14:5: rule 'empty' lets records be read and shows no field
                  hint: name some in 'fields'
                1.yaml:3:3: nobody can ever be 'nobody'
                  hint: see its 'from' and 'when'
                1.yaml:7:9: no role sees person.name in the clear
                  hint: is it needed? (GDPR Art. 5(1)(c))
                roles.yaml:4:3: role 'guest' may do nothing
                  hint: no rule allows it anything
                """)
    }

    @Test func `a field that every role sees is told`() throws {
        let policies = try policies(
            "policy: person\nrules:\n  - { name: a, allow: [read], to: [\"*\"], fields: { clear: [name, stage, email] } }\n")
        #expect(
            PolicyLint.warnings(policies).map(\.message) == [
                "every role sees person.name in the clear", "every role sees person.email in the clear",
            ])
    }

    // MARK: Explain

    private static let explained = """
        policy: person
        roles_derived:
          mine: { from: [rep], when: "record.owner == principal.id" }
        rules:
          - { name: basics, allow: [read], to: [rep], fields: { clear: [stage], masked: [name] } }
          - { name: own, allow: [read, update], to: [mine], fields: { clear: [stage, name, email] }, write: { fields: [stage] } }
          - { name: mails, allow: [read], to: ["*"], purposes: [marketing], fields: { clear: [email] } }
          - { name: glass, allow: [read], to: [rep], reason: required, break_glass: true, for: 1h, fields: { clear: ["*"] } }
          - { name: leads, allow: [read], to: [lead], fields: { clear: ["*"] } }
          - { name: old-ones, deny: [read], to: ["*"], when: "record.stage == 'old'", fields: { hide: [email] } }
          - { name: broken, deny: [read], to: [guest], when: "principal.roles[7] == 'x'" }
        """

    @Test func `an explanation goes rule by rule`() throws {
        let policies = try policies(Self.explained)
        #expect(
            policies.explain(request("rep"), .read, on: "person").lines.joined(separator: "\n") == """
                read person: allow (rule basics)
                  records where processing is not restricted
                rules
                  holds      allow  basics
                  by record  allow  own       where record.owner == 'ann'
                  silent     allow  mails     is for marketing; the request is for sales
                  silent     allow  glass     needs broken glass and a reason
                  silent     allow  leads     is for lead
                  by record  limit  old-ones  where record.stage == 'old'
                  silent     deny   broken    is for guest
                fields, at most
                  owner       hidden
                  stage       clear                   basics, own
                  name        clear                   own
                  email       clear                   own
                  created_at  hidden
                  updated_at  hidden
                """)
    }

    @Test func `an explanation about a record says what holds for it`() throws {
        let policies = try policies(Self.explained)
        let record = RecordFacts(values: ["owner": .string("ann"), "stage": .string("old")], person: PersonFacts())
        #expect(
            policies.explain(request("rep"), .read, on: "person", record).lines.joined(separator: "\n") == """
                read person: allow (rule basics)
                rules
                  holds      allow  basics
                  holds      allow  own       this record: record.owner == 'ann'
                  silent     allow  mails     is for marketing; the request is for sales
                  silent     allow  glass     needs broken glass and a reason
                  silent     allow  leads     is for lead
                  holds      limit  old-ones  this record: record.stage == 'old'
                  silent     deny   broken    is for guest
                fields
                  owner       hidden
                  stage       clear                   basics, own
                  name        clear                   own
                  email       hidden                  old-ones
                  created_at  hidden
                  updated_at  hidden
                """)
    }

    @Test func `an explanation says what of the person keeps a record from being found`() throws {
        let policies = try policies(Self.explained)
        let record = RecordFacts(person: PersonFacts(isRestricted: true))
        let explanation = policies.explain(request("guest", purpose: "marketing"), .read, on: "person", record)
        #expect(explanation.outcome == .deny && explanation.unheard.isEmpty)
        let open = policies.explain(request("rep", purpose: "marketing"), .read, on: "person", record)
        #expect(open.outcome == .notVisible)
        #expect(open.unheard == ["the person has consented to marketing", "processing is not restricted"])
        #expect(open.lines[1] == "  not so: the person has consented to marketing")
    }

    @Test func `a denial says what would help, and an error what it counts as`() throws {
        let policies = try policies(Self.explained)
        let glass = try Written.policies(
            ["policy: person\nrules:\n  - { name: glass, allow: [read], to: [rep], break_glass: true, for: 1h }\n"], catalog: catalog)
        #expect(
            glass.explain(request("rep"), .read, on: "person").lines == [
                "read person: deny (rule default-deny)", "  rule glass would speak, given broken glass", "rules",
                "  silent     allow  glass  needs broken glass",
            ])
        let denied = policies.explain(request("guest"), .read, on: "person")
        #expect(denied.outcome == .deny && denied.rule == "broken")
        #expect(
            denied.steps.last?.reason == "its condition comes to an error, so it holds: principal.roles[7] == 'x'")
    }

    @Test(arguments: [
        ("record.owner == principal.id", "record.owner == 'ann'"),
        ("record.owner != 'b' && !(record.stage == 'new')", "record.owner != 'b' && record.stage != 'new'"),
        ("record.owner in ['a', 'b'] || record.stage == null", "record.owner in ['a', 'b'] || record.stage == null"),
        (
            "(record.owner == 'a' || record.owner == 'b') && record.stage != null",
            "(record.owner == 'a' || record.owner == 'b') && record.stage != null"
        ),
        ("record.owner.startsWith(\"o'c\")", "record.owner.startsWith('o\\'c')"), ("size(record.owner) > 3", "size(record.owner) > 3"),
        ("record.created_at < timestamp('2026-01-01T00:00:00Z')", "record.created_at < timestamp('2026-01-01T00:00:00Z')"),
        ("record.restricted || record.objected", "record.restricted || record.objected"),
        ("principal.id == 'ann' ? record.restricted : record.objected", "record.restricted"),
    ])
    func `a condition is told with what is known of the caller`(written: String, text: String) throws {
        let policies = try policies(
            "policy: person\nrules:\n  - { name: a, allow: [read], to: [rep], when: \"\(written.replacing("\"", with: "\\\""))\" }\n")
        let ruling = policies.decide(request("rep"), .read, on: "person")
        #expect(ruling.findings.map(\.outcome.text) == [text])
    }

    // MARK: Matrix

    @Test func `a matrix shows what each role sees, and when`() throws {
        let policies = try policies(
            Self.explained + "\n  - { name: changes, allow: [update], to: [lead], fields: { clear: [stage] }, write: { fields: [stage] } }\n")
        let matrix = policies.matrix(of: try #require(catalog.entity(named: "person")))
        let text = ([matrix.table.headings] + matrix.table.rows).map { $0.joined(separator: " | ") }.joined(separator: "\n")
        #expect(
            text == """
                field | class | guest | lead | rep
                person |  | r | RU | Ru
                owner | operational | - | clear | clear~
                stage | business | - | clear w | clear w
                name | identifying | - | clear | clear~initial
                email | identifying | clear~ | clear~ | clear~
                created_at | operational | - | clear | clear~
                updated_at | operational | - | clear | clear~
                """)
        let page = PolicyMatrix.page([matrix])
        #expect(page.contains("Stage &lt;&amp;&gt;") && !page.contains("<&>"))
        #expect(page.hasPrefix("<!doctype html>") && !page.contains("http"))
    }

    // MARK: Compare

    @Test func `a comparison says who gains and who loses what`() throws {
        let old = try policies(Self.explained)
        let new = try policies(
            """
            policy: person
            smallest_group: 9
            roles_derived:
              mine: { from: [rep], when: "record.owner == principal.id && record.stage == 'new'" }
            rules:
              - { name: basics, allow: [read], to: [rep], fields: { clear: [stage], mask: { name: redacted } } }
              - { name: own, allow: [read, update], to: [mine], fields: { clear: [stage, name, email] }, write: { fields: [stage, name] } }
              - { name: mails, allow: [read], to: ["*"], purposes: [marketing], reason: required, fields: { clear: [email] } }
              - { name: leads, allow: [read, delete], to: [lead], fields: { clear: ["*"] } }
              - { name: guests, allow: [read], to: [guest], fields: { clear: [stage] } }
            """)
        #expect(PolicyComparison(old, old).isEmpty)
        let comparison = PolicyComparison(old, new)
        let changes = comparison.changes.map { change in
            "\(change.role) \(change.direction.rawValue) \(change.action.rawValue) \(change.entity) \(change.fields): "
                + "\(change.before) -> \(change.after) \(change.purposes)"
        }
        #expect(
            (changes + comparison.rules).joined(separator: "\n") == """
                guest gains read person []: allowed for some -> allowed ["marketing"]
                guest gains read person ["stage"]: hidden -> clear []
                guest gains read person []: denied -> allowed ["sales"]
                lead gains read person ["email"]: clear for some -> clear []
                lead gains delete person []: denied -> allowed []
                rep loses read person ["created_at", "owner", "updated_at"]: clear for some -> hidden []
                rep loses read person ["name"]: clear for some, else masked (initial) -> clear for some, else masked (redacted) []
                rep gains update person ["name"]: not writable -> writable for some []
                rule broken is gone
                rule glass is gone
                rule old-ones is gone
                rule guests is there now
                rule mails: require was nothing, is a reason
                rule own: to was mine of rep when record.owner == principal.id, is mine of rep when record.owner == principal.id && record.stage == 'new'
                person: smallest_group was not said, is 9
                """)
    }

    // MARK: Replay

    @Test func `a recorded access is decided again`() throws {
        let running = try policies(Self.explained)
        let new = try policies(
            """
            policy: person
            rules:
              - { name: basics, allow: [read], to: [rep], when: "record.stage == 'new'", fields: { clear: [stage], masked: [email] } }
              - { name: guests, allow: [read], to: [guest], fields: { clear: [stage] } }
            """)
        let ids = (1...3).map { RecordID(UUIDv7(high: 0, low: $0)) }
        let facts: [RecordID: RecordFacts] = [
            ids[0]: RecordFacts(values: ["owner": .string("ann"), "stage": .string("new")], person: PersonFacts()),
            ids[1]: RecordFacts(values: ["owner": .string("ann"), "stage": .string("old")], person: PersonFacts()),
        ]
        func access(
            _ event: String, _ role: String, _ action: Action = .read, wasAllowed: Bool = true, of records: [RecordID] = [], clear: [String] = [],
            masked: [String] = []
        ) -> RecordedAccess {
            RecordedAccess(
                event: event, request: request(role), action: action, resource: "person", wasAllowed: wasAllowed, records: records, clear: clear,
                masked: masked)
        }
        var replay = PolicyReplay(running: running, new: new)
        replay.add(access("1", "rep", of: ids, clear: ["stage", "name"], masked: ["email"]), facts)
        replay.add(access("2", "lead", of: [ids[0]], clear: ["name"]), facts)
        replay.add(access("3", "rep", .update, of: [ids[0]], clear: ["stage"]), facts)
        replay.add(access("4", "guest", wasAllowed: false), facts)
        replay.add(access("5", "lead", of: [ids[0]], clear: ["name"]), facts)
        replay.add(access("6", "rep", of: [ids[0]], clear: ["stage"]), facts)
        replay.add(access("7", "rep", of: [ids[0]], clear: ["owner"]), nil)
        #expect(replay.decided == 7 && replay.different == 6 && replay.gone == 1)
        let groups = replay.groups.map { "\($0.roles) \($0.action.rawValue) \($0.events): \($0.difference.words)\($0.isSinceChanged ? " *" : "")" }
        #expect(
            groups.joined(separator: "\n") == """
                ["rep"] read ["1"]: 1 of 3 records would not be found
                ["rep"] read ["1"]: was shown, would be hidden: name
                ["lead"] read ["2", "5"]: was allowed, would be denied (rule default-deny)
                ["rep"] update ["3"]: was allowed, would be denied (rule default-deny)
                ["guest"] read ["4"]: was denied, would be allowed (rule guests)
                ["rep"] read ["7"]: was shown, would be hidden: owner *
                """)
    }
}
