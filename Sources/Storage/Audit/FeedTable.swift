package import PostgresLink
package import Vocabulary

/// How far a feed has been delivered.
package struct StoredFeed: Sendable, Equatable {
    package let feed: String
    /// The next entry to deliver.
    package let next: LogPlace
    package let deliveredAt: Instant?
    package let failingSince: Instant?
    package let failure: String?
}

extension StoreDatabase {
    package static func feeds(of tenant: TenantID) -> SQL {
        """
        SELECT feed, epoch, position, delivered_at, failing_since, failure FROM audit_feed WHERE tenant_id = \(.uuid(tenant.uuid)) ORDER BY feed
        """
    }

    package static func storedFeeds(_ rows: ResultSet) -> [StoredFeed] {
        (0..<rows.rowCount).compactMap { row in
            guard let feed = rows.text(row, 0), let epoch = rows.int64(row, 1), let position = rows.int64(row, 2) else { return nil }
            return StoredFeed(
                feed: feed, next: LogPlace(epoch: Int(epoch), position: Int(position)), deliveredAt: rows.timestamp(row, 3),
                failingSince: rows.timestamp(row, 4), failure: rows.text(row, 5)
            )
        }
    }

    /// Holds a feed for a while, so that of several gateways one delivers. It begins with the first entry of the log.
    ///
    /// A row with the next place comes back to whoever holds it.
    package static func holdFeed(_ feed: String, for time: Duration, tenant: TenantID) -> SQL {
        let end = SQLParameter.double(Double(time.components.seconds))
        return """
            INSERT INTO audit_feed (tenant_id, feed, epoch, position, held_until)
            VALUES (\(.uuid(tenant.uuid)), \(.text(feed)), 1, 0, now() + make_interval(secs => \(end)))
            ON CONFLICT (tenant_id, feed) DO UPDATE SET held_until = excluded.held_until
            WHERE audit_feed.held_until IS NULL OR audit_feed.held_until < now()
            RETURNING epoch, position
            """
    }

    /// Moves a feed on, from where it was held; a delivery that somebody else has overtaken moves nothing.
    package static func moveFeed(_ feed: String, from: LogPlace, to place: LogPlace, tenant: TenantID) -> SQL {
        """
        UPDATE audit_feed SET epoch = \(.int4(Int32(place.epoch))), position = \(.int8(Int64(place.position))), delivered_at = now(),
          held_until = NULL, failing_since = NULL, failure = NULL
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND feed = \(.text(feed)) AND epoch = \(.int4(Int32(from.epoch)))
          AND position = \(.int8(Int64(from.position)))
        """
    }

    package static func releaseFeed(_ feed: String, failure: String?, tenant: TenantID) -> SQL {
        """
        UPDATE audit_feed SET held_until = NULL, failing_since = CASE WHEN \(.text(failure))::text IS NULL THEN NULL ELSE coalesce(failing_since, now()) END,
          failure = \(.text(failure))
        WHERE tenant_id = \(.uuid(tenant.uuid)) AND feed = \(.text(feed))
        """
    }

    // MARK: Margins that go

    /// Events about a person lose what stands beside their entries, now and for as long as some may still be on their way.
    package static func beginWipe(_ pseudonym: UUIDv7, until: Instant, tenant: TenantID) -> SQL {
        """
        INSERT INTO audit_wipe (tenant_id, pseudonym, until) VALUES (\(.uuid(tenant.uuid)), \(.uuid(pseudonym)), \(.timestamp(until)))
        ON CONFLICT (tenant_id, pseudonym) DO UPDATE SET until = excluded.until
        """
    }

    package static func cancelWipe(_ pseudonym: UUIDv7, tenant: TenantID) -> SQL {
        "DELETE FROM audit_wipe WHERE tenant_id = \(.uuid(tenant.uuid)) AND pseudonym = \(.uuid(pseudonym))"
    }

    /// Takes the margins away of every event about somebody on the list, then forgets those whose time is over.
    package static func wipeMargins(of tenant: TenantID, at now: Instant) -> [SQL] {
        let id = SQLParameter.uuid(tenant.uuid)
        return [
            """
            UPDATE audit_event SET reason = NULL, salt = NULL, records = NULL
            WHERE tenant_id = \(id) AND salt IS NOT NULL AND id IN (
              SELECT s.id FROM audit_wipe w JOIN audit_subject s ON s.tenant_id = w.tenant_id AND s.pseudonym = w.pseudonym
              WHERE w.tenant_id = \(id))
            """,
            "DELETE FROM audit_wipe WHERE tenant_id = \(id) AND until < \(.timestamp(now))",
        ]
    }

    // MARK: Dropped entries

    /// The first entry of an epoch that is not older than a time, or its size: entries before may have lasted their time.
    package static func firstEntry(from time: Instant, tenant: TenantID) -> SQL {
        """
        SELECT c.epoch, c.size, coalesce((
            SELECT min(e.position) FROM audit_event e
            WHERE e.tenant_id = c.tenant_id AND e.epoch = c.epoch AND e.id >= \(.uuid(least(time)))), c.size),
          coalesce((SELECT p.below FROM audit_prune p WHERE p.tenant_id = c.tenant_id AND p.epoch = c.epoch), 0)
        FROM audit_checkpoint c WHERE c.tenant_id = \(.uuid(tenant.uuid)) ORDER BY c.epoch
        """
    }

    /// Drops the entries of an epoch below a position; their hashes stay in the tiles.
    package static func prune(below place: LogPlace, tenant: TenantID) -> [SQL] {
        let (id, epoch, below) = (SQLParameter.uuid(tenant.uuid), SQLParameter.int4(Int32(place.epoch)), SQLParameter.int8(Int64(place.position)))
        return [
            """
            INSERT INTO audit_prune (tenant_id, epoch, below) VALUES (\(id), \(epoch), \(below))
            ON CONFLICT (tenant_id, epoch) DO UPDATE SET below = greatest(audit_prune.below, excluded.below)
            """,
            """
            DELETE FROM audit_subject WHERE tenant_id = \(id) AND id IN (
              SELECT e.id FROM audit_event e WHERE e.tenant_id = \(id) AND e.epoch = \(epoch) AND e.position < \(below))
            """,
            "DELETE FROM audit_event WHERE tenant_id = \(id) AND epoch = \(epoch) AND position < \(below)",
        ]
    }

    package static func prunes(of tenant: TenantID) -> SQL {
        "SELECT epoch, below FROM audit_prune WHERE tenant_id = \(.uuid(tenant.uuid))"
    }

    /// For each epoch the position below which entries were dropped.
    package static func storedPrunes(_ rows: ResultSet) -> [Int: Int] {
        let pairs = (0..<rows.rowCount).compactMap { row in
            rows.int64(row, 0).flatMap { epoch in rows.int64(row, 1).map { (Int(epoch), Int($0)) } }
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }
}
