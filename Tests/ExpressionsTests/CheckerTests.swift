import Expressions
import Testing

@Suite("Checking")
struct CheckerTests {
    @Test(arguments: [
        ("record.amont > 1.0", "1:8: record has no 'amont'\n  hint: did you mean 'amount'?"),
        ("recrod.amount > 1.0", "1:1: 'recrod' is not known here\n  hint: did you mean 'record'?"),
        ("principal.idd == 'x'", "1:11: principal has no 'idd'\n  hint: did you mean 'id'?"),
        ("principal.boss && record", "1:19: 'record' is no value by itself\n  hint: name one of its members, such as record.amount"),
        ("principal.id.startWith('a')", "1:14: there is no function 'startWith'\n  hint: did you mean 'startsWith'?"),
        ("startsWith('a', 'b')", "1:1: 'startsWith' is called on a value\n  hint: write value.startsWith(…)"),
        ("'5'.int() == 5", "1:5: 'int' is not called on a value\n  hint: write int(value)"),
        ("size() == 1", "1:1: 'size' takes 1 argument, not 0"),
        ("now.getHours('UTC', 'UTC') == 1", "1:5: 'getHours' takes 0 to 1 arguments, not 2"),
        ("size(1) == 1", "1:6: 'size' takes a text, bytes, a list or a map, not a number"),
        ("[1].exists(now, true)", "1:5: the variable 'now' of exists would hide another 'now'\n  hint: give it another name"),
    ])
    func `a name that means nothing is told, with the one that was meant`(text: String, expected: String) {
        #expect(Deals.problem(text) == expected)
    }

    @Test(arguments: [
        ("record.amount == 'x'", "1:15: '==' compares a number with a text"),
        ("record.close_date >= 5", "1:19: '>=' compares a time with a number"),
        ("record.amount < null", "1:17: '<' has no meaning for null"),
        ("record.units in principal.teams", "1:14: 'in' looks for a number in a list of which each element is a text"),
        ("record.units in [1, 'a']", "1:21: 'in' looks for a number, and this is a text"),
        ("record.name in 5", "1:16: 'in' looks into a list or the keys of a map, not into a number"),
        ("principal.level + 1u == 1", "1:17: '+' cannot take an int and a uint together\n  hint: convert one of them: int(…), uint(…) or double(…)"),
        ("principal.id - 'a' == ''", "1:14: '-' has no meaning for a text"),
        ("!record.name", "1:9: '!' turns a boolean around, not a text"),
        ("record.name && true", "1:8: '&&' joins booleans, not a text"),
        ("principal.level ? true : false", "1:11: '?' asks for a boolean, not a number"),
        ("record.name.x == 1", "1:13: a text has no members, and so no 'x'"),
        ("principal.level[0] == 1", "1:16: [] takes from a list or a map, not from a number"),
        ("principal.teams['a'] == 'b'", "1:17: a list is counted through by a number, not a text"),
        ("principal.id.all(x, x == 1)", "1:11: 'all' goes through a list or the keys of a map, not through a text"),
        ("principal.teams.all(t, t)", "1:24: what 'all' asks is true or false, not a text"),
        ("{1.5: 2} == {}", "1:2: the key of a map is a boolean, a whole number or a text, not a double"),
    ])
    func `what can never work is told`(text: String, expected: String) {
        #expect(Deals.problem(text) == expected)
    }

    @Test(arguments: [
        ("record.units", "1:8: a condition is true or false, not a number"),
        ("principal.level + 1", "1:17: a condition is true or false, not a number"),
        ("principal.boss ? 1 : false", "1:18: a condition is true or false, not a number"), ("null", "1:1: a condition is true or false, not null"),
    ])
    func `a condition is true or false`(text: String, expected: String) {
        #expect(Deals.problem(text) == expected)
    }

