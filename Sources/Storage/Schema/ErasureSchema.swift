import PostgresLink

/// Tables of the store about erasures, exports and what recipients were told.
enum ErasureSchema {
    static let tables: [TableDeclaration] = [erasure, notice]

    private static let tenant = TableDeclaration.known("tenant_id")
    private static let id = TableDeclaration.known("id")

    private static func column(_ name: StaticString, _ type: StaticString, _ constraint: SQL = "NOT NULL") -> TableDeclaration.Column {
        TableDeclaration.column(name, type, constraint)
    }

    /// An erasure that has begun: whose, how far it is, and what came of it. Whoever carries it out holds a lease.
    private static let erasure = TableDeclaration(
        name: TableDeclaration.known("erasure"),
        columns: [
            column("tenant_id", "uuid"), column("id", "uuid"), column("cause", "text"), column("step", "text"), column("subjects", "uuid[]"),
            column("counts", "text"), column("begun_at", "timestamp with time zone"), column("begun_by", "text"),
            column("runner", "uuid", ""), column("leased_until", "timestamp with time zone", ""),
            column("finished_at", "timestamp with time zone", ""), column("event_id", "uuid", ""), column("issue", "integer", ""),
            column("certificate", "bytea", ""),
        ],
        primaryKey: [tenant, id], isSecured: true,
        indexes: [
            .init(
                name: "erasure__unfinished__idx",
                statement: "CREATE INDEX erasure__unfinished__idx ON erasure (tenant_id, id) WHERE finished_at IS NULL"
            )
        ]
    )

    /// What a recipient has to be told (GDPR Art. 19), until it has said that it has done so too.
    private static let notice = TableDeclaration(
        name: TableDeclaration.known("recipient_notice"),
        columns: [
            column("tenant_id", "uuid"), column("id", "uuid"), column("cause_id", "uuid"), column("recipient", "text"), column("kind", "text"),
            column("state", "text"), column("payload", "bytea", ""), column("attempts", "integer"), column("created_at", "timestamp with time zone"),
            column("next_at", "timestamp with time zone", ""), column("delivered_at", "timestamp with time zone", ""),
            column("acknowledged_at", "timestamp with time zone", ""), column("acknowledged_by", "text", ""), column("failure", "text", ""),
        ],
        primaryKey: [tenant, id], isSecured: true,
        indexes: [
            .init(
                name: "recipient_notice__due__idx",
                statement: "CREATE INDEX recipient_notice__due__idx ON recipient_notice (tenant_id, next_at) WHERE next_at IS NOT NULL"
            ),
            .init(
                name: "recipient_notice__cause__idx",
                statement: "CREATE INDEX recipient_notice__cause__idx ON recipient_notice (tenant_id, cause_id)"
            ),
        ]
    )
}
