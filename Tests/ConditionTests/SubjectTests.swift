import Catalog
import Expressions
import PostgresLink
import Storage
import SubjectRights
import Testing
import Vocabulary

/// What people allow, asked for as conditions and as questions about rows.
@Suite(.timeLimit(.minutes(15)))
struct SubjectTests {
    private let tenant = TenantID(.make())

    private func row(_ entity: Entity, _ id: RecordID, subject: SubjectID?, title: String = "a") -> RecordRow {
        let cells = entity.fields.map { field -> Cell in
            if field.isSealed { return .sealed(nil) }
            if field.isSystem { return .plain(.timestamp(.now())) }
            return .plain(field.name == "title" ? .text(title) : nil)
        }
        return RecordRow(id: id, version: 1, subject: subject, cells: cells)
    }

    /// The subjects of which the condition holds; `nil` for the record about nobody.
    private func holds(_ condition: SubjectCondition, _ store: StoreDatabase, _ entity: Entity) async throws -> Set<SubjectID?> {
        let filter = RowCondition.subject(condition).filter(entity)
        let rows = try await store.read(Scope(tenant: tenant), ["SELECT subject_id FROM sample WHERE \(filter)"])[0]
        return Set((0..<rows.rowCount).map { rows.uuid($0, 0).map { SubjectID($0) } })
    }

    @Test func `a consent holds while it is in force`() async throws {
        try await SampleTable.withStore { store, entity in
            let people = (0..<6).map { _ in SubjectID(.make()) }
            let table = RecordTable(entity)
            let hour = Duration.seconds(3600)
            func consent(_ state: ConsentState, until: Instant? = nil, to purpose: String = "marketing") -> ConsentEvent {
                ConsentEvent(
                    purpose: purpose, state: state, at: .now(), validUntil: until, notice: NoticeReference(id: "letter", version: 2), language: "en",
                    wordingHash: [1, 2], expression: .explicit, channel: .post, method: .signature, recordedBy: "ann")
            }
            func add(_ event: ConsentEvent, _ person: SubjectID) -> SQL {
                StoreDatabase.add(StoredConsentEvent(subject: person, event: event, sealedEvidence: [7]), tenant: tenant)
            }
            let said = [
                consent(.given), consent(.given, until: Instant.now().advanced(by: hour)),
                consent(.given, until: Instant.now().advanced(by: .zero - hour)),
                consent(.withdrawn), consent(.refused), consent(.given, to: "sales"),
            ]
            try await store.change(
                tenant,
                people.map { table.insert(row(entity, .make(), subject: $0), tenant: tenant) }
                    + [table.insert(row(entity, .make(), subject: nil), tenant: tenant)]
                    + zip(people, said).map { add($1, $0) }
            )
            #expect(try await holds(.consents(to: "marketing"), store, entity) == [people[0], people[1], nil])
            for (person, said) in zip(people, said) {
                let standing = SubjectStanding(try await store.read(Scope(tenant: tenant), StoreDatabase.standing(of: person, tenant: tenant)))
                #expect(standing == SubjectStanding(consents: [StoredConsentEvent(subject: person, event: said, sealedEvidence: [7])]))
                let isAllowed = [people[0], people[1]].contains(person)
                #expect(standing.satisfies(.consents(to: "marketing"), at: .now()) == isAllowed)
            }
            // The last word counts.
            try await store.change(tenant, [add(consent(.withdrawn), people[0])])
            #expect(try await holds(.consents(to: "marketing"), store, entity) == [people[1], nil])
            // Asking again takes nothing away, and gives nothing.
            try await store.change(tenant, [add(consent(.requested), people[0]), add(consent(.requested), people[1])])
            #expect(try await holds(.consents(to: "marketing"), store, entity) == [people[1], nil])
            try await store.change(tenant, [add(consent(.renewed), people[0])])
            #expect(try await holds(.consents(to: "marketing"), store, entity) == [people[0], people[1], nil])
            #expect(try await holds(.consents(to: "marketing", retired: ["letter/2"]), store, entity) == [nil])
            #expect(try await holds(.consents(to: "marketing", retired: ["letter/1"]), store, entity) == [people[0], people[1], nil])
        }
    }

