import PostgresLink

/// Tables of the store about legal holds, retention and what was archived.
enum RetentionSchema {
    static let tables: [TableDeclaration] = [hold, gate, reach, run, item, tally, review, archive]

    private static func known(_ name: StaticString) -> SQLIdentifier { TableDeclaration.known(name) }

    private static func column(_ name: StaticString, _ type: StaticString, _ constraint: SQL = "NOT NULL") -> TableDeclaration.Column {
        TableDeclaration.column(name, type, constraint)
    }

    private static func table(
        _ name: StaticString, _ columns: [TableDeclaration.Column], key: [StaticString], indexes: [TableDeclaration.Named] = []
    ) -> TableDeclaration {
        TableDeclaration(
            name: known(name), columns: [column("tenant_id", "uuid")] + columns, primaryKey: [known("tenant_id")] + key.map { known($0) },
            isSecured: true, indexes: indexes
        )
    }

    /// Matter, basis, condition and the reason of the release rest sealed: they may name people.
    private static let hold = table(
        "legal_hold",
        [
            column("id", "uuid"), column("kind", "text", "NOT NULL CHECK (kind IN ('subject', 'entity', 'query'))"),
            column("subject_id", "uuid", ""), column("entity", "text", ""), column("words", "bytea"), column("review_on", "date"),
            column("placed_at", "timestamp with time zone"), column("placed_by", "text"), column("records", "bigint"), column("people", "bigint"),
            column("released_at", "timestamp with time zone", ""), column("released_by", "text", ""), column("release_reason", "bytea", ""),
        ],
        key: ["id"],
        indexes: [
            .init(
                name: "legal_hold__subject_id__idx",
                statement: "CREATE INDEX legal_hold__subject_id__idx ON legal_hold (tenant_id, subject_id) WHERE released_at IS NULL"
            )
        ]
    )

    /// One row for each tenant: whoever places a hold has it alone, whoever deletes shares it.
    private static let gate = table("hold_gate", [], key: [])

    /// Records that a hold reached when it was placed: a later change takes none of them out. Goes with the release.
    private static let reach = table(
        "hold_reach",
        [column("hold_id", "uuid"), column("entity", "text"), column("record_id", "uuid"), column("subject_id", "uuid", "")],
        key: ["hold_id", "entity", "record_id"],
        indexes: [
            .init(
                name: "hold_reach__record_id__idx", statement: "CREATE INDEX hold_reach__record_id__idx ON hold_reach (tenant_id, record_id)"
            ),
            .init(
                name: "hold_reach__subject_id__idx", statement: "CREATE INDEX hold_reach__subject_id__idx ON hold_reach (tenant_id, subject_id)"
            ),
        ]
    )

    /// A run of retention, and how far it is. Any gateway can go on with it.
    private static let run = table(
        "retention_run",
        [
            column("id", "uuid"), column("rules", "text[]"), column("rate", "integer"), column("started_at", "timestamp with time zone"),
            column("started_by", "text"), column("rule", "integer"), column("is_listed", "boolean"), column("position", "uuid", ""),
            column("done", "bigint"), column("total", "bigint"), column("events", "uuid[]"), column("runner", "uuid", ""),
            column("leased_until", "timestamp with time zone", ""), column("finished_at", "timestamp with time zone", ""),
            column("report", "bytea", ""),
        ],
        key: ["id"],
        indexes: [
            .init(
                name: "retention_run__open__idx",
                statement: "CREATE UNIQUE INDEX retention_run__open__idx ON retention_run (tenant_id) WHERE finished_at IS NULL"
            )
        ]
    )

    /// Records that a run still has to do with. One with a holder is gone, and its search tokens are to follow.
    private static let item = table(
        "retention_item", [column("run_id", "uuid"), column("rule", "text"), column("id", "uuid"), column("holder", "uuid", "")],
        key: ["run_id", "rule", "id"]
    )

    /// What came of a run, in numbers.
    private static let tally = table(
        "retention_tally",
        [column("run_id", "uuid"), column("rule", "text"), column("outcome", "text"), column("entity", "text"), column("count", "bigint")],
        key: ["run_id", "rule", "outcome", "entity"]
    )

    /// Records that somebody has looked at and that stay, until something goes on in them.
    private static let review = table(
        "retention_review",
        [
            column("rule", "text"), column("record_id", "uuid"), column("subject_id", "uuid", ""), column("anchor", "timestamp with time zone"),
            column("reviewed_at", "timestamp with time zone"), column("reviewed_by", "text"),
        ],
        key: ["rule", "record_id"],
        indexes: [
            .init(
                name: "retention_review__subject_id__idx",
                statement: "CREATE INDEX retention_review__subject_id__idx ON retention_review (tenant_id, subject_id)"
            )
        ]
    )

    /// Whole rows that left their table; their cells stay sealed under the keys of the people they are about.
    private static let archive = table(
        "archived_record",
        [
            column("entity", "text"), column("id", "uuid"), column("subject_id", "uuid", ""), column("run_id", "uuid"), column("rule", "text"),
            column("archived_at", "timestamp with time zone"), column("contents", "jsonb"),
        ],
        key: ["entity", "id"],
        indexes: [
            .init(
                name: "archived_record__subject_id__idx",
                statement: "CREATE INDEX archived_record__subject_id__idx ON archived_record (tenant_id, subject_id)"
            )
        ]
    )
}
