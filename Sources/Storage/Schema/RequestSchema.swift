import PostgresLink

/// Tables of the store about requests of data subjects, and the steps taken in them.
///
/// What somebody wrote about themselves rests in `sealed`, under a data key of the request's own in the vault: when the record of the
/// request has lasted its time, destroying that key ends it everywhere.
enum RequestSchema {
    private static let tenant = TableDeclaration.known("tenant_id")
    private static let id = TableDeclaration.known("id")

    static let tables: [TableDeclaration] = [
        TableDeclaration(
            name: TableDeclaration.known("subject_request"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("id", "uuid"), TableDeclaration.column("version", "bigint"),
                TableDeclaration.column("kind", "text"), TableDeclaration.column("regulation", "text"),
                TableDeclaration.column("regulation_from", "date"), TableDeclaration.column("channel", "text"),
                TableDeclaration.column("opened_by", "text"), TableDeclaration.column("received_at", "timestamp with time zone"),
                TableDeclaration.column("state", "text"), TableDeclaration.column("due_on", "date"),
                TableDeclaration.column("failed_attempts", "integer"), TableDeclaration.column("proof", "text", ""),
                TableDeclaration.column("verified_at", "timestamp with time zone", ""),
                TableDeclaration.column("confirmed_at", "timestamp with time zone", ""),
                TableDeclaration.column("extended_at", "timestamp with time zone", ""), TableDeclaration.column("extension_reason", "text", ""),
                TableDeclaration.column("paused_since", "timestamp with time zone", ""), TableDeclaration.column("paused_microseconds", "bigint"),
                TableDeclaration.column("approved_by", "text", ""), TableDeclaration.column("begun_by", "text", ""),
                TableDeclaration.column("reason", "text", ""), TableDeclaration.column("closed_at", "timestamp with time zone", ""),
                TableDeclaration.column("subjects", "uuid[]", ""), TableDeclaration.column("purposes", "text[]", ""),
                // A keyed digest by which a second request of somebody is recognised while this one is open.
                TableDeclaration.column("claim", "bytea", ""), TableDeclaration.column("idempotency", "bytea", ""),
                TableDeclaration.column("code", "bytea", ""), TableDeclaration.column("code_until", "timestamp with time zone", ""),
                TableDeclaration.column("codes_sent", "integer"), TableDeclaration.column("mails", "text[]", ""),
                TableDeclaration.column("reminded", "text", ""), TableDeclaration.column("sealed", "bytea", ""),
                // Tries since its agent was to be told how it stands; none where no agent wants to be told.
                TableDeclaration.column("agent_calls", "integer", ""),
                TableDeclaration.column("agent_call_at", "timestamp with time zone", ""),
            ],
            primaryKey: [tenant, id], isSecured: true,
            indexes: [
                .init(
                    name: "subject_request__claim__idx",
                    statement: "CREATE UNIQUE INDEX subject_request__claim__idx ON subject_request (tenant_id, claim)"
                ),
                .init(
                    name: "subject_request__idempotency__idx",
                    statement: "CREATE UNIQUE INDEX subject_request__idempotency__idx ON subject_request (tenant_id, idempotency)"
                ),
                .init(
                    name: "subject_request__due__idx",
                    statement: "CREATE INDEX subject_request__due__idx ON subject_request (tenant_id, due_on, id) WHERE closed_at IS NULL"
                ),
                .init(
                    name: "subject_request__mails__idx",
                    statement: "CREATE INDEX subject_request__mails__idx ON subject_request (tenant_id, id) WHERE mails IS NOT NULL"
                ),
                .init(
                    name: "subject_request__agent_call__idx",
                    statement:
                        "CREATE INDEX subject_request__agent_call__idx ON subject_request (tenant_id, agent_call_at) WHERE agent_call_at IS NOT NULL"
                ),
            ]
        ),
        // Only added to. The number of an event is the version that it made of its request.
        TableDeclaration(
            name: TableDeclaration.known("request_event"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("request_id", "uuid"),
                TableDeclaration.column("number", "bigint"), TableDeclaration.column("at", "timestamp with time zone"),
                TableDeclaration.column("actor", "text"), TableDeclaration.column("event", "text"), TableDeclaration.column("detail", "text", ""),
            ],
            primaryKey: [tenant, TableDeclaration.known("request_id"), TableDeclaration.known("number")], isSecured: true
        ),
    ]
}
