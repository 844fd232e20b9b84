import PostgresLink

/// The table of the store about records that are traps.
enum HoneySchema {
    /// A mark that was taken off stays, so that events which name it can be read.
    static let tables: [TableDeclaration] = [
        TableDeclaration(
            name: TableDeclaration.known("honey_record"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("id", "uuid"), TableDeclaration.column("entity", "text"),
                TableDeclaration.column("record_id", "uuid"), TableDeclaration.column("subject_id", "uuid", ""),
                TableDeclaration.column("placed_at", "timestamp with time zone"), TableDeclaration.column("placed_by", "text"),
                TableDeclaration.column("removed_at", "timestamp with time zone", ""), TableDeclaration.column("removed_by", "text", ""),
            ],
            primaryKey: [TableDeclaration.known("tenant_id"), TableDeclaration.known("id")], isSecured: true,
            indexes: [
                .init(
                    name: "honey_record__standing__idx",
                    statement: """
                        CREATE UNIQUE INDEX honey_record__standing__idx ON honey_record (tenant_id, entity, record_id) WHERE removed_at IS NULL
                        """)
            ]
        )
    ]
}
