import PostgresLink

/// The table of answers that are kept for callers who send their call again.
///
/// A row is written in the transaction of the change that it answers. What it answers rests in `sealed`, under the data key of whom the answer is
/// about, or the tenant's own: destroying a person's key ends it everywhere.
enum AnswerSchema {
    private static let answer = TableDeclaration.known("kept_answer")

    static let tables: [TableDeclaration] = [
        TableDeclaration(
            name: answer,
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("scope", "bytea"),
                TableDeclaration.column("fingerprint", "bytea"), TableDeclaration.column("kept_until", "timestamp with time zone"),
                TableDeclaration.column("action", "text"), TableDeclaration.column("resource", "text"), TableDeclaration.column("event_id", "uuid"),
                TableDeclaration.column("record_id", "uuid", ""), TableDeclaration.column("subject_id", "uuid", ""),
                TableDeclaration.column("sight", "text", ""), TableDeclaration.column("sealed", "bytea"),
            ],
            primaryKey: [TableDeclaration.known("tenant_id"), TableDeclaration.known("scope")], isSecured: true,
            indexes: [
                .init(
                    name: "kept_answer__until",
                    statement: "CREATE INDEX \(TableDeclaration.known("kept_answer__until")) ON \(answer) (tenant_id, kept_until)"),
                .init(
                    name: "kept_answer__subject",
                    statement: """
                        CREATE INDEX \(TableDeclaration.known("kept_answer__subject")) ON \(answer) (tenant_id, subject_id)
                          WHERE subject_id IS NOT NULL
                        """),
            ]
        )
    ]
}
