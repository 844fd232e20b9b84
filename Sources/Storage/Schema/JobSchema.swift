import PostgresLink

/// Tables of the store about jobs: imports and exports of many records, which go on when nobody waits for an answer.
enum JobSchema {
    static let tables: [TableDeclaration] = [job, part, line]

    private static let tenant = TableDeclaration.known("tenant_id")

    private static func column(_ name: StaticString, _ type: StaticString, _ constraint: SQL = "NOT NULL") -> TableDeclaration.Column {
        TableDeclaration.column(name, type, constraint)
    }

    private static let job = TableDeclaration(
        name: TableDeclaration.known("record_job"),
        columns: [
            column("tenant_id", "uuid"), column("id", "uuid"), column("kind", "text"), column("entity", "text"), column("state", "text"),
            // The API key whose job it is, under whose policy each step is decided.
            column("owner", "text"), column("purpose", "text", ""), column("is_dry_run", "boolean"),
            // Sealed with the job's own key: the question of an export, the stated reason.
            column("content", "bytea", ""),
            // Parts that were uploaded, or made; those that are done; rows in them.
            column("parts", "integer"), column("done_parts", "integer"), column("total", "bigint"), column("created", "bigint"),
            column("updated", "bigint"), column("skipped", "bigint"), column("refused", "bigint"),
            column("next", "text", ""), column("code", "text", ""), column("created_at", "timestamp with time zone"),
            column("ended_at", "timestamp with time zone", ""), column("files_until", "timestamp with time zone"),
            column("revertible_until", "timestamp with time zone", ""), column("due_at", "timestamp with time zone", ""),
        ],
        primaryKey: [tenant, TableDeclaration.known("id")], isSecured: true,
        indexes: [
            .init(
                name: "record_job__due__idx",
                statement: "CREATE INDEX record_job__due__idx ON record_job (tenant_id, due_at) WHERE due_at IS NOT NULL")
        ]
    )

    /// Rows on their way in, sealed with the job's own key; gone once they have been taken.
    private static let part = TableDeclaration(
        name: TableDeclaration.known("record_job_part"),
        columns: [
            column("tenant_id", "uuid"), column("job_id", "uuid"), column("number", "integer"), column("row_count", "integer"),
            column("sealed", "bytea"),
        ],
        primaryKey: [tenant, TableDeclaration.known("job_id"), TableDeclaration.known("number")], isSecured: true,
        uncompressed: [TableDeclaration.known("sealed")]
    )

    /// What became of a row, written in the transaction in which it did: so no row has an effect twice, whenever a gateway dies.
    ///
    /// `sealed` is the record as it is exported, or the values that a row has replaced, under the key of the person; or a refused row, under
    /// the job's own.
    private static let line = TableDeclaration(
        name: TableDeclaration.known("record_job_line"),
        columns: [
            column("tenant_id", "uuid"), column("job_id", "uuid"), column("number", "bigint"), column("fate", "text"),
            column("record_id", "uuid", ""), column("subject_id", "uuid", ""), column("version", "bigint", ""), column("sight", "text", ""),
            column("sealed", "bytea", ""), column("reverted", "text", ""),
        ],
        primaryKey: [tenant, TableDeclaration.known("job_id"), TableDeclaration.known("number")], isSecured: true,
        uncompressed: [TableDeclaration.known("sealed")],
        indexes: [
            .init(
                name: "record_job_line__subject__idx",
                statement: """
                    CREATE INDEX record_job_line__subject__idx ON record_job_line (tenant_id, subject_id) WHERE subject_id IS NOT NULL
                    """),
            .init(
                name: "record_job_line__record__idx",
                statement: "CREATE INDEX record_job_line__record__idx ON record_job_line (tenant_id, job_id, record_id)"),
        ]
    )
}
