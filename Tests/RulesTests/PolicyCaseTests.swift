import Catalog
import Policies
import Testing
import Vocabulary

@testable import PolicyFiles

/// Cases beside the policies: what is wrong with them is told, and what is wrong with the policies is found by them.
struct PolicyCaseTests {
    private static let roles = """
        attributes:
          regions: { type: list }
        roles:
          rep: { label: Sells, purposes: [sales, marketing] }
          lead: { label: Leads }
        """
    private static let policy = """
        policy: person
        roles_derived:
          owner: { from: [rep], when: "record.owner == principal.id" }
        rules:
          - { name: own, allow: [read, update], to: [owner], fields: { clear: [name, code], masked: [email] }, write: { fields: [code] } }
          - { name: glass, allow: [read], to: [lead], break_glass: true, for: 1h, fields: { clear: [name] } }
        """
    private let policies: CompiledPolicies

    init() throws {
        let catalog = try Written.catalog([
            Written.person(
                """
                owner: { type: user, class: operational, store: plain }
                code: { type: choice, of: [a, b], class: operational, store: plain }
                name: { type: text, class: identifying, store: sealed }
                email: { type: email, class: identifying, store: sealed, mask: email }
                """), Written.thing(),
        ])
        policies = try Written.policies([Self.policy], roles: Self.roles, catalog: catalog)
    }

    private func cases(_ text: String) throws -> [PolicyCase] {
        try PolicyCaseReader.read([YAMLDocument.read(text, file: "cases.yaml")], for: policies)
    }

    @Test func `cases that hold say nothing, and guard the rules that they need`() throws {
        let report = policies.run(
            try cases(
                """
                on: person
                cases:
                  - name: her own
                    as: { roles: [rep], user: ann }
                    do: [read, update]
                    given: { owner: ann, code: a }
                    expect: { decision: allow, rule: own, clear: [name], masked: { email: email }, hidden: [created_at] }
                  - name: of these
                    as: { roles: [rep], user: ann }
                    do: read
                    records: [{ owner: ann }, { owner: bob }, {}, { owner: ann, person: { restricted: true } }]
                    expect: { visible: [0] }
                  - name: writes
                    as: { roles: [rep], user: ann, attributes: { regions: [x] }, ip: 10.0.0.1, gpc: true, at: 2026-11-22T09:00:00Z }
                    do: update
                    given: { owner: ann }
                    person: { consents: [marketing] }
                    expect: { decision: allow, write: [code], not_write: [name] }
                """))
        #expect(report.failures.map(\.description).isEmpty)
        #expect(report.passed.count == 3)
        #expect(report.unguarded.map(\.name) == ["glass"])
        #expect(report.guarded == 1)
    }

