import PostgresLink

/// Tables of the store about events that subscribers are told of.
enum EventSchema {
    static let tables: [TableDeclaration] = [endpoint, event, delivery]

    private static let tenant = TableDeclaration.known("tenant_id")

    private static func column(_ name: StaticString, _ type: StaticString, _ constraint: SQL = "NOT NULL") -> TableDeclaration.Column {
        TableDeclaration.column(name, type, constraint)
    }

    /// Where a program wants to be told, and by whose key it is decided of what. The address, the filter and the secrets rest sealed.
    private static let endpoint = TableDeclaration(
        name: TableDeclaration.known("webhook_endpoint"),
        columns: [
            column("tenant_id", "uuid"), column("id", "uuid"), column("owner", "text"), column("purpose", "text", ""), column("types", "text[]"),
            column("content", "bytea"), column("created_at", "timestamp with time zone"),
            column("disabled_at", "timestamp with time zone", ""), column("disabled_because", "text", ""),
            column("paused_until", "timestamp with time zone", ""),
        ],
        primaryKey: [tenant, TableDeclaration.known("id")], isSecured: true
    )

    /// What happened, written in the transaction in which it did, where an endpoint could want to be told: ids and names, no values.
    private static let event = TableDeclaration(
        name: TableDeclaration.known("change_event"),
        columns: [
            column("tenant_id", "uuid"), column("id", "uuid"), column("type", "text"), column("entity", "text"), column("thing_id", "uuid"),
            column("version", "bigint", ""), column("names", "text[]"), column("actor", "text"), column("occurred_at", "timestamp with time zone"),
            // Of what is gone afterwards: the endpoints that might know of it when it went.
            column("told", "uuid[]", ""),
        ],
        primaryKey: [tenant, TableDeclaration.known("id")], isSecured: true
    )

    /// One event on its way to one endpoint. Whoever takes it for a try has it until `next_at`.
    private static let delivery = TableDeclaration(
        name: TableDeclaration.known("event_delivery"),
        columns: [
            column("tenant_id", "uuid"), column("endpoint_id", "uuid"), column("event_id", "uuid"), column("state", "text"),
            column("attempts", "integer"), column("next_at", "timestamp with time zone", ""), column("delivered_at", "timestamp with time zone", ""),
            column("failure", "text", ""),
        ],
        primaryKey: [tenant, TableDeclaration.known("endpoint_id"), TableDeclaration.known("event_id")], isSecured: true,
        indexes: [
            .init(
                name: "event_delivery__due__idx",
                statement: "CREATE INDEX event_delivery__due__idx ON event_delivery (tenant_id, endpoint_id, next_at) WHERE next_at IS NOT NULL"
            )
        ]
    )
}
