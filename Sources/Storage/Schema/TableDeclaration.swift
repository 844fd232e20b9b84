import PostgresLink

/// A table as it should be.
struct TableDeclaration: Sendable {
    struct Column: Sendable {
        let name: SQLIdentifier
        /// As `format_type` of PostgreSQL prints it.
        let type: String
        let declaration: SQL
    }

    struct Named: Sendable {
        let name: String
        let statement: SQL
    }

    let name: SQLIdentifier
    let columns: [Column]
    let primaryKey: [SQLIdentifier]
    /// Rows are shown to the tenant of the transaction alone.
    let isSecured: Bool
    /// By ranges of `id`, an id made later being greater. What no partition was made for goes to one for the rest.
    var isPartitioned = false
    /// Columns whose values rest as they are: for what is written and read once, compressing costs more than it saves.
    var uncompressed: [SQLIdentifier] = []
    var indexes: [Named] = []
    /// Added when all tables stand.
    var constraints: [Named] = []

    /// A column of a table that is not derived from the catalog.
    static func column(_ name: StaticString, _ type: StaticString, _ constraint: SQL = "NOT NULL") -> Column {
        let type: SQL = SQL(stringLiteral: type)
        return Column(name: known(name), type: type.text, declaration: "\(type) \(constraint)")
    }

    static func known(_ name: StaticString) -> SQLIdentifier {
        guard let identifier = SQLIdentifier(name.description) else { preconditionFailure("a name in the source is well formed") }
        return identifier
    }

    /// Steps from what there is to this table.
    func steps(from live: LiveSchema) -> (tables: [SchemaStep], constraints: [SchemaStep]) {
        var steps: [SchemaStep] = []
        if let present = live.columns[name.name] {
            for column in columns {
                switch present[column.name.name] {
                case nil:
                    steps.append(
                        .add(
                            what: "column \(name).\(column.name)",
                            statement: "ALTER TABLE \(name) ADD COLUMN \(column.name) \(column.declaration)"
                        )
                    )
                case .some(let type) where type != column.type:
                    steps.append(
                        .conflict(
                            what: "column \(name).\(column.name) is \(type), the catalog makes it \(column.type)",
                            hint: "a field keeps its storage and type: declare a new field and move the values"
                        )
                    )
                default: break
                }
            }
            let known = Set(columns.map(\.name.name))
            for unknown in present.keys.sorted() where !known.contains(unknown) {
                steps.append(
                    .conflict(
                        what: "column \(name).\(unknown) is not in the catalog",
                        hint: "declare the field again, or drop the column by hand once its data is no longer needed"
                    )
                )
            }
        } else {
            let definitions = columns.map { column -> SQL in "\(column.name) \(column.declaration)" }
            let keys = primaryKey.map { key -> SQL in "\(key)" }
            let partitioning: SQL = isPartitioned ? " PARTITION BY RANGE (id)" : ""
            steps.append(
                .add(
                    what: "table \(name)",
                    statement: "CREATE TABLE \(name) (\(joining: definitions), PRIMARY KEY (\(joining: keys)))\(partitioning)"
                )
            )
            steps += uncompressed.map { column in
                .add(what: "storage of \(name).\(column)", statement: "ALTER TABLE \(name) ALTER COLUMN \(column) SET STORAGE EXTERNAL")
            }
            if isPartitioned, let rest = SQLIdentifier(name.name + "_rest") {
                steps.append(.add(what: "partition \(rest)", statement: "CREATE TABLE \(rest) PARTITION OF \(name) DEFAULT"))
                // Nobody reads a partition but through its table.
                steps.append(.add(what: "row security of \(rest)", statement: "ALTER TABLE \(rest) ENABLE ROW LEVEL SECURITY"))
                steps.append(.add(what: "row security of \(rest) for its owner", statement: "ALTER TABLE \(rest) FORCE ROW LEVEL SECURITY"))
            }
        }
        if isSecured, !live.securedTables.contains(name.name) {
            steps.append(.add(what: "row security of \(name)", statement: "ALTER TABLE \(name) ENABLE ROW LEVEL SECURITY"))
            steps.append(.add(what: "row security of \(name) for its owner", statement: "ALTER TABLE \(name) FORCE ROW LEVEL SECURITY"))
            steps.append(
                .add(
                    what: "tenant policy of \(name)",
                    statement: """
                        CREATE POLICY tenant ON \(name) USING (tenant_id = current_setting('gatehouse.tenant', true)::uuid)
                          WITH CHECK (tenant_id = current_setting('gatehouse.tenant', true)::uuid)
                        """
                )
            )
        }
        steps += indexes.filter { !live.indexes.contains($0.name) }.map { .add(what: "index \($0.name)", statement: $0.statement) }
        let missing = constraints.filter { !live.constraints.contains($0.name) }
        return (steps, missing.map { .add(what: "constraint \($0.name)", statement: $0.statement) })
    }
}
