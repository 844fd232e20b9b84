import Catalog
import Expressions

import PostgresLink
import Storage
import TestPostgres
import Vocabulary

@testable import PolicyFiles

/// An entity with every kind of column twice, so that columns can be compared with each other.
enum SampleTable {
    static let document = """
        entity: sample
        plural: samples
        subject: self
        purposes: [sales]
        fields:
          title:      { type: text, class: business, store: plain }
          other_text: { type: longtext, class: business, store: plain }
          stage:      { type: choice, of: [open, won, lost], class: business, store: plain }
          number:     { type: integer, class: business, store: plain }
          other_number: { type: integer, class: business, store: plain }
          amount:     { type: money, currency: currency, class: business, store: plain }
          other_amount: { type: money, currency: currency, class: business, store: plain }
          currency:   { type: currency, class: business, store: plain }
          flag:       { type: boolean, class: business, store: plain }
          other_flag: { type: boolean, class: business, store: plain }
          day:        { type: date, class: business, store: plain }
          other_day:  { type: date, class: business, store: plain }
          moment:     { type: timestamp, class: business, store: plain }
          other_moment: { type: timestamp, class: business, store: plain }
          parent_id:  { type: reference, to: sample, class: business, store: plain }
          other_id:   { type: reference, to: sample, class: business, store: plain }
          email:      { type: email, class: identifying, store: sealed, search: [exact] }
          notes:      { type: longtext, class: personal, store: sealed }
          created_at: { type: timestamp, class: operational, store: plain, system: true }
          updated_at: { type: timestamp, class: operational, store: plain, system: true }
        retention:
          - { name: old, since: updated_at, after: P3Y, do: erase, basis: "GDPR Art. 5(1)(e)" }
        """

    static func catalog() throws -> CompiledCatalog {
        try CatalogCompiler.compile(
            purposes: YAMLDocument.read("purposes:\n  sales: { label: Selling, basis: contract }\n", file: "purposes.yaml"),
            entities: [YAMLDocument.read(document, file: "sample.yaml")]
        )
    }

    static func entity() throws -> Entity {
        guard let entity = try catalog().entity(named: "sample") else { throw TestFailure("the entity is gone") }
        return entity
    }

    /// Lends a store that has the table, and nothing in it.
    static func withStore(_ body: (StoreDatabase, Entity) async throws -> Void) async throws {
        let cluster = try await PostgresCluster.shared()
        let catalog = try catalog()
        let engine = LinkEngine()
        let database = Database(LinkSettings(name: "store", target: cluster.target(try await cluster.makeDatabase())), engine: engine)
        let outcome: Result<Void, any Error>
        do {
            _ = try await Schema.apply(
                database, replan: { () async throws(StorageError) in try await Schema.planStore(database, catalog) }, isVault: false
            )
            outcome = .success(try await body(StoreDatabase(database, stepsDown: false), try entity()))
        } catch {
            outcome = .failure(error)
        }
        await database.close()
        await engine.stop()
        try outcome.get()
    }
}

extension StoreDatabase {
    func change(_ tenant: TenantID, _ statements: [SQL]) async throws {
        _ = try await database.write([opening(Scope(tenant: tenant))] + statements)
    }
}

/// A row of ``SampleTable``, as it is written and as an expression sees it.
struct SampleRow {
    let id: RecordID
    let subject: SubjectID?
    let values: [FieldValue?]
    let isRestricted: Bool
    let isObjecting: Bool

    func row(_ entity: Entity) -> RecordRow {
        RecordRow(id: id, version: 1, subject: subject, cells: zip(entity.fields, values).map { $0.isSealed ? .sealed(nil) : .plain($1) })
    }

    func members(_ entity: Entity) -> [String: Value] {
        var members = Dictionary(uniqueKeysWithValues: zip(entity.fields, values).map { ($0.name, $1.expressionValue) })
        members["id"] = .string(id.description)
        members["restricted"] = .bool(isRestricted)
        members["objected"] = .bool(isObjecting)
        return members
    }
}

/// A caller, a request, and a record when there is one.
struct SampleBindings: Bindings {
    var variables: [String: [String: Value]]
    var now: Value

    func value(of variable: String) -> Value? { variable == "now" ? now : nil }

    func member(_ name: String, of variable: String) -> MemberValue? {
        guard let members = variables[variable] else { return nil }
        return members[name].map { .value($0) } ?? .missing
    }
}
