import Expressions
import Testing
import Vocabulary

/// What is left of a condition for the row, once caller and request are known.
@Suite("Folding")
struct FoldingTests {
    private let units = Deals.column("units")
    private let amount = Deals.column("amount")
    private let name = Deals.column("name")
    private let date = Deals.column("close_date")
    private let time = Deals.column("created_at")
    private let isOpen = Deals.column("is_open")
    private let contact = Deals.column("contact_id")
    private let restricted = Deals.column("restricted")

    private func time(_ text: String) throws -> Value { .timestamp(try #require(Timestamp(text))) }

    @Test func `what speaks of no column is worked out`() throws {
        #expect(try Deals.rows("principal.level > 2") == .constant(true))
        #expect(try Deals.rows("principal.claims.gone == 1") == .error)
        #expect(try Deals.rows("principal.claims.region") == .error)
        #expect(try Deals.rows("record.name == 'x' + principal.id") == .equal(name, .string("xann")))
        #expect(try Deals.rows("record.created_at > now - duration('500ms')") == .ordered(time, .greater, time("2026-11-22T09:30:00Z")))
        #expect(try Deals.rows("principal.teams.exists(t, t == 'north') ? record.is_open : record.name == 'a'") == .flag(isOpen))
        #expect(try Deals.rows("has(record.name)") == .constant(true))
    }

    @Test func `constants and errors are simplified as far as no row could tell`() throws {
        let row = RowCondition.equal(name, .string("a"))
        #expect(try Deals.rows("record.name == 'a' && principal.boss") == .constant(false))
        #expect(try Deals.rows("record.name == 'a' && principal.level == 3") == row)
        #expect(try Deals.rows("record.name == 'a' || principal.level == 3") == .constant(true))
        #expect(try Deals.rows("record.name == 'a' || principal.boss") == row)
        #expect(try Deals.rows("principal.boss && 1 / 0 == 1 && record.name == 'a'") == .constant(false))
        #expect(try Deals.rows("1 / 0 == 1 && principal.boss") == .constant(false))
        #expect(try Deals.rows("1 / 0 == 1 && record.name == 'a'") == .all([.error, row]))
        #expect(try Deals.rows("1 / 0 == 1 || record.name == 'a'") == .any([.error, row]))
        #expect(
            try Deals.rows("1 / 0 == 1 && 2 % 0 == 1 && record.name == 'a' && (int('x') == 1 && record.is_open)")
                == .all([.error, row, .flag(isOpen)]))
        #expect(try Deals.rows("!(1 / 0 == 1)") == .error)
        #expect(try Deals.rows("!(!(record.name == 'a'))") == row)
        #expect(try Deals.rows("record.name == 'a' ? true : false") == .choice(row, .constant(true), .constant(false)))
        #expect(try Deals.rows("(1 / 0 == 1) ? record.is_open : record.name == 'a'") == .error)
        #expect(try Deals.rows("record.name == principal.claims.gone") == .error)
        #expect(try Deals.rows("record.name < principal.claims.none") == .error)
    }

    @Test func `a condition that no row can make true is known as one`() throws {
        #expect(try Deals.rows("1 / 0 == 1 && record.name == 'a'").cannotHold)
        #expect(try Deals.rows("(1 / 0 == 1 && record.is_open) || int('x') == 1").cannotHold)
        #expect(try !Deals.rows("1 / 0 == 1 || record.name == 'a'").cannotHold)
        #expect(try !Deals.rows("!(1 / 0 == 1 && record.name == 'a')").cannotHold)
        #expect(RowCondition.conjunction([]).isAlways)
        #expect(RowCondition.disjunction([]).isNever)
        #expect(RowCondition.disjunction([.any([.flag(isOpen), .error]), .error, .constant(false)]) == .any([.flag(isOpen), .error]))
        #expect(RowCondition.negation(.settled(units, true)) == .settled(units, false))
    }

    @Test func `parts can be replaced`() {
        let sealed = RowCondition.sealed(Deals.column("email"), [.string("a")], orNull: false)
        let condition = RowCondition.all([.not(sealed), .choice(sealed, .flag(isOpen), .error)])
        let replaced = condition.mapped { if case .sealed = $0 { .constant(false) } else { nil } }
        #expect(replaced == .error)
        #expect(condition.mapped { _ in nil } == condition)
    }

    // MARK: Values

    @Test func `null is one more value to equal, and nothing to stand before`() throws {
        #expect(try Deals.rows("null == record.name") == .isNull(name))
        #expect(try Deals.rows("record.name != principal.claims.none") == .not(.isNull(name)))
        #expect(try Deals.rows("record.name in ['a', null]") == .anyOf(name, [.string("a")], orNull: true))
        #expect(try Deals.rows("record.name in [null]") == .isNull(name))
        #expect(try Deals.rows("record.name in dyn([1, true])") == .constant(false))
        #expect(try Deals.rows("record.name in dyn(5)") == .error)
        #expect(try Deals.rows("record.name in principal.claims") == .anyOf(name, [.string("region"), .string("none")], orNull: false))
        #expect(try Deals.rows("record.restricted == null || record.restricted in [null, true]") == .flag(restricted))
    }

    @Test func `sides can be exchanged`() throws {
        #expect(try Deals.rows("5 < record.units") == .ordered(units, .greater, .int(5)))
        #expect(try Deals.rows("5 >= record.units") == .ordered(units, .lessOrEqual, .int(5)))
        #expect(try Deals.rows("3 <= size(record.name)") == .length(name, .greaterOrEqual, 3))
        #expect(try Deals.rows("'a' == record.name") == .equal(name, .string("a")))
        #expect(try Deals.rows("record.name > record.other_name") == .relative(name, .greater, Deals.column("other_name")))
        #expect(try Deals.rows("record.name != record.other_name") == .not(.same(name, Deals.column("other_name"))))
    }

    @Test func `a whole number meets numbers of other kinds on one line`() throws {
        #expect(try Deals.rows("record.units < 2.5") == .ordered(units, .lessOrEqual, .int(2)))
        #expect(try Deals.rows("record.units <= 2.5") == .ordered(units, .lessOrEqual, .int(2)))
        #expect(try Deals.rows("record.units > -2.5") == .ordered(units, .greater, .int(-3)))
        #expect(try Deals.rows("record.units >= 2.0") == .ordered(units, .greaterOrEqual, .int(2)))
        #expect(try Deals.rows("record.units == 2.5") == .constant(false))
        #expect(try Deals.rows("record.units == 2u") == .equal(units, .int(2)))
        #expect(try Deals.rows("record.units < 18446744073709551615u") == .settled(units, true))
        #expect(try Deals.rows("record.units == 9223372036854775808u") == .constant(false))
        #expect(try Deals.rows("record.units >= 1e19") == .settled(units, false))
        #expect(try Deals.rows("record.units > -1.0 / 0.0") == .settled(units, true))
        #expect(try Deals.rows("record.units < 0.0 / 0.0") == .settled(units, false))
        #expect(try Deals.rows("record.units != 0.0 / 0.0") == .constant(true))
        #expect(try Deals.rows("record.units in dyn([1, 2.0, 2.5, 3u, 'x', null])") == .anyOf(units, [.int(1), .int(2), .int(3)], orNull: true))
        // Beyond 2^53 several whole numbers are one double.
        #expect(try Deals.rows("record.units < 9007199254740992.0") == .ordered(units, .less, .int(1 << 53)))
        #expect(try Deals.rows("record.units <= 9007199254740992.0") == .ordered(units, .lessOrEqual, .int((1 << 53) + 1)))
        #expect(try Deals.rows("record.units > 9223372036854775808.0") == .ordered(units, .greater, .int(.max)))
        #expect(try Deals.rows("record.units >= 9223372036854775808.0") == .ordered(units, .greaterOrEqual, .int(.max - 511)))
        #expect(try Deals.rows("record.units < -9223372036854775808.0") == .ordered(units, .less, .int(.min)))
    }

    @Test func `an amount is a double`() throws {
        #expect(try Deals.rows("record.amount > 5") == .ordered(amount, .greater, .double(5)))
        #expect(try Deals.rows("record.amount == 9007199254740993") == .equal(amount, .double(0x1p53)))
        #expect(try Deals.rows("record.amount in dyn([1u, 0.0 / 0.0])") == .anyOf(amount, [.double(1)], orNull: false))
        #expect(try Deals.rows("record.amount >= 0.0 / 0.0") == .settled(amount, false))
        #expect(try Deals.rows("record.amount < dyn('x')") == .error)
    }

    @Test func `a time meets days and microseconds`() throws {
        #expect(try Deals.rows("record.close_date < timestamp('2026-11-22T09:30:00Z')") == .ordered(date, .lessOrEqual, time("2026-11-22T00:00:00Z")))
        #expect(
            try Deals.rows("record.close_date <= timestamp('2026-11-22T00:00:00Z')") == .ordered(date, .lessOrEqual, time("2026-11-22T00:00:00Z")))
        #expect(try Deals.rows("record.close_date < timestamp('2026-11-22T00:00:00Z')") == .ordered(date, .less, time("2026-11-22T00:00:00Z")))
        #expect(try Deals.rows("record.close_date >= timestamp('1969-12-31T23:59:59Z')") == .ordered(date, .greater, time("1969-12-31T00:00:00Z")))
        #expect(
            try Deals.rows("record.close_date > timestamp('9999-12-31T23:59:59.999999999Z')")
                == .ordered(date, .greater, time("9999-12-31T00:00:00Z")))
        #expect(try Deals.rows("record.close_date == timestamp('2026-11-22T09:30:00Z')") == .constant(false))
        #expect(
            try Deals.rows("record.created_at < timestamp('2026-11-22T09:30:00.000000001Z')")
                == .ordered(time, .lessOrEqual, time("2026-11-22T09:30:00Z")))
        #expect(try Deals.rows("record.created_at == timestamp('2026-11-22T09:30:00.000001Z')") == .equal(time, time("2026-11-22T09:30:00.000001Z")))
        #expect(try Deals.rows("record.created_at == timestamp('2026-11-22T09:30:00.0000001Z')") == .constant(false))
    }

    @Test func `a text that PostgreSQL cannot hold is never sent`() throws {
        #expect(try Deals.rows(#"record.name == 'a\x00b'"#) == .constant(false))
        #expect(try Deals.rows(#"record.name < 'a\x00b'"#) == .ordered(name, .lessOrEqual, .string("a")))
        #expect(try Deals.rows(#"record.name >= 'a\x00'"#) == .ordered(name, .greater, .string("a")))
        #expect(try Deals.rows(#"record.name.contains('\x00')"#) == .settled(name, false))
        #expect(try Deals.rows(#"record.name in ['a', 'b\x00']"#) == .anyOf(name, [.string("a")], orNull: false))
    }

    @Test func `conditions about texts that only look alike are different ones`() throws {
        // Statements are kept by their condition.
        #expect(try Deals.rows(#"record.name.contains('\u00e9')"#) != Deals.rows(#"record.name.contains('e\u0301')"#))
        #expect(try Deals.rows(#"record.name == '\u00e9'"#) != Deals.rows(#"record.name == 'e\u0301'"#))
        let texts = [#"'\u00e9'"#, #"'e\u0301'"#, #"'\u212b'"#, #"'\u00c5'"#]
        let known = try Set(texts.map { try Deals.rows("record.name in [\($0)] || record.name.startsWith(\($0))") })
        #expect(known.count == 4)
    }

    @Test func `an id equals its canonical form alone`() throws {
        let id = "0190b6a2-7c1e-7d3a-8f00-1234567890ab"
        #expect(try Deals.rows("record.contact_id == '\(id)'") == .equal(contact, .string(id)))
        #expect(try Deals.rows("record.contact_id == '\(id.uppercased())'") == .constant(false))
        #expect(try Deals.rows("record.contact_id in ['x', '\(id)', '']") == .anyOf(contact, [.string(id)], orNull: false))
    }

    @Test func `false comes before true`() throws {
        #expect(try Deals.rows("record.is_open < true") == .not(.flag(isOpen)))
        #expect(try Deals.rows("record.is_open >= false") == .settled(isOpen, true))
        #expect(try Deals.rows("record.restricted >= false") == .constant(true))
        #expect(try Deals.rows("record.is_open == true") == .equal(isOpen, .bool(true)))
        #expect(try Deals.rows("record.is_open > dyn(1)") == .error)
    }

    @Test func `sizes are whole numbers`() throws {
        #expect(try Deals.rows("size(record.name) > 2.5") == .length(name, .greater, 2))
        #expect(try Deals.rows("record.name.size() == 2u") == .length(name, .equal, 2))
        #expect(try Deals.rows("size(record.name) != 2.5") == .settled(name, true))
        #expect(try Deals.rows("size(record.name) == dyn('x')") == .settled(name, false))
        #expect(try Deals.rows("size(record.name) < dyn('x')") == .error)
        #expect(try Deals.rows("size(record.name) < 1e300") == .settled(name, true))
    }

    @Test func `sealed columns leave a look-up`() throws {
        let email = Deals.column("email")
        #expect(try Deals.rows("!(record.email == 'a@b.c')") == .not(.sealed(email, [.string("a@b.c")], orNull: false)))
        #expect(try Deals.rows("record.email in ['a', 'b', null]") == .sealed(email, [.string("a"), .string("b")], orNull: true))
        #expect(try Deals.rows("record.email == null") == .isNull(email))
    }

    // MARK: In memory

    @Test func `a row condition at hand knows records and people`() {
        let record = RecordID.make()
        let value: (Column) -> Value = { $0.name == "id" ? .string(record.description) : .null }
        #expect(RowCondition.identified([.make(), record]).truth(value: value, subject: { _ in true }) == .yes)
        #expect(RowCondition.identified([.make()]).truth(value: value, subject: { _ in true }) == .no)
        let consent = RowCondition.subject(.consents(to: "marketing"))
        #expect(RowCondition.all([consent, .flag(isOpen)]).truth(value: value, subject: { _ in false }) == .no)
        #expect(RowCondition.all([consent, .flag(isOpen)]).truth(value: value, subject: { _ in true }) == .error)
        #expect(RowCondition.sealed(Deals.column("email"), [.string("a")], orNull: true).truth(value: value, subject: { _ in true }) == .yes)
    }
}
