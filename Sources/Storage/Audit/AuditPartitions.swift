import PostgresLink
package import Vocabulary

extension StoreDatabase {
    /// Makes the partitions of this month and the next. What no partition was made for goes to `audit_event_rest`, so that nothing
    /// that was recorded ever lacks a place.
    package func makeAuditPartitions(at now: Instant = .now()) async throws(StorageError) {
        do {
            for month in 0...1 {
                _ = try await database.write([
                    """
                    SELECT set_config('gatehouse.month',
                      (date_trunc('month', \(.timestamp(now)) AT TIME ZONE 'UTC') + make_interval(months => \(.int4(Int32(month)))))::text, true)
                    """,
                    Self.makePartition,
                ])
            }
        } catch {
            throw StorageError(error)
        }
    }

    /// Takes away the partitions of months that are over and have no rows of anybody any more.
    package func dropEmptyAuditPartitions() async throws(StorageError) {
        do { _ = try await database.write([Self.dropEmpty]) } catch { throw StorageError(error) }
    }

    /// Without a page there is no row, whoever may see which: row security would show an owner none of them. Vacuum takes the pages away.
    private static let dropEmpty: SQL = """
        DO $$
        DECLARE part text;
        BEGIN
          FOR part IN SELECT c.relname FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
            WHERE p.relname IN ('audit_event', 'audit_subject') AND c.relname ~ '_[0-9]{4}_[0-9]{2}$'
              AND right(c.relname, 7) < to_char((now() AT TIME ZONE 'UTC') - interval '1 month', 'YYYY_MM')
          LOOP
            EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE NOWAIT', part);
            IF pg_relation_size(part::regclass) = 0 THEN EXECUTE format('DROP TABLE %I', part); END IF;
          END LOOP;
        EXCEPTION WHEN lock_not_available THEN NULL;
        END $$
        """

    /// The time that a UUIDv7 begins with makes months of ids. A month whose rows have begun to gather in the rest stays there.
    private static let makePartition: SQL = """
        DO $$
        DECLARE
          month timestamp := current_setting('gatehouse.month')::timestamp;
          least text := lpad(to_hex((extract(epoch FROM month AT TIME ZONE 'UTC') * 1000)::bigint), 12, '0');
          bound text := lpad(to_hex((extract(epoch FROM (month + interval '1 month') AT TIME ZONE 'UTC') * 1000)::bigint), 12, '0');
          parent text;
          part text;
        BEGIN
          FOREACH parent IN ARRAY ARRAY['audit_event', 'audit_subject'] LOOP
            part := parent || to_char(month, '_YYYY_MM');
            CONTINUE WHEN to_regclass('public.' || part) IS NOT NULL;
            BEGIN
              EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, parent,
                (least || '00000000000000000000')::uuid, (bound || '00000000000000000000')::uuid);
              EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
              EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', part);
            EXCEPTION WHEN check_violation OR duplicate_table THEN NULL;
            END;
          END LOOP;
        END $$
        """
}
