import Testing

/// What is wrong with a policy is told with its place and a way out; the texts are golden.
struct PolicyDiagnosticTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let policies: [String]
        let expected: String
        var testDescription: String { name }

        init(_ name: String, _ policies: String..., expected: String) {
            self.name = name
            self.policies = policies
            self.expected = expected
        }

        /// A policy with one rule, which begins in line 3.
        init(_ name: String, rule: String, of resource: String = "person", expected: String) {
            self.init(name, "policy: \"\(resource)\"\nrules:\n  - { \(rule) }\n", expected: expected)
        }
    }

    private static let cases = [
        Case(
            "no such entity", rule: "name: a, allow: [read], to: [rep]", of: "persn",
            expected: """
                1.yaml:1:9: policy for 'persn', which is no entity
                  hint: did you mean 'person'?
                """),
        Case(
            "no such action", rule: "name: a, allow: [reed], to: [rep]",
            expected: """
                1.yaml:3:24: action 'reed' is not known
                  hint: did you mean 'read'?
                """),
        Case(
            "no such role", rule: "name: a, allow: [read], to: [reps]",
            expected: """
                1.yaml:3:36: role 'reps' is not known
                  hint: did you mean 'rep'?
                """),
        Case("neither allow nor deny", rule: "name: a, to: [rep]", expected: "1.yaml:3:5: rule 'a' needs either allow or deny"),
        Case(
            "allow and deny", rule: "name: a, allow: [read], deny: [update], to: [rep]",
            expected: """
                1.yaml:3:5: rule 'a' needs either allow or deny
                """),
        Case("no name", rule: "allow: [read], to: [rep]", expected: "1.yaml:3:5: a rule needs 'name'"),
        Case("to nobody named", rule: "name: a, allow: [read]", expected: "1.yaml:3:5: a rule needs 'to'"),
        Case(
            "misspelt member", rule: "name: a, alow: [read], to: [rep]",
            expected: """
                1.yaml:3:16: 'alow' is not known in a rule
                  hint: did you mean 'allow'?
                """),
        Case(
            "row condition", rule: "name: a, allow: [read], to: [rep], when: \"record.owner_id == caller.user\"",
            expected: """
                1.yaml:3:5: 'when' is not offered by this version
                  hint: a rule takes name, allow or deny, to, fields and write
                """),
        Case(
            "purposes", rule: "name: a, allow: [read], to: [rep], purposes: [sales]",
            expected: """
                1.yaml:3:5: 'purposes' is not offered by this version
                  hint: a rule takes name, allow or deny, to, fields and write
                """),
        Case(
            "no such field", rule: "name: a, allow: [read], to: [rep], fields: { clear: [nmae] }",
            expected: """
                1.yaml:3:60: 'nmae' is no field of person
                  hint: did you mean 'name'?
                """),
        Case(
            "no such field of any entity", rule: "name: a, allow: [read], to: [rep], fields: { clear: [nmae] }", of: "*",
            expected: """
                1.yaml:3:60: 'nmae' is no field of any entity
                  hint: did you mean 'name'?
                """),
        Case(
            "everything hidden by a star", rule: "name: a, deny: [read], to: [rep], fields: { hide: [\"*\"] }", of: "*",
            expected: """
                1.yaml:3:58: '*' is no field of any entity
                  hint: one of created_at, name, updated_at
                """),
        Case(
            "misspelt member of fields", rule: "name: a, allow: [read], to: [rep], fields: { cler: [name] }",
            expected: """
                1.yaml:3:52: 'cler' is not known in fields
                  hint: did you mean 'clear'?
                """),
        Case(
            "except without clear", rule: "name: a, allow: [read], to: [rep], fields: { masked: [\"*\"], except: [name] }",
            expected: """
                1.yaml:3:75: 'except' goes with 'clear'
                """),
        Case(
            "star up to special", rule: "name: a, allow: [read], to: [rep], fields: { clear: [\"*\"], up_to: special }",
            expected: """
                1.yaml:3:73: '*' never reaches special fields
                  hint: name them one by one
                """),
        Case(
            "write up to financial", rule: "name: a, allow: [read], to: [rep], write: { fields: [\"*\"], up_to: financial }",
            expected: """
                1.yaml:3:73: '*' never reaches financial fields
                  hint: name them one by one
                """),
        Case(
            "mask that does not fit", rule: "name: a, allow: [read], to: [rep], fields: { mask: { name: year } }",
            expected: """
                1.yaml:3:66: mask year does not fit 'name' of type text
                """),
        Case(
            "mask that is none", rule: "name: a, allow: [read], to: [rep], fields: { mask: { name: stars } }",
            expected: """
                1.yaml:3:66: mask 'stars' is not known
                  hint: one of hidden, redacted, year, last4, email, initial
                """),
        Case(
            "deny that makes clear", rule: "name: a, deny: [read], to: [rep], fields: { clear: [name] }",
            expected: """
                1.yaml:3:49: a deny makes nothing clear
                """),
        Case(
            "deny that writes", rule: "name: a, deny: [update], to: [rep], write: { fields: [name] }",
            expected: """
                1.yaml:3:5: a deny has no 'write': what nobody allows is not written
                """),
        Case(
            "deny that takes nothing", rule: "name: a, deny: [read], to: [rep], fields: {}",
            expected: """
                1.yaml:3:49: a deny with 'fields' takes sight of some away, and this one names none
                  hint: write 'mask', 'masked' or 'hide', or leave 'fields' out to deny the action
                """),
        Case(
            "fields of the trail", rule: "name: a, allow: [read], to: [rep], fields: { clear: [\"*\"] }", of: "audit",
            expected: """
                1.yaml:3:50: audit has no fields
                """),
        Case(
            "actions that are no list", rule: "name: a, allow: read, to: [rep]",
            expected: """
                1.yaml:3:23: the actions has to be a list
                  hint: write [one, two]
                """),
        Case("rules that are no list", "policy: person\nrules: {}\n", expected: "1.yaml:1:1: rules has to be a list"),
        Case(
            "rule written twice", "policy: person\nrules:\n  - { name: a, allow: [read], to: [rep] }\n",
            "policy: thing\nrules:\n  - { name: a, allow: [read], to: [rep] }\n",
            expected: """
                2.yaml:3:5: rule 'a' is written twice
                  hint: see 1.yaml:3:5
                """
        ),
    ]

    @Test(arguments: cases) func `a wrong policy is told`(_ wrong: Case) throws {
        let catalog = try Written.catalog([Written.person(), Written.thing()])
        #expect(Written.problems { try Written.policies(wrong.policies, catalog: catalog) } == wrong.expected)
    }

    struct Roles: Sendable {
        let text: String
        let expected: String
    }

    @Test(arguments: [
        Roles(
            text: "role: {}\n",
            expected: """
                roles.yaml:1:1: 'role' is not known in the roles document
                  hint: did you mean 'roles'?
                """),
        Roles(
            text: "roles:\n  rep: { lable: Sells }\n",
            expected: """
                roles.yaml:2:10: 'lable' is not known in role rep
                  hint: did you mean 'label'?
                """),
        Roles(text: "roles: [rep]\n", expected: "roles.yaml:1:8: roles has to be a mapping"),
    ])
    func `wrong roles are told`(_ wrong: Roles) throws {
        let catalog = try Written.catalog([Written.person()])
        #expect(Written.problems { try Written.policies([], roles: wrong.text, catalog: catalog) } == wrong.expected)
    }
}
