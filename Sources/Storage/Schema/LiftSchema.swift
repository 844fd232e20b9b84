import PostgresLink

/// The table of the store about limits that were lifted for somebody.
enum LiftSchema {
    static let tables: [TableDeclaration] = [
        TableDeclaration(
            name: TableDeclaration.known("limit_lift"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("id", "uuid"), TableDeclaration.column("principal", "text"),
                // None where the count begins anew instead.
                TableDeclaration.column("people", "bigint", ""),
                TableDeclaration.column("lifted_at", "timestamp with time zone"), TableDeclaration.column("valid_until", "timestamp with time zone"),
                TableDeclaration.column("lifted_by", "text"), TableDeclaration.column("ended_at", "timestamp with time zone", ""),
                TableDeclaration.column("ended_by", "text", ""),
            ],
            primaryKey: [TableDeclaration.known("tenant_id"), TableDeclaration.known("id")], isSecured: true,
            indexes: [
                .init(
                    name: "limit_lift__valid_until__idx",
                    statement: "CREATE INDEX limit_lift__valid_until__idx ON limit_lift (tenant_id, valid_until) WHERE ended_at IS NULL")
            ]
        )
    ]
}
