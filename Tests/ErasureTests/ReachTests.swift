import Catalog
import PolicyFiles
import PostgresLink
import TestPostgres
import Testing
import Vocabulary

@testable import Storage

/// Everything that may hold something of a person is reached, or says why not.
struct ReachTests {
    /// What the declarations leave out, or name though it is not there.
    static func differences(_ reaches: [SystemReach], _ tables: [TableDeclaration]) -> [String] {
        var problems: [String] = []
        let declared = Dictionary(grouping: reaches) { "\($0.table)" }
        for (name, several) in declared where several.count > 1 { problems.append("\(name) is declared twice") }
        for table in tables {
            guard let reach = declared[table.name.name]?.first else {
                problems.append("table \(table.name) is not declared")
                continue
            }
            let present = Set(table.columns.map(\.name.name)).subtracting(["tenant_id"])
            let known = Set(reach.columns.map { "\($0)" })
            problems += present.subtracting(known).sorted().map { "column \(table.name).\($0) is not declared" }
            problems += known.subtracting(present).sorted().map { "column \(table.name).\($0) is declared and not there" }
            if case .rows(let column) = reach.erasure, !present.contains("\(column)") {
                problems.append("\(table.name) is erased by \(column), which it does not have")
            }
        }
        let names = Set(tables.map(\.name.name))
        problems += declared.keys.filter { !names.contains($0) }.sorted().map { "table \($0) is declared and not there" }
        return problems
    }

    private static func systemTables(_ catalog: CompiledCatalog) -> [TableDeclaration] {
        let entities = Set(catalog.entities.map(\.name))
        return StoreSchema.tables(catalog).filter { !entities.contains($0.name.name) }
    }

    @Test func `every table and column of both databases says how it is reached, or why it need not be`() throws {
        let catalog = try PolicyFolder.load(Repository.policies).catalog
        #expect(Self.differences(SystemReach.store, Self.systemTables(catalog)) == [])
        #expect(Self.differences(SystemReach.vault, VaultSchema.tables) == [])
        for reach in SystemReach.store + SystemReach.vault {
            if case .not(let reason) = reach.export { #expect(!reason.isEmpty, "\(reach.table)") }
            if case .not(let reason) = reach.erasure { #expect(!reason.isEmpty, "\(reach.table)") }
            if case .not(let reason) = reach.retention { #expect(!reason.isEmpty, "\(reach.table)") }
        }
    }

    @Test func `a column that nobody has thought about is found`() throws {
        var tables = VaultSchema.tables
        let last = tables.removeLast()
        let grown = TableDeclaration(
            name: last.name, columns: last.columns + [TableDeclaration.column("nickname", "text")], primaryKey: last.primaryKey, isSecured: true)
        #expect(Self.differences(SystemReach.vault, tables + [grown]) == ["column \(last.name).nickname is not declared"])
        #expect(Self.differences(SystemReach.vault, tables).contains("table \(last.name) is declared and not there"))
        #expect(Self.differences(Array(SystemReach.vault.dropLast()), VaultSchema.tables).count == 1)
    }

    @Test func `every personal field of the catalog goes with its person, and every reference to a person is cut`() throws {
        let catalog = try PolicyFolder.load(Repository.policies).catalog
        let reach = Reach(catalog)
        for entity in catalog.entities {
            if entity.subject == .nobody {
                for field in entity.fields where field.fieldClass.isPersonal {
                    #expect(field.exemption?.isEmpty == false, "\(entity.name).\(field.name) is personal and nobody's")
                }
            } else {
                #expect(reach.entities.contains { $0 === entity })
                #expect(!entity.retention.isEmpty, "\(entity.name) is never too old")
                for field in entity.fields where field.fieldClass.isPersonal { #expect(field.goesWithThePerson(in: entity)) }
            }
            for field in entity.fields {
                guard let target = field.referenceTo.flatMap({ catalog.entity(named: $0) }), target.subject != .nobody else { continue }
                #expect(reach.links(to: target).contains { $0.entity === entity && $0.field === field }, "\(entity.name).\(field.name)")
            }
        }
        // Whoever points goes before whom it points to.
        let order = reach.entities.map(\.name)
        let contact = try #require(order.firstIndex(of: "contact"))
        for name in ["activity", "task", "deal"] { #expect(try #require(order.firstIndex(of: name)) < contact) }
    }
}
