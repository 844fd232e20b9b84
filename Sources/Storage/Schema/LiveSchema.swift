import PostgresLink

/// The tables that a database has, with their columns and types, and their row-level security.
struct LiveSchema: Sendable {
    var columns: [String: [String: String]] = [:]
    var indexes: Set<String> = []
    var constraints: Set<String> = []
    var securedTables: Set<String> = []
    var bypassesRowSecurity = false
    var role = ""

    /// Everything in the schema `public`.
    static func read(_ database: Database) async throws(StorageError) -> LiveSchema {
        let results: [ResultSet]
        do {
            results = try await database.read([
                """
                SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod)
                FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                AND a.attnum > 0 AND NOT a.attisdropped
                """,
                "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public'",
                "SELECT conname::text FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
                """
                SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity
                AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
                """,
                "SELECT current_user::text, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user",
            ])
        } catch {
            throw StorageError(error)
        }
        var live = LiveSchema()
        for row in 0..<results[0].rowCount {
            live.columns[results[0].text(row, 0) ?? "", default: [:]][results[0].text(row, 1) ?? ""] = results[0].text(row, 2) ?? ""
        }
        live.indexes = Set((0..<results[1].rowCount).compactMap { results[1].text($0, 0) })
        live.constraints = Set((0..<results[2].rowCount).compactMap { results[2].text($0, 0) })
        live.securedTables = Set((0..<results[3].rowCount).compactMap { results[3].text($0, 0) })
        live.role = results[4].text(0, 0) ?? ""
        live.bypassesRowSecurity = results[4].bool(0, 1) ?? false
        return live
    }
}