    @Test func `restriction and objection hold until they are lifted`() async throws {
        try await SampleTable.withStore { store, entity in
            let people = (0..<3).map { _ in SubjectID(.make()) }
            let table = RecordTable(entity)
            let restriction = RestrictionRow(since: .now(), ground: "accuracy", recordedBy: "ann")
            let objection = ObjectionRow(purpose: "marketing", since: .now(), recordedBy: "ann")
            try await store.change(
                tenant,
                people.map { table.insert(row(entity, .make(), subject: $0), tenant: tenant) }
                    + [table.insert(row(entity, .make(), subject: nil), tenant: tenant)]
                    + [
                        StoreDatabase.restrict(restriction, of: people[0], tenant: tenant),
                        StoreDatabase.record(objection, of: people[1], tenant: tenant),
                        StoreDatabase.record(objection, of: people[1], tenant: tenant),
                    ]
            )
            #expect(try await holds(.isUnrestricted, store, entity) == [people[1], people[2], nil])
            #expect(try await holds(.doesNotObject(to: nil), store, entity) == [people[0], people[2], nil])
            #expect(try await holds(.doesNotObject(to: "marketing"), store, entity) == [people[0], people[2], nil])
            #expect(try await holds(.doesNotObject(to: "sales"), store, entity) == [people[0], people[1], people[2], nil])
            let restricted = SubjectStanding(try await store.read(Scope(tenant: tenant), StoreDatabase.standing(of: people[0], tenant: tenant)))
            #expect(restricted == SubjectStanding(restriction: restriction))
            #expect(!restricted.satisfies(.isUnrestricted, at: .now()))
            let objecting = SubjectStanding(try await store.read(Scope(tenant: tenant), StoreDatabase.standing(of: people[1], tenant: tenant)))
            #expect(objecting == SubjectStanding(objections: [objection]))
            #expect(objecting.satisfies(.doesNotObject(to: "sales"), at: .now()) && !objecting.satisfies(.doesNotObject(to: nil), at: .now()))

            try await store.change(
                tenant,
                [
                    StoreDatabase.liftRestriction(of: people[0], tenant: tenant),
                    StoreDatabase.removeObjection(to: "marketing", of: people[1], tenant: tenant),
                ]
            )
            #expect(try await holds(.isUnrestricted, store, entity).count == 4)
            #expect(try await holds(.doesNotObject(to: nil), store, entity).count == 4)
        }
    }