    @Test(arguments: [
        ("record.stage == 'wonn'", "1:17: 'stage' never has this value\n  hint: did you mean 'won'?"),
        ("'Ann-Marie Someone' != record.stage", "1:1: 'stage' never has this value\n  hint: one of open, won, lost"),
        ("record.stage in ['won', 'losst']", "1:25: 'stage' never has this value\n  hint: did you mean 'lost'?"),
    ])
    func `a choice that a column can never have is told, and not repeated`(text: String, expected: String) {
        #expect(Deals.problem(text) == expected)
    }

    @Test(arguments: [
        (
            "record.amount + 1.0 > 2.0",
            "1:15: arithmetic cannot be done on columns\n  hint: compare the column itself, and move the arithmetic to the other side"
        ),
        (
            "-record.units == 1",
            "1:1: arithmetic cannot be done on columns\n  hint: compare the column itself, and move the arithmetic to the other side"
        ),
        (
            "record.name.matches('a')",
            "1:13: 'matches' cannot be asked of columns\n  hint: columns know ==, !=, <, <=, >, >=, in, startsWith, endsWith, contains and size"
        ),
        (
            "record.created_at.getFullYear() == 2026",
            "1:19: 'getFullYear' cannot be asked of columns\n  hint: columns know ==, !=, <, <=, >, >=, in, startsWith, endsWith, contains and size"
        ),
        ("[1].all(x, record.units == x)", "1:5: macros cannot go over columns\n  hint: write record.x in list, or join comparisons with && and ||"),
        (
            "principal.id in [record.name]",
            "1:17: 'in' looks for a column in a list, not the other way round\n  hint: join comparisons: record.a == x || record.b == x"
        ),
        (
            "size(record.name) > size(record.other_name)",
            "1:19: the size of a column can be compared with a value only\n  hint: compare it with a number, or with something of the caller"
        ),
        ("(record.units == 1) == true", "1:15: a condition over columns cannot be compared\n  hint: write the condition itself, or ! before it"),
        (
            "(principal.boss ? record.name : record.other_name) == 'a'",
            "1:17: a choice between values of columns cannot be compared\n  hint: choose between conditions: c ? record.a == x : record.b == x"
        ),
        ("record.close_date < record.created_at", "1:19: 'close_date' and 'created_at' cannot be compared: one is a date, the other a time"),
        ("record.contact_id < 'a'", "1:19: 'contact_id' is an id, and ids have no order\n  hint: compare ids with == or in"),
        ("record.contact_id.startsWith('a')", "1:19: 'startsWith' asks about a text, and 'contact_id' is none"),
        (
            "record.name.contains(record.other_name)",
            "1:13: 'contains' asks a column about a text that is no column\n  hint: write record.name.contains('…')"
        ),
        (
            "'ann'.startsWith(record.name)",
            "1:7: 'startsWith' asks a column about a text that is no column\n  hint: write record.name.startsWith('…')"
        ),
        ("dyn(record.name)[0] == 'a'", "1:17: a column has no members or elements"),
    ])
    func `what the database has no form for is refused before anything is asked`(text: String, expected: String) {
        #expect(Deals.problem(text) == expected)
    }

    @Test(arguments: [
        ("record.email < 'a'", "1:14: 'email' is sealed: it can be compared with == and in only"),
        ("record.email != 'a'", "1:14: 'email' is sealed: it can be compared with == and in only\n  hint: write !(… == …)"),
        ("record.email.startsWith('a')", "1:14: 'email' is sealed: it can be compared with == and in only"),
        ("size(record.email) > 1", "1:1: 'email' is sealed: it can be compared with == and in only"),
        ("record.email == record.name", "1:14: 'email' is sealed: it can be compared with == and in only"),
        ("record.notes == 'a'", "1:14: 'notes' is sealed and cannot be searched for\n  hint: the catalog says what can: 'search: [exact]'"),
        ("record.notes in ['a']", "1:14: 'notes' is sealed and cannot be searched for\n  hint: the catalog says what can: 'search: [exact]'"),
    ])
    func `sealed columns can be looked up, and nothing else`(text: String, expected: String) {
        #expect(Deals.problem(text) == expected)
    }