    @Test func `a case that does not hold says what is otherwise, and where that was expected`() throws {
        let report = policies.run(
            try cases(
                """
                on: person
                cases:
                  - name: not hers
                    as: { roles: [rep], user: ann }
                    do: read
                    given: { owner: bob }
                    expect: { decision: allow }
                  - name: too much
                    as: { roles: [rep], user: ann }
                    do: update
                    given: { owner: ann }
                    expect:
                      decision: allow
                      rule: glass
                      clear: [email]
                      hidden: [name]
                      write: [email]
                  - name: needs more
                    as: { roles: [lead] }
                    do: read
                    expect: { decision: allow }
                  - name: several
                    as: { roles: [rep], user: ann }
                    do: read
                    records: [{ owner: ann }, { owner: bob }]
                    expect: { visible: [1] }
                """))
        #expect(
            report.failures.map(\.description).joined(separator: "\n") == """
                cases.yaml:7:13: the decision is not-visible (rule default-deny), not allow
                  hint: case 'not hers', read
                cases.yaml:13:7: rule own decides, not glass
                  hint: case 'too much', update
                cases.yaml:15:15: email is masked (email), not clear
                  hint: case 'too much', update
                cases.yaml:16:16: name is clear, not hidden
                  hint: case 'too much', update
                cases.yaml:17:15: email cannot be written
                  hint: case 'too much', update
                cases.yaml:21:13: the decision is deny (rule default-deny), which needs break-glass, not allow
                  hint: case 'needs more', read
                cases.yaml:26:13: visible are [0], not [1]
                  hint: case 'several', read
                """)
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let text: String
        let expected: String
        var testDescription: String { text }
    }

    /// One case in line 2, with these members.
    private static func wrong(_ members: String, _ expected: String) -> Wrong {
        Wrong(text: "cases:\n  - { name: c, \(members) }\n", expected: expected)
    }

    @Test(arguments: [
        Wrong(text: "case: []\n", expected: "cases.yaml:1:1: 'case' is not known in a file of cases\n  hint: did you mean 'cases'?"),
        Wrong(text: "cases: {}\n", expected: "cases.yaml:1:1: cases has to be a list"),
        wrong("as: { roles: [rep] }, do: read, expect: { decision: deny }", "cases.yaml:2:5: case 'c' needs 'on'"),
        wrong(
            "on: persn, as: { roles: [rep] }, do: read, expect: { decision: deny }",
            "cases.yaml:2:20: 'persn' is no entity\n  hint: did you mean 'person'?"),
        wrong(
            "on: person, as: { roles: [reps] }, do: read, expect: { decision: deny }",
            "cases.yaml:2:42: role 'reps' is not known\n  hint: did you mean 'rep'?"),
        wrong(
            "on: person, as: { roles: [rep] }, do: reed, expect: { decision: deny }",
            "cases.yaml:2:54: action 'reed' is not known\n  hint: did you mean 'read'?"),
        wrong(
            "on: person, as: { role: [rep] }, do: read, expect: { decision: deny }",
            "cases.yaml:2:34: 'role' is not known in as\n  hint: did you mean 'roles'?"),
        wrong(
            "on: person, as: { roles: [rep], purpose: sale }, do: read, expect: { decision: deny }",
            "cases.yaml:2:57: purpose 'sale' is not declared\n  hint: did you mean 'sales'?"),
        wrong(
            "on: person, as: { roles: [rep], attributes: { region: x } }, do: read, expect: { decision: deny }",
            "cases.yaml:2:62: attribute 'region' is not declared in roles.yaml\n  hint: did you mean 'regions'?"),
        wrong(
            "on: person, as: { roles: [rep], grant: own }, do: read, expect: { decision: deny }",
            "cases.yaml:2:55: no grant opens a rule 'own'\n  hint: one of glass"),
        wrong(
            "on: person, as: { roles: [rep], at: soon }, do: read, expect: { decision: deny }",
            "cases.yaml:2:52: at is not a time of the form 2026-11-22T09:30:00Z"),
        wrong(
            "on: person, as: { roles: [rep] }, do: read, given: { onwer: x }, expect: { decision: deny }",
            "cases.yaml:2:69: 'onwer' is no field of person\n  hint: did you mean 'owner'?"),
        wrong(
            "on: person, as: { roles: [rep] }, do: read, given: { name: Ann }, expect: { decision: deny }",
            "cases.yaml:2:69: 'name' is sealed, so no condition can ask for it\n  hint: leave it out; 'expect' says who sees it"),
        wrong(
            "on: person, as: { roles: [rep] }, do: read, given: { code: c }, expect: { decision: deny }",
            "cases.yaml:2:75: code is none of a, b"),
        wrong(
            "on: person, as: { roles: [rep] }, do: read, person: { objects_to: [sale] }, expect: { decision: deny }",
            "cases.yaml:2:83: purpose 'sale' is not declared\n  hint: did you mean 'sales'?"),
        wrong(
            "on: thing, as: { roles: [rep] }, do: read, person: { restricted: true }, expect: { decision: deny }",
            "cases.yaml:2:67: a thing is about nobody"),
        wrong("on: audit, as: { roles: [rep] }, do: read, given: {}, expect: { decision: deny }", "cases.yaml:2:66: 'given' goes with an entity"),
        wrong(
            "on: person, as: { roles: [rep] }, do: read, expect: { decision: denie }",
            "cases.yaml:2:80: decision 'denie' is not known\n  hint: did you mean 'deny'?"),
        wrong("on: person, as: { roles: [rep] }, do: read, expect: {}", "cases.yaml:2:68: expect needs either 'decision' or 'visible'"),
        wrong(
            "on: person, as: { roles: [rep] }, do: read, expect: { visible: [1] }",
            "cases.yaml:2:80: '1' is no record of the case\n  hint: they count from 0"),
        wrong(
            "on: person, as: { roles: [rep] }, do: read, expect: { decision: allow, rule: onw }",
            "cases.yaml:2:93: there is no rule 'onw'\n  hint: did you mean 'own'?"),
        wrong(
            "on: person, as: { roles: [rep] }, do: read, expect: { decision: allow, clear: [nmae] }",
            "cases.yaml:2:95: 'nmae' is no field of person\n  hint: did you mean 'name'?"),
        wrong(
            "on: person, as: { roles: [rep] }, do: read, expect: { decision: allow, masked: { name: year } }",
            "cases.yaml:2:103: mask year does not fit 'name' of type text"),
        Wrong(
            text: "on: person\ncases:\n  - &a { name: c, as: { roles: [] }, do: read, expect: { decision: deny } }\n"
                + "  - { name: c, as: { roles: [] }, do: read, expect: { decision: deny } }\n",
            expected: "cases.yaml:4:5: case 'c' is written twice\n  hint: see cases.yaml:3:5"),
    ])
    func `a wrong case is told`(_ wrong: Wrong) {
        #expect(Written.problems { try cases(wrong.text) } == wrong.expected)
    }
}
