import Catalog
import Expressions
import Foundation
import PostgresLink
import Storage
import TestPostgres
import Testing
import Vocabulary

/// One condition has three ways to its truth: the evaluator, what is left to the row, and PostgreSQL. They have to agree for
/// every record, errors and nulls and all.
@Suite(.timeLimit(.minutes(15)))
struct AgreementTests {
    private static let rowCount = 400
    private static let conditionCount = 1000

    /// Another run with `GATEHOUSE_TEST_SEED`.
    private static let seed = ProcessInfo.processInfo.environment["GATEHOUSE_TEST_SEED"].flatMap { UInt64($0) } ?? 20_261_122

    @Test func `a condition means the same in memory and in the database`() async throws {
        try await SampleTable.withStore { store, entity in
            let tenant = TenantID(.make())
            let rows = try await Self.fill(store, entity, tenant)
            var agreement = Agreement(entity: entity, rows: rows, seed: Self.seed)
            for first in stride(from: 0, to: Self.conditionCount, by: 20) {
                let questions = try (first..<(first + 20)).compactMap { try agreement.question($0) }
                let statements = questions.map { question -> SQL in "SELECT \(question.left.sql(entity)) FROM sample ORDER BY id" }
                let answers = try await store.read(Scope(tenant: tenant), statements)
                for (question, answer) in zip(questions, answers) { agreement.compare(question, answer) }
            }
            #expect(agreement.disagreements.isEmpty, "\(agreement.disagreements.prefix(5).joined(separator: "\n"))")
            #expect(agreement.pairs >= 100_000)
            // A generator that makes nothing but errors would agree with everything.
            for truth in [Truth.yes, .no, .error] {
                #expect(agreement.outcomes[truth, default: 0] * 10 > agreement.pairs, "\(agreement.outcomes)")
            }
        }
    }

    private static func fill(_ store: StoreDatabase, _ entity: Entity, _ tenant: TenantID) async throws -> [SampleRow] {
        let table = RecordTable(entity)
        var generator = ConditionGenerator(seed: seed)
        var rows: [SampleRow] = []
        for _ in 0..<rowCount {
            let made = try generator.row(entity, before: rows.map(\.id))
            let hasSubject = made.subject != nil
            let row = SampleRow(
                id: made.id, subject: made.subject, values: made.values, isRestricted: hasSubject && made.isRestricted,
                isObjecting: hasSubject && made.isObjecting
            )
            rows.append(row)
        }
        var statements = rows.map { table.insert($0.row(entity), tenant: tenant) }
        for row in rows {
            guard let subject = row.subject else { continue }
            if row.isRestricted {
                statements.append(
                    StoreDatabase.restrict(RestrictionRow(since: .now(), ground: "accuracy", recordedBy: "ann"), of: subject, tenant: tenant))
            }
            if row.isObjecting {
                statements.append(StoreDatabase.record(ObjectionRow(purpose: "sales", since: .now(), recordedBy: "ann"), of: subject, tenant: tenant))
            }
        }
        try await store.change(tenant, statements)
        return rows.sorted { $0.id < $1.id }
    }
}

/// Conditions asked of the same rows in three ways, and where the answers differ.
private struct Agreement {
    struct Question {
        let text: String
        let bindings: SampleBindings
        let condition: Condition
        let left: RowCondition
    }

    let seed: UInt64
    private(set) var pairs = 0
    private(set) var outcomes: [Truth: Int] = [:]
    private(set) var disagreements: [String] = []
    private let entity: Entity
    private let members: [[String: Value]]
    private let ids: [String]
    private let scope: ExpressionScope

    init(entity: Entity, rows: [SampleRow], seed: UInt64) {
        self.entity = entity
        self.seed = seed
        members = rows.map { $0.members(entity) }
        ids = rows.prefix(20).map(\.id.description)
        scope = ExpressionScope(
            variables: ConditionGenerator.scope.variables, columns: Dictionary(uniqueKeysWithValues: entity.columns.map { ($0.name, $0) }),
            hasBareColumns: true
        )
    }

    mutating func question(_ index: Int) throws -> Question? {
        var generator = ConditionGenerator(seed: seed &+ UInt64(index), ids: ids)
        let bindings = try generator.bindings()
        let text = generator.condition(depth: index % 5)
        do {
            let condition = try Condition.compile(text, scope: scope)
            return Question(text: text, bindings: bindings, condition: condition, left: condition.rows(bindings))
        } catch {
            disagreements.append("seed \(seed), condition \(index) is refused: \(text)\n  \(error)")
            return nil
        }
    }

    mutating func compare(_ question: Question, _ answer: ResultSet) {
        var bindings = question.bindings
        for (index, record) in members.enumerated() {
            bindings.variables["record"] = record
            let inMemory = question.condition.truth(bindings)
            let left = question.left.truth(value: { record[$0.name] ?? .null }, subject: { _ in false })
            let inDatabase = answer.bool(index, 0).map { Truth($0) } ?? .error
            pairs += 1
            outcomes[inMemory, default: 0] += 1
            guard inMemory != inDatabase || inMemory != left else { continue }
            disagreements.append(
                """
                seed \(seed), row \(index): \(question.text)
                  memory \(inMemory), what is left of it \(left), database \(inDatabase)
                  \(question.left.sql(entity).text)
                """
            )
        }
    }
}