    @Test func `a column that is kept from the author is told like one that does not exist`() {
        let columns = Deals.columns.filter { $0.name != "notes" }
        let scope = ExpressionScope(
            variables: Deals.variables, columns: Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0) }), hasBareColumns: true
        )
        for text in ["record.%@ == 'a'", "%@ == 'a'", "has(record.%@)", "[1].exists(%@, true) && record.%@ > 1", "record.%@.startsWith('a')"] {
            let hidden = Deals.problem(text.replacing("%@", with: "notes"), scope)
            let absent = Deals.problem(text.replacing("%@", with: "xxxxx"), scope)
            #expect(hidden?.replacing("notes", with: "xxxxx") == absent)
            #expect(absent != nil)
        }
    }

    @Test func `a column named alone is a member of the record, where that is allowed`() throws {
        #expect(Deals.problem("stage == 'won'") == "1:1: 'stage' is not known here\n  hint: one of now, principal, record, request")
        #expect(try Deals.rows("stage == 'won' && units > 2", Deals.filter) == Deals.rows("record.stage == 'won' && record.units > 2"))
        let filter = try Condition.compile("name == 'a'", scope: Deals.filter)
        #expect(filter.truth(Deals.Caller(record: ["name": .string("a")])) == .yes)
        #expect(filter.columns == [Deals.column("name")])
    }

    // MARK: Definitions

    @Test func `a definition means the same wherever its name stands`() throws {
        var definitions: [String: Node] = [:]
        definitions["mine"] = try Condition.definition("record.owner_id == principal.id", scope: Deals.scope)
        definitions["limit"] = try Condition.definition("principal.level * 100", scope: Deals.scope)
        definitions["large"] = try Condition.definition("record.units > limit && !mine", scope: Deals.scope, definitions: definitions)
        let condition = try Condition.compile("large || principal.boss", scope: Deals.scope, definitions: definitions)
        #expect(condition.rows(Deals.Caller()) == (try Deals.rows("record.units > 300 && !(record.owner_id == 'ann')")))
        #expect(condition.columns == [Deals.column("units"), Deals.column("owner_id")])
        #expect(Deals.problem("larg", Deals.scope, definitions) == "1:1: 'larg' is not known here\n  hint: did you mean 'large'?")
        #expect(
            Deals.problem("true &&\n limit + record.units > 5", Deals.scope, definitions)
                == "2:8: arithmetic cannot be done on columns\n  hint: compare the column itself, and move the arithmetic to the other side"
        )
    }

    @Test func `a mistake in a definition is told where it was written`() {
        let problem = #expect(throws: ExpressionProblem.self) {
            try Condition.definition("record.units > 1 &&\n record.amount == 'x'", scope: Deals.scope)
        }
        #expect(problem?.description == "2:16: '==' compares a number with a text")
    }

    @Test func `definitions that stand for more than can be read are refused`() throws {
        var definitions = ["a0": try Condition.definition("record.units == 1", scope: Deals.scope)]
        var problem: ExpressionProblem?
        for level in 1...64 {
            do throws(ExpressionProblem) {
                definitions["a\(level)"] = try Condition.definition("a\(level - 1) || a\(level - 1)", scope: Deals.scope, definitions: definitions)
            } catch {
                problem = error
                break
            }
        }
        #expect(problem?.message == "the expression is too large once its definitions stand in it")
    }

    @Test(arguments: [
        "record.stage in ['won', null]", "principal.claims.region == record.name", "principal.claims['level'] > 5", "type(principal.id) == string",
        "dyn(record.amount) == 'x'", "principal.teams.map(t, size(t)).exists(n, n > 2)", "record.is_open",
        "record.restricted || record.is_open == true",
        "record.created_at > now - duration('24h')", "type(now) == google.protobuf.Timestamp", "[1, 'a', null].size() == 3",
        "record.name == (principal.boss ? 'a' : null)", "!(record.email == principal.id) && record.email in principal.teams", "record.email == null",
        "principal.id.matches('^a') && ipInRange(request.ip, '10.0.0.0/8')", "[[1], [2]].exists(l, l.exists(x, x == 2))",
    ])
    func `what may work passes`(text: String) {
        #expect(Deals.problem(text) == nil)
    }
}
