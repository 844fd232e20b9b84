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

    private static let newer = [
        Case(
            "slip in a condition", rule: "name: a, allow: [read], to: [rep], when: \"record.nmae == 'x'\"",
            expected: """
                1.yaml:3:56: record has no 'nmae'
                  hint: did you mean 'name'?
                """),
        Case(
            "no such variable in a condition", rule: "name: a, allow: [read], to: [rep], when: \"caller.id == 'x'\"",
            expected: """
                1.yaml:3:49: 'caller' is not known here
                  hint: one of now, principal, record, request
                """),
        Case(
            "condition that is none", rule: "name: a, allow: [read], to: [rep], when: \"principal.id\"",
            expected: """
                1.yaml:3:59: a condition is true or false, not a text
                """),
        Case(
            "condition that ends too soon", rule: "name: a, allow: [read], to: [rep], when: \"principal.id ==\"",
            expected: """
                1.yaml:3:64: the expression ends where a value is expected
                """),
        Case(
            "condition about a sealed field", rule: "name: a, allow: [read], to: [rep], when: \"record.name == 'x'\"",
            expected: """
                1.yaml:3:61: 'name' is sealed and cannot be searched for
                  hint: a policy decides before any key is fetched: it can ask for plain fields only
                """),
        Case(
            "condition about a record of what has none", rule: "name: a, allow: [read], to: [rep], when: \"record.id == 'x'\"", of: "audit",
            expected: """
                1.yaml:3:49: 'record' is not known here
                  hint: one of now, principal, request
                """),
        Case(
            "condition that does not fit every entity", rule: "name: a, allow: [read], to: [rep], when: \"record.restricted\"", of: "*",
            expected: """
                1.yaml:3:56: record has no 'restricted'
                  hint: one of created_at, id, updated_at; a policy for '*' has to fit every entity, and this does not fit thing
                """
        ),
        Case(
            "attribute that is not declared", rule: "name: a, allow: [read], to: [rep], when: \"principal.region == 'x'\"",
            expected: """
                1.yaml:3:59: principal has no 'region'
                  hint: one of id, method, roles, stepped_up, teams
                """),
        Case(
            "no such purpose", rule: "name: a, allow: [read], to: [rep], purposes: [sale]",
            expected: """
                1.yaml:3:53: purpose 'sale' is not declared
                  hint: did you mean 'sales'?
                """),
        Case(
            "no purpose at all", rule: "name: a, allow: [read], to: [rep], purposes: []",
            expected: """
                1.yaml:3:52: a rule for no purpose never speaks
                  hint: leave 'purposes' out
                """),
        Case(
            "reason that is no duty", rule: "name: a, allow: [read], to: [rep], reason: please",
            expected: """
                1.yaml:3:50: reason is 'required', or left out
                """),
        Case(
            "deny that asks for a reason", rule: "name: a, deny: [read], to: [rep], reason: required",
            expected: """
                1.yaml:3:49: a deny asks nothing of the caller
                """),
        Case(
            "no such proof", rule: "name: a, allow: [read], to: [rep], require: [stepup]",
            expected: """
                1.yaml:3:52: 'stepup' cannot be required
                  hint: step-up or second-person; a reason is 'reason: required'
                """),
        Case(
            "broken glass that waits", rule: "name: a, allow: [read], to: [rep], break_glass: true, require: [second-person], for: 1h",
            expected: """
                1.yaml:3:5: who breaks the glass does not wait for a second person
                  hint: choose one of the two
                """),
        Case(
            "broken glass without an end", rule: "name: a, allow: [read], to: [rep], break_glass: true",
            expected: """
                1.yaml:3:5: a rule needs 'for'
                """),
        Case(
            "broken glass for long", rule: "name: a, allow: [read], to: [rep], break_glass: true, for: 3d",
            expected: """
                1.yaml:3:66: '3d' is no length of time from a minute to a day
                  hint: write 30m or 4h
                """),
        Case(
            "an end of nothing", rule: "name: a, allow: [read], to: [rep], for: 1h",
            expected: """
                1.yaml:3:47: 'for' goes with break_glass and with second-person
                """),
        Case(
            "no such derived role",
            "policy: person\nroles_derived:\n  owner: { from: [rep], when: \"true\" }\nrules:\n  - { name: a, allow: [read], to: [onwer] }\n",
            expected: """
                1.yaml:5:36: role 'onwer' is not known
                  hint: did you mean 'owner'?
                """),
        Case(
            "derived role of no role", "policy: person\nroles_derived:\n  owner: { from: [reps], when: \"true\" }\nrules: []\n",
            expected: """
                1.yaml:3:19: role 'reps' is not known
                  hint: did you mean 'rep'?
                """),
        Case(
            "derived role of the name of a role", "policy: person\nroles_derived:\n  rep: { from: [lead], when: \"true\" }\nrules: []\n",
            expected: """
                1.yaml:3:3: 'rep' is a role already
                  hint: see roles.yaml
                """),
        Case(
            "derived role without condition", "policy: person\nroles_derived:\n  owner: { from: [rep] }\nrules: []\n",
            expected: """
                1.yaml:3:10: derived role owner needs 'when'
                """),
        Case(
            "let that uses a later name", "policy: person\nlet:\n  a: \"b && true\"\n  b: \"true\"\nrules: []\n",
            expected: """
                1.yaml:3:7: 'b' is not known here
                  hint: one of now, principal, record, request
                """),
        Case(
            "let of a taken name", "policy: person\nlet:\n  record: \"true\"\nrules: []\n",
            expected: """
                1.yaml:3:3: 'record' has a meaning already
                """),
        Case(
            "let of no name", "policy: person\nlet:\n  Mine: \"true\"\nrules: []\n",
            expected: """
                1.yaml:3:3: 'Mine' cannot be a name
                  hint: a-z 0-9 _, beginning with a letter
                """),
        Case(
            "no such named part", "policy: person\nlet:\n  mine: \"true\"\nrules:\n  - { name: a, allow: [read], to: [rep], when: mien }\n",
            expected: """
                1.yaml:5:48: 'mien' is not known here
                  hint: did you mean 'mine'?
                """),
        Case(
            "two policies for one entity", "policy: person\nrules: []\n", "policy: person\nrules: []\n",
            expected: """
                2.yaml:1:9: there are two policies for 'person'
                  hint: see 1.yaml:1:9
                """),
        Case(
            "groups of nobody", "policy: person\nsmallest_group: 0\nrules: []\n",
            expected: """
                1.yaml:2:17: smallest_group is 1 to 1000 people
                """),
        Case(
            "condition below its member",
            "policy: person\nrules:\n  - name: a\n    allow: [read]\n    to: [rep]\n    when: >\n      record.nmae == 'x'\n",
            expected: """
                1.yaml:7:14: record has no 'nmae'
                  hint: did you mean 'name'?
                """),
    ]

    @Test(arguments: cases + newer) func `a wrong policy is told`(_ wrong: Case) throws {
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