    @Test func `what people of one tenant say is nobody else's business`() async throws {
        try await SampleTable.withStore { store, entity in
            let person = SubjectID(.make())
            let other = TenantID(.make())
            let event = ConsentEvent(purpose: "sales", state: .given, at: .now(), recordedBy: "ann")
            let consent = StoreDatabase.add(StoredConsentEvent(subject: person, event: event), tenant: other)
            try await store.change(
                other,
                [
                    consent,
                    StoreDatabase.restrict(RestrictionRow(since: .now(), ground: "accuracy", recordedBy: "ann"), of: person, tenant: other),
                ]
            )
            try await store.change(tenant, [RecordTable(entity).insert(row(entity, .make(), subject: person), tenant: tenant)])
            #expect(try await holds(.consents(to: "sales"), store, entity).isEmpty)
            #expect(try await holds(.isUnrestricted, store, entity) == [person])
            #expect(
                SubjectStanding(try await store.read(Scope(tenant: tenant), StoreDatabase.standing(of: person, tenant: other))) == SubjectStanding()
            )
            await #expect(throws: LinkError(.refused, sqlState: "42501")) {
                try await store.change(tenant, [consent])
            }
        }
    }

    // MARK: Lists and questions

    @Test func `a list, a count and questions about each row come from one condition`() async throws {
        try await SampleTable.withStore { store, entity in
            let table = RecordTable(entity)
            let ids = (0..<6).map { _ in RecordID.make() }.sorted()
            let title = try #require(entity.columns.first { $0.name == "title" })
            let rows = zip(ids, ["a", "b", "a", "c", "b", "a"]).map { row(entity, $0, subject: nil, title: $1) }
            try await store.change(tenant, rows.map { table.insert($0, tenant: tenant) })
            let isA = RowCondition.equal(title, .string("a"))
            let beforeC = RowCondition.ordered(title, .less, .string("c"))
            let plain = RecordTable(entity).whole
            #expect(plain.asking([]) === plain)

            let shape = plain.asking([isA, .error, beforeC, .all([.identified([ids[1]]), .negation(isA)])])
            var page = RecordPage()
            page.condition = .any([isA, .equal(title, .string("b"))])
            page.after = RecordPage.Position(value: nil, id: ids[0])
            page.limit = 3
            let scope = Scope(tenant: tenant)
            let results = try await store.read(
                scope,
                [
                    table.list(page, shape, tenant: tenant), table.count(isA, tenant: tenant), table.count(.negation(isA), tenant: tenant),
                    table.select(ids[1], shape, tenant: tenant), table.select([ids[0], ids[3]], shape, tenant: tenant),
                    table.select(ids[1], plain, tenant: tenant), table.count(.constant(true), tenant: tenant), table.count(.error, tenant: tenant),
                ]
            )
            let listed = table.records(results[0], shape)
            #expect(listed.map(\.id) == [ids[1], ids[2], ids[4]])
            #expect(listed.map(\.answers) == [[false, false, true, true], [true, false, true, false], [false, false, true, false]])
            #expect(listed.map { $0.plainValue(0) } == [.text("b"), .text("a"), .text("b")])
            #expect(results[1].int64(0, 0) == 3 && results[2].int64(0, 0) == 3)
            #expect(table.records(results[3], shape).map(\.answers) == [[false, false, true, true]])
            #expect(table.records(results[4], shape).map(\.answers) == [[true, false, true, false], [false, false, false, false]])
            #expect(table.records(results[5], plain).map(\.answers) == [[]])
            #expect(results[6].int64(0, 0) == 6 && results[7].int64(0, 0) == 0)

            // What is written can be asked about in the statement that writes it.
            let changed = row(entity, ids[3], subject: nil, title: "a")
            let written = try await store.database.write([
                store.opening(scope), table.update(changed, tenant: tenant, returning: shape),
                table.insert(row(entity, .make(), subject: nil, title: "b"), tenant: tenant, returning: shape),
            ])
            #expect(table.records(written[1], shape).map(\.answers) == [[true, false, true, false]])
            #expect(table.records(written[2], shape).map(\.answers) == [[false, false, true, false]])
        }
    }

    @Test func `an error allows nothing and denies everything`() async throws {
        try await SampleTable.withStore { store, entity in
            let table = RecordTable(entity)
            try await store.change(tenant, [table.insert(row(entity, .make(), subject: nil), tenant: tenant)])
            for (condition, isAllowed, isDenied) in [(RowCondition.constant(true), 1, 0), (.constant(false), 0, 1), (.error, 0, 0)] {
                let rows = try await store.read(
                    Scope(tenant: tenant),
                    [
                        "SELECT count(*) FROM sample WHERE \(condition.filter(entity))",
                        "SELECT count(*) FROM sample WHERE \(condition.exclusion(entity))",
                    ]
                )
                #expect(rows[0].int64(0, 0) == Int64(isAllowed))
                #expect(rows[1].int64(0, 0) == Int64(isDenied))
            }
        }
    }

    @Test func `conditions of one form are one text`() throws {
        let entity = try SampleTable.entity()
        let columns = Dictionary(uniqueKeysWithValues: entity.columns.map { ($0.name, $0) })
        func sql(_ text: String) throws -> SQL {
            try Condition.compile(text, scope: ExpressionScope(variables: [:], columns: columns)).rows(SampleBindings(variables: [:], now: .null))
                .sql(entity)
        }
        #expect(try sql("record.title == 'a' || record.number in [1, 2]").text == sql("record.title == 'it\\'s $1' || record.number in [5]").text)
    }

    @Test(arguments: [
        ("record.title == 'a'", #"("sample"."title" = $1 AND "sample"."title" IS NOT NULL)"#),
        ("record.title != 'a'", #"(NOT ("sample"."title" = $1 AND "sample"."title" IS NOT NULL))"#),
        ("record.title == null", #"("sample"."title" IS NULL)"#), ("record.title != null", #"("sample"."title" IS NOT NULL)"#),
        ("record.title == record.stage", #"("sample"."title" IS NOT DISTINCT FROM "sample"."stage")"#),
        ("record.title in ['a', 'b']", #"("sample"."title" = ANY($1) AND "sample"."title" IS NOT NULL)"#),
        ("record.title in ['a', null]", #"(("sample"."title" = ANY($1) AND "sample"."title" IS NOT NULL) OR "sample"."title" IS NULL)"#),
        ("record.title < 'a'", #"("sample"."title" COLLATE "C" < $1)"#), ("record.number >= 5", #"("sample"."number" >= $1)"#),
        ("record.amount < 5", #"(("sample"."amount")::double precision < $1)"#),
        ("record.title.startsWith('a')", #"(starts_with("sample"."title", $1))"#),
        ("record.title.endsWith('a')", #"(right("sample"."title", char_length($1)) = $1)"#),
        ("record.title.contains('a')", #"(position($1 in "sample"."title") > 0)"#),
        ("size(record.title) > 2", #"(char_length("sample"."title") > $1)"#),
        ("record.flag", #""sample"."flag""#),
        ("!record.flag && (record.flag || 1 / 0 == 1)", #"((NOT "sample"."flag") AND ("sample"."flag" OR NULL::boolean))"#),
        (
            "record.flag ? record.number == 1 : record.number == 2",
            #"(CASE WHEN "sample"."flag" THEN ("sample"."number" = $1 AND "sample"."number" IS NOT NULL) WHEN NOT "sample"."flag" THEN ("sample"."number" = $2 AND "sample"."number" IS NOT NULL) END)"#
        ),
        ("has(record.title)", "TRUE"), ("record.number < 1e300", #"("sample"."number" IS NOT NULL OR NULL::boolean)"#),
        (
            "record.restricted",
            "EXISTS (SELECT FROM subject_restriction WHERE subject_restriction.tenant_id = \"sample\".tenant_id AND subject_restriction.subject_id = \"sample\".subject_id)"
        ),
    ])
    func `a condition has the form of the table`(text: String, expected: String) throws {
        let entity = try SampleTable.entity()
        let scope = ExpressionScope(variables: [:], columns: Dictionary(uniqueKeysWithValues: entity.columns.map { ($0.name, $0) }))
        #expect(try Condition.compile(text, scope: scope).rows(SampleBindings(variables: [:], now: .null)).sql(entity).text == expected)
    }
}
