package import Catalog
import PostgresLink

/// What the database `gatehouse` should look like, derived from the catalog.
package enum StoreSchema {
    static func tables(_ catalog: CompiledCatalog) -> [TableDeclaration] {
        system + AuditSchema.tables + ConsentSchema.tables + RequestSchema.tables + ErasureSchema.tables + RetentionSchema.tables + AgentSchema.tables
            + ExportSchema.tables + AnswerSchema.tables + UserSchema.tables + MergeSchema.tables + EventSchema.tables
            + JobSchema.tables + HoneySchema.tables + LiftSchema.tables
            + catalog.entities.map(table)
    }

    private static let tenant = TableDeclaration.known("tenant_id")
    private static let id = TableDeclaration.known("id")
    private static let subject = TableDeclaration.known("subject_id")
    private static let purpose = TableDeclaration.known("purpose")

    /// Tenants and credentials stand outside row security: a credential is what the tenant is learned from.
    private static let system: [TableDeclaration] = [
        TableDeclaration(
            name: TableDeclaration.known("tenant"),
            columns: [
                TableDeclaration.column("id", "uuid"), TableDeclaration.column("name", "text", "NOT NULL UNIQUE"),
                TableDeclaration.column("created_at", "timestamp with time zone"),
            ],
            primaryKey: [id], isSecured: false
        ),
        TableDeclaration(
            name: TableDeclaration.known("credential"),
            columns: [
                TableDeclaration.column("id", "text"), TableDeclaration.column("tenant_id", "uuid", "NOT NULL REFERENCES tenant (id)"),
                TableDeclaration.column("user_name", "text", ""), TableDeclaration.column("roles", "text[]"),
                TableDeclaration.column("teams", "text[]"), TableDeclaration.column("purpose", "text", ""),
                TableDeclaration.column("code", "bytea"), TableDeclaration.column("created_at", "timestamp with time zone"),
                TableDeclaration.column("expires_at", "timestamp with time zone", ""),
                TableDeclaration.column("revoked_at", "timestamp with time zone", ""), TableDeclaration.column("generation", "bigint"),
                TableDeclaration.column("attributes", "text[]", ""), TableDeclaration.column("stepped_up", "boolean", ""),
                TableDeclaration.column("previous_code", "bytea", ""),
                TableDeclaration.column("previous_until", "timestamp with time zone", ""),
                // None for a key that its roles alone limit.
                TableDeclaration.column("scopes", "text[]", ""), TableDeclaration.column("networks", "text[]", ""),
                TableDeclaration.column("acts_for_users", "boolean", ""), TableDeclaration.column("used_at", "timestamp with time zone", ""),
                TableDeclaration.column("certificate", "bytea", ""),
            ],
            primaryKey: [id], isSecured: false,
            indexes: [
                // A certificate opens one key, of one tenant: whose it is would else be a matter of luck.
                .init(
                    name: "credential__certificate__key",
                    statement:
                        "CREATE UNIQUE INDEX credential__certificate__key ON credential (certificate) WHERE certificate IS NOT NULL AND revoked_at IS NULL"
                ),
                .init(
                    name: "credential__certificate__idx",
                    statement: "CREATE INDEX credential__certificate__idx ON credential (certificate) WHERE certificate IS NOT NULL"),
            ]
        ),
        TableDeclaration(
            name: TableDeclaration.known("access_grant"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("id", "uuid"), TableDeclaration.column("kind", "text"),
                TableDeclaration.column("rule", "text"), TableDeclaration.column("requester", "text"), TableDeclaration.column("reason", "text"),
                TableDeclaration.column("requested_at", "timestamp with time zone"),
                TableDeclaration.column("valid_until", "timestamp with time zone"), TableDeclaration.column("approved_by", "text", ""),
                TableDeclaration.column("approved_at", "timestamp with time zone", ""), TableDeclaration.column("closed_by", "text", ""),
                TableDeclaration.column("closed_at", "timestamp with time zone", ""), TableDeclaration.column("finding", "text", ""),
                TableDeclaration.column("note", "text", ""),
            ],
            primaryKey: [tenant, id], isSecured: true
        ),
        TableDeclaration(
            name: TableDeclaration.known("subject_restriction"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("subject_id", "uuid"),
                TableDeclaration.column("since", "timestamp with time zone"), TableDeclaration.column("ground", "text"),
                TableDeclaration.column("recorded_by", "text"), TableDeclaration.column("holds", "uuid[]", ""),
                // False when legal holds alone restrict; a row from before there were any has none.
                TableDeclaration.column("is_own", "boolean", ""),
            ],
            primaryKey: [tenant, subject], isSecured: true
        ),
        TableDeclaration(
            name: TableDeclaration.known("subject_objection"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("subject_id", "uuid"),
                TableDeclaration.column("purpose", "text"), TableDeclaration.column("since", "timestamp with time zone"),
                TableDeclaration.column("recorded_by", "text"),
            ],
            primaryKey: [tenant, subject, purpose], isSecured: true
        ),
        TableDeclaration(
            name: TableDeclaration.known("schema_change"),
            columns: [
                TableDeclaration.column("id", "bigint", "GENERATED ALWAYS AS IDENTITY"),
                TableDeclaration.column("applied_at", "timestamp with time zone", "NOT NULL DEFAULT now()"),
                TableDeclaration.column("changes", "text[]"),
            ],
            primaryKey: [id], isSecured: false
        ),
    ]

    private static func table(_ entity: Entity) -> TableDeclaration {
        let name = ColumnCoding.table(entity)
        var columns = [
            TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("id", "uuid"),
            TableDeclaration.column("version", "bigint"), TableDeclaration.column("subject_id", "uuid", ""),
            // Set while the record is deleted and not destroyed.
            TableDeclaration.column("deleted_at", "timestamp with time zone", ""), TableDeclaration.column("deleted_by", "text", ""),
        ]
        columns += entity.fields.map {
            TableDeclaration.Column(
                name: ColumnCoding.column($0), type: ColumnCoding.columnType($0), declaration: ColumnCoding.declaration($0)
            )
        }
        var table = TableDeclaration(name: name, columns: columns, primaryKey: [tenant, id], isSecured: true)
        if entity.subject != .nobody {
            let index = indexName(entity.name, "subject_id")
            table.indexes.append(.init(name: index.name, statement: "CREATE INDEX \(index) ON \(name) (tenant_id, subject_id)"))
        }
        for field in entity.fields {
            let column = ColumnCoding.column(field)
            if field.uniqueness == .enforced {
                let constraint = constraintName(entity.name, field.name, "key")
                table.constraints.append(
                    .init(
                        name: constraint.name,
                        statement: "ALTER TABLE \(name) ADD CONSTRAINT \(constraint) UNIQUE (tenant_id, \(column))"
                    )
                )
            } else if field.isIndexed {
                let index = indexName(entity.name, field.name)
                table.indexes.append(.init(name: index.name, statement: "CREATE INDEX \(index) ON \(name) (tenant_id, \(column), id)"))
            }
            if let target = field.referenceTo {
                let constraint = constraintName(entity.name, field.name, "fkey")
                let action: SQL = field.cascadesOnDelete ? " ON DELETE CASCADE" : ""
                table.constraints.append(
                    .init(
                        name: constraint.name,
                        statement: """
                            ALTER TABLE \(name) ADD CONSTRAINT \(constraint) FOREIGN KEY (tenant_id, \(column))
                              REFERENCES \(ColumnCoding.identifier(target)) (tenant_id, id)\(action)
                            """
                    )
                )
            }
        }
        return table
    }

    private static func indexName(_ entity: String, _ field: String) -> SQLIdentifier { constraintName(entity, field, "idx") }

    /// `entity.field` of a constraint made here, or `nil` when the constraint is something else's.
    package static func field(ofConstraint name: String, in catalog: CompiledCatalog) -> (entity: Entity, field: Field)? {
        for entity in catalog.entities {
            for field in entity.fields
            where name == constraintName(entity.name, field.name, "key").name || name == constraintName(entity.name, field.name, "fkey").name {
                return (entity, field)
            }
        }
        return nil
    }

    /// PostgreSQL cuts names at 63 bytes; ours are cut before they get there, and stay unique through a check sum.
    private static func constraintName(_ entity: String, _ field: String, _ kind: String) -> SQLIdentifier {
        let name = "\(entity)__\(field)__\(kind)"
        guard name.utf8.count > 63 else { return ColumnCoding.identifier(name) }
        let sum = name.utf8.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        return ColumnCoding.identifier(String(name.prefix(42)) + "_" + String(sum, radix: 36))
    }
}
