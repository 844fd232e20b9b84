package import PostgresLink

/// Closing a database to everybody but a restore, and opening it again. For a role that may (``DatabaseStanding/mayMark``), over a link that
/// passes (``LinkSettings/passesRestores``).
package enum RestoreClosing {
    /// Marks the database as being restored, or the restore as having come further. Sessions from before are not touched.
    ///
    /// - Parameters:
    ///   - restore: what the restore is called.
    ///   - step: where it goes on when it is broken off now.
    package static func mark(_ database: Database, restore: String, step: String) async throws(StorageError) {
        try await change(database, text: "\(restore) \(step)") {
            """
            DO $$ BEGIN
              EXECUTE format('ALTER DATABASE %I SET gatehouse.restoring = %L', current_database(), current_setting('gatehouse.mark'));
            END $$
            """
        }
    }

    /// Opens the database, and tells whoever knew it before that it is another one now.
    package static func open(_ database: Database, restored: String) async throws(StorageError) {
        try await change(database, text: restored) {
            """
            DO $$ BEGIN
              EXECUTE format('ALTER DATABASE %I SET gatehouse.restored = %L', current_database(), current_setting('gatehouse.mark'));
              EXECUTE format('ALTER DATABASE %I RESET gatehouse.restoring', current_database());
            END $$
            """
        }
    }

    private static func change(_ database: Database, text: String, _ statement: () -> SQL) async throws(StorageError) {
        do {
            // One transaction: DO takes no parameters, and ALTER DATABASE neither.
            _ = try await database.write(["SELECT set_config('gatehouse.mark', \(.text(text)), true)", statement()])
        } catch {
            throw StorageError(error)
        }
    }

    /// Ends all other sessions of the database, and answers the roles of those that are left, because they stand above ours or do
    /// not end.
    ///
    /// To be called after ``mark(_:restore:step:)``: whoever comes then finds the mark.
    package static func endSessions(_ database: Database) async throws(StorageError) -> [String] {
        do {
            // Five seconds at most for each. Whoever comes after this moment has seen the mark.
            let moment = try await database.write([
                "SELECT now()::text",
                """
                SELECT count(pg_terminate_backend(a.pid, 5000))
                FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid, pg_roles own
                WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
                AND own.rolname = current_user AND (own.rolsuper OR (NOT r.rolsuper AND pg_has_role(r.oid, 'USAGE')))
                """,
            ])[0].text(0, 0)
            // In a transaction of its own, which looks afresh. Of those above us we are told neither their kind nor since when they are there.
            let left = try await database.write([
                """
                SELECT DISTINCT r.rolname::text FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid
                WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND coalesce(a.backend_type, 'client backend') = 'client backend'
                AND coalesce(a.backend_start, '-infinity') <= \(.text(moment))::timestamptz ORDER BY 1
                """
            ])[0]
            return (0..<left.rowCount).compactMap { left.text($0, 0) }
        } catch {
            throw StorageError(error)
        }
    }

    /// Drops everything that a database holds, whosever it is, in one transaction; its settings and extensions stay.
    package static func empty(_ database: Database) async throws(StorageError) {
        do {
            _ = try await database.write([
                """
                DO $$ DECLARE item record; BEGIN
                  FOR item IN SELECT nspname FROM pg_namespace n WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
                    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
                  LOOP EXECUTE format('DROP SCHEMA %I CASCADE', item.nspname); END LOOP;
                  FOR item IN SELECT c.relname, CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                    WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS kind
                    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
                    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
                    -- A sequence of an identity column goes with its table, and not without it.
                    ORDER BY c.relkind = 'S'
                  LOOP EXECUTE format('DROP %s IF EXISTS public.%I CASCADE', item.kind, item.relname); END LOOP;
                  FOR item IN SELECT p.oid::regprocedure::text AS name FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
                    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
                  LOOP EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', item.name); END LOOP;
                  FOR item IN SELECT t.typname FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('d', 'e', 'c', 'r')
                    AND (t.typrelid = 0 OR EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
                    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
                  LOOP EXECUTE format('DROP TYPE IF EXISTS public.%I CASCADE', item.typname); END LOOP;
                END $$
                """
            ])
        } catch {
            throw StorageError(error)
        }
    }
}
