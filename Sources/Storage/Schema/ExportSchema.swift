import PostgresLink

/// Tables of the store about packages of exports: ciphertext for the requester's own key or passphrase, and nothing else of anybody.
enum ExportSchema {
    private static let package = TableDeclaration.known("export_package")
    private static let part = TableDeclaration.known("export_part")

    static let tables: [TableDeclaration] = [
        TableDeclaration(
            name: package,
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("id", "uuid"),
                TableDeclaration.column("request_id", "uuid"), TableDeclaration.column("subject_ids", "uuid[]"),
                TableDeclaration.column("token_code", "bytea"), TableDeclaration.column("byte_count", "bigint"),
                TableDeclaration.column("built_at", "timestamp with time zone"), TableDeclaration.column("built_by", "text"),
                TableDeclaration.column("expires_at", "timestamp with time zone"), TableDeclaration.column("fetches", "integer"),
                TableDeclaration.column("first_fetched_at", "timestamp with time zone", ""),
            ],
            primaryKey: [TableDeclaration.known("tenant_id"), TableDeclaration.known("id")], isSecured: true,
            indexes: [
                .init(
                    name: "export_package__token",
                    statement: "CREATE UNIQUE INDEX \(TableDeclaration.known("export_package__token")) ON \(package) (tenant_id, token_code)"),
                .init(
                    name: "export_package__request",
                    statement: "CREATE INDEX \(TableDeclaration.known("export_package__request")) ON \(package) (tenant_id, request_id)"),
            ]
        ),
        // Parts stand before their package does: until then they are nothing, and go after an hour.
        TableDeclaration(
            name: part,
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("package_id", "uuid"),
                TableDeclaration.column("number", "integer"), TableDeclaration.column("written_at", "timestamp with time zone"),
                TableDeclaration.column("bytes", "bytea"),
            ],
            primaryKey: [TableDeclaration.known("tenant_id"), TableDeclaration.known("package_id"), TableDeclaration.known("number")],
            isSecured: true, uncompressed: [TableDeclaration.known("bytes")]
        ),
    ]
}
