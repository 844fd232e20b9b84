import PostgresLink

/// The tables of the audit trail. Events come into the inbox; the sequencer moves them, in the order of the log, to where they stay.
enum AuditSchema {
    private static let tenant = TableDeclaration.known("tenant_id")
    private static let id = TableDeclaration.known("id")
    private static let epoch = TableDeclaration.known("epoch")

    private static func column(_ name: StaticString, _ type: StaticString, _ constraint: SQL = "NOT NULL") -> TableDeclaration.Column {
        TableDeclaration.column(name, type, constraint)
    }

    private static func table(
        _ name: StaticString, _ columns: [TableDeclaration.Column], key: [SQLIdentifier]
    ) -> TableDeclaration {
        TableDeclaration(
            name: TableDeclaration.known(name), columns: [column("tenant_id", "uuid")] + columns, primaryKey: [tenant] + key, isSecured: true
        )
    }

    static let tables: [TableDeclaration] = [inbox, event, subject, log, checkpoint, tile, witness, feed, wipe, prune]

    private static let inbox: TableDeclaration = {
        var inbox = table("audit_inbox", [column("id", "uuid"), column("is_repeated", "boolean"), column("events", "bytea")], key: [id])
        inbox.uncompressed = [TableDeclaration.known("events")]
        return inbox
    }()

    /// Partitioned by the time in the events' ids, so that a month that has lasted its time goes at once.
    private static let event: TableDeclaration = {
        var event = table(
            "audit_event",
            [
                column("id", "uuid"), column("epoch", "integer"), column("position", "bigint"), column("at", "timestamp with time zone"),
                column("actor", "text"), column("action", "text"), column("entity", "text"), column("decision", "text"),
                column("purpose", "text", ""), column("grant_id", "uuid", ""), column("reason", "text", ""), column("salt", "bytea", ""),
                column("records", "bytea", ""), column("entry", "bytea"),
            ],
            key: [id]
        )
        event.isPartitioned = true
        event.indexes = [
            .init(
                name: "audit_event__position__idx",
                statement: "CREATE INDEX audit_event__position__idx ON audit_event (tenant_id, epoch, position)"
            ),
            .init(name: "audit_event__actor__idx", statement: "CREATE INDEX audit_event__actor__idx ON audit_event (tenant_id, actor, id)"),
        ]
        return event
    }()

    /// Whom events are about. Found by equality alone: under row security nothing else may be asked of an index.
    private static let subject: TableDeclaration = {
        var subject = table(
            "audit_subject", [column("pseudonym", "uuid"), column("id", "uuid")], key: [TableDeclaration.known("pseudonym"), id]
        )
        subject.isPartitioned = true
        // Rows come in about the order of their ids: a summary of each stretch of the table costs next to nothing, and saves whoever adds up
        // a day from reading the month.
        subject.indexes = [
            .init(
                name: "audit_subject__id__idx",
                statement: "CREATE INDEX audit_subject__id__idx ON audit_subject USING brin (id) WITH (autosummarize = on)"
            )
        ]
        return subject
    }()

    /// The tenant's log as it grows: one row, which whoever appends holds locked.
    private static let log = table(
        "audit_log",
        [
            column("name", "text"), column("epoch", "integer"), column("size", "bigint"), column("root", "bytea"),
            column("signer", "bytea", ""), column("updated_at", "timestamp with time zone"),
        ],
        key: []
    )

    /// The newest signed head of each epoch.
    private static let checkpoint = table(
        "audit_checkpoint",
        [
            column("epoch", "integer"), column("size", "bigint"), column("root", "bytea"), column("note", "text"),
            column("signed_at", "timestamp with time zone"),
        ],
        key: [epoch]
    )

    private static let tile = table(
        "audit_tile", [column("epoch", "integer"), column("level", "integer"), column("number", "bigint"), column("hashes", "bytea")],
        key: [epoch, TableDeclaration.known("level"), TableDeclaration.known("number")]
    )

    /// What each witness has confirmed, and since when it has not.
    private static let witness = table(
        "audit_witness",
        [
            column("epoch", "integer"), column("witness", "text"), column("size", "bigint"), column("note", "text"), column("evidence", "bytea", ""),
            column("witnessed_at", "timestamp with time zone", ""), column("tried_at", "timestamp with time zone"),
            column("failing_since", "timestamp with time zone", ""), column("failure", "text", ""),
        ],
        key: [epoch, TableDeclaration.known("witness")]
    )

    /// How far each feed has been delivered.
    private static let feed = table(
        "audit_feed",
        [
            column("feed", "text"), column("epoch", "integer"), column("position", "bigint"), column("held_until", "timestamp with time zone", ""),
            column("delivered_at", "timestamp with time zone", ""), column("failing_since", "timestamp with time zone", ""),
            column("failure", "text", ""),
        ],
        key: [TableDeclaration.known("feed")]
    )

    /// Pseudonyms of people whose key was just destroyed: margins of events that are still on their way are taken away, too.
    private static let wipe = table(
        "audit_wipe", [column("pseudonym", "uuid"), column("until", "timestamp with time zone")], key: [TableDeclaration.known("pseudonym")]
    )

    /// Entries below this position were dropped when they had lasted their time; their hashes stay.
    private static let prune = table("audit_prune", [column("epoch", "integer"), column("below", "bigint")], key: [epoch])
}
