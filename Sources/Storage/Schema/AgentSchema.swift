import PostgresLink

/// Agents of the Data Rights Protocol.
enum AgentSchema {
    private static let tenant = TableDeclaration.known("tenant_id")

    static let tables: [TableDeclaration] = [
        // Outside row security, like credentials: an agent's token is what the tenant is learned from. Nothing personal stands here.
        TableDeclaration(
            name: TableDeclaration.known("rights_agent"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid", "NOT NULL REFERENCES tenant (id)"), TableDeclaration.column("id", "text"),
                TableDeclaration.column("name", "text"), TableDeclaration.column("verify_key", "bytea"),
                TableDeclaration.column("business_id", "text"), TableDeclaration.column("web_url", "text", ""),
                TableDeclaration.column("token", "bytea", ""), TableDeclaration.column("token_at", "timestamp with time zone", ""),
                TableDeclaration.column("added_at", "timestamp with time zone"), TableDeclaration.column("added_by", "text"),
            ],
            primaryKey: [tenant, TableDeclaration.known("id")], isSecured: false,
            indexes: [
                .init(name: "rights_agent__token__idx", statement: "CREATE UNIQUE INDEX rights_agent__token__idx ON rights_agent (token)"),
                .init(
                    name: "rights_agent__business__idx",
                    statement: "CREATE UNIQUE INDEX rights_agent__business__idx ON rights_agent (business_id, id)"),
            ]
        )
    ]
}
