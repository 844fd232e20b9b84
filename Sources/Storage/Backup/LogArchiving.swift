package import PostgresLink
package import Vocabulary

/// How a cluster archives its write-ahead log, as a role of one of its databases sees it.
package struct LogArchiving: Sendable, Equatable {
    package let level: String
    package let mode: String
    /// A command or a library that takes segments.
    package let hasCommand: Bool
    package let segmentByteCount: Int
    package let mayReplicate: Bool
    /// Whether the role may set restore points and end segments.
    package let mayMark: Bool
    /// Folders beside the cluster's own that tables lie in.
    package let tablespaceCount: Int
    package let isStandby: Bool

    package static func read(_ database: Database) async throws(StorageError) -> LogArchiving {
        let rows: ResultSet
        do {
            rows = try await database.read([
                """
                SELECT current_setting('wal_level'), current_setting('archive_mode'),
                current_setting('archive_command') NOT IN ('', '(disabled)') OR coalesce(current_setting('archive_library', true), '') <> '',
                (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'),
                (SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user),
                has_function_privilege('pg_create_restore_point(text)', 'EXECUTE') AND has_function_privilege('pg_switch_wal()', 'EXECUTE'),
                (SELECT count(*) FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')), pg_is_in_recovery()
                """
            ])[0]
        } catch {
            throw StorageError(error)
        }
        return LogArchiving(
            level: rows.text(0, 0) ?? "", mode: rows.text(0, 1) ?? "", hasCommand: rows.bool(0, 2) ?? false,
            segmentByteCount: Int(rows.int64(0, 3) ?? 0), mayReplicate: rows.bool(0, 4) ?? false, mayMark: rows.bool(0, 5) ?? false,
            tablespaceCount: Int(rows.int64(0, 6) ?? 0), isStandby: rows.bool(0, 7) ?? false)
    }

    /// A mark that was set into the log.
    package struct Mark: Sendable, Equatable {
        /// As PostgreSQL writes it: `0/5000028`.
        package let position: String
        /// The name of the segment it is in.
        package let segment: String
        /// By the server's clock.
        package let setAt: Instant
    }

    /// Sets a restore point, and ends the segment it is in, which is archived then.
    package static func mark(_ name: String, _ database: Database) async throws(StorageError) -> Mark {
        do {
            // The name of a segment tells of the timeline that is written now; a position just behind the mark is in the mark's own.
            let rows = try await database.write([
                """
                SELECT p::text, pg_walfile_name(p - 1), clock_timestamp() FROM (SELECT pg_create_restore_point(\(.text(name))) AS p OFFSET 0) m
                """,
                "SELECT pg_switch_wal()::text",
            ])[0]
            return Mark(position: rows.text(0, 0) ?? "", segment: rows.text(0, 1) ?? "", setAt: rows.timestamp(0, 2) ?? .now())
        } catch {
            throw StorageError(error)
        }
    }

    /// Where the log is written now.
    package struct Position: Sendable, Equatable {
        /// As PostgreSQL writes it: `0/5000028`.
        package let position: String
        /// Eight hexadecimal digits.
        package let timeline: String
        /// By the server's clock.
        package let at: Instant
    }

    package static func position(_ database: Database) async throws(StorageError) -> Position {
        do {
            let rows = try await database.read([
                "SELECT p::text, left(pg_walfile_name(p), 8), clock_timestamp() FROM (SELECT pg_current_wal_insert_lsn() AS p OFFSET 0) m"
            ])[0]
            return Position(position: rows.text(0, 0) ?? "", timeline: rows.text(0, 1) ?? "", at: rows.timestamp(0, 2) ?? .now())
        } catch {
            throw StorageError(error)
        }
    }

    /// What all databases of the cluster take, about.
    package static func byteEstimate(_ database: Database) async throws(StorageError) -> Int {
        do {
            let rows = try await database.read([
                "SELECT sum(pg_database_size(oid))::bigint FROM pg_database WHERE has_database_privilege(oid, 'CONNECT')"
            ])
            return Int(rows[0].int64(0, 0) ?? 0)
        } catch {
            throw StorageError(error)
        }
    }

    /// The segment whose archiving failed last, unless another was archived since.
    package static func failing(_ database: Database) async throws(StorageError) -> String? {
        do {
            return try await database.read([
                """
                SELECT last_failed_wal FROM pg_stat_archiver
                WHERE last_failed_time > coalesce(last_archived_time, '-infinity')
                """
            ])[0].text(0, 0)
        } catch {
            throw StorageError(error)
        }
    }
}
