package import PostgresLink

/// What a database is to whoever wants to back it up or fill it, and what they may do there.
package struct DatabaseStanding: Sendable, Equatable {
    package let database: String
    package let role: String
    /// Our tables force row security on their owner, too: only such a role sees the rows of every tenant.
    package let isAboveRowSecurity: Bool
    /// Tables that the role may not read all of.
    package let unreadable: Int
    /// Whether the role is the database's owner, or a member of it.
    package let ownsDatabase: Bool
    /// Whether the role may write the mark of a restore into the database's settings.
    package let mayMark: Bool
    /// As in `server_version_num`: 150018 is 15.18.
    package let serverVersion: Int
    /// Names the cluster and every physical copy of it; `nil` when the role is not told.
    package let systemIdentifier: Int64?
    /// Tables, views and sequences that are not PostgreSQL's own and of no extension, with their schema.
    package let relations: [String]

    package var isEmpty: Bool { relations.isEmpty }

    package static func read(_ database: Database) async throws(StorageError) -> DatabaseStanding {
        let results: [ResultSet]
        do {
            results = try await database.read([
                """
                SELECT current_database()::text, current_user::text, r.rolsuper OR r.rolbypassrls, pg_has_role(d.datdba, 'USAGE'), r.rolsuper,
                current_setting('server_version_num')::bigint
                FROM pg_roles r, pg_database d WHERE r.rolname = current_user AND d.datname = current_database()
                """,
                """
                SELECT format('%I.%I', n.nspname, c.relname), c.relkind NOT IN ('r', 'p', 'S') OR has_table_privilege(c.oid, 'SELECT')
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
                AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
                ORDER BY 1
                """,
            ])
        } catch {
            throw StorageError(error)
        }
        let (own, relations) = (results[0], results[1])
        let version = Int(own.int64(0, 5) ?? 0)
        return DatabaseStanding(
            database: own.text(0, 0) ?? "", role: own.text(0, 1) ?? "", isAboveRowSecurity: own.bool(0, 2) ?? false,
            unreadable: (0..<relations.rowCount).filter { relations.bool($0, 1) == false }.count, ownsDatabase: own.bool(0, 3) ?? false,
            mayMark: try await mayMark(database, isSuperuser: own.bool(0, 4) ?? false, version), serverVersion: version,
            systemIdentifier: try await systemIdentifier(database),
            relations: (0..<relations.rowCount).compactMap { relations.text($0, 0) }
        )
    }

    /// A setting that the server does not know is for superusers, and since 15 for those whom one has granted it.
    private static func mayMark(_ database: Database, isSuperuser: Bool, _ version: Int) async throws(StorageError) -> Bool {
        if isSuperuser || version < 150_000 { return isSuperuser }
        do {
            return try await database.read(["SELECT has_parameter_privilege('gatehouse.restoring', 'SET')"])[0].bool(0, 0) ?? false
        } catch {
            throw StorageError(error)
        }
    }

    private static func systemIdentifier(_ database: Database) async throws(StorageError) -> Int64? {
        do {
            return try await database.read(["SELECT system_identifier FROM pg_control_system()"])[0].int64(0, 0)
        } catch {
            // Some hosters do not show it.
            if error.sqlState == "42501" { return nil }
            throw StorageError(error)
        }
    }
}
