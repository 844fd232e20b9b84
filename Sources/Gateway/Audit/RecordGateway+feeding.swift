import AuditTrail
import Identity
import Policies
import PostgresLink
package import Storage
import TransparencyLog
package import Vocabulary

/// Entries for a feed, in the order of the log.
package struct FeedBatch: Sendable {
    package let events: [DisclosedEvent]
    /// Where these begin, and where the feed goes on once they are delivered.
    package let start: LogPlace
    package let end: LogPlace
}

extension RecordGateway {
    /// How long a delivery may take before another gateway takes the feed over.
    package static var feedPatience: Duration { .seconds(60) }

    /// What a feed has not been given yet, if this gateway may deliver it: the feed is held until ``delivered(_:to:of:)`` or
    /// ``notDelivered(_:_:of:)``. Only what stands in the log is delivered, so that a feed can be held against it.
    package func feedBatch(for feed: String, limit: Int, of tenant: TenantID) async throws(Refusal) -> FeedBatch? {
        do throws(StorageError) { return try await nextBatch(for: feed, limit: limit, of: tenant) } catch { throw refusal(error) }
    }

    private func nextBatch(for feed: String, limit: Int, of tenant: TenantID) async throws(StorageError) -> FeedBatch? {
        let held = try await changed(StoreDatabase.holdFeed(feed, for: Self.feedPatience, tenant: tenant), tenant)
        guard held.rowCount == 1, let epoch = held.int64(0, 0), let position = held.int64(0, 1) else { return nil }
        let start = LogPlace(epoch: Int(epoch), position: Int(position))
        do throws(StorageError) {
            let rows = try await store.read(
                Scope(tenant: tenant), [StoreDatabase.log(of: tenant), StoreDatabase.checkpoints(of: tenant), StoreDatabase.prunes(of: tenant)])
            guard let log = StoreDatabase.storedLog(rows[0]) else { throw StorageError.unrecorded }
            let ended = StoreDatabase.storedCheckpoints(rows[1]).first { $0.epoch == start.epoch && $0.epoch < log.epoch }
            let pruned = StoreDatabase.storedPrunes(rows[2])[start.epoch] ?? 0
            let events = try await store.auditEntries(
                from: LogPlace(epoch: start.epoch, position: max(start.position, pruned)), to: .max, limit: limit, Scope(tenant: tenant))
            if let last = events.last?.place {
                return FeedBatch(
                    events: events.map { DisclosedEvent($0) }, start: start, end: LogPlace(epoch: last.epoch, position: last.position + 1))
            }
            // An epoch that was delivered to its end is followed by the next.
            if start.epoch < log.epoch, start.position >= ended?.size ?? 0 {
                return FeedBatch(events: [], start: start, end: LogPlace(epoch: start.epoch + 1, position: 0))
            }
            _ = try await changed(StoreDatabase.releaseFeed(feed, failure: nil, tenant: tenant), tenant)
            return nil
        } catch {
            _ = try? await changed(StoreDatabase.releaseFeed(feed, failure: nil, tenant: tenant), tenant)
            throw error
        }
    }

    /// Puts on record that somebody reads the log from here on.
    package func beginStream(_ context: RequestContext) async throws(Refusal) {
        let decision = try await decide(.read, .audit, context)
        var event = event(decision, context, outcome: .disclosed)
        event.target = .report("stream")
        _ = try await record(event, context)
    }

    /// Entries from a place on, in their order, and where to go on. Only for whoever has begun a stream.
    package func streamed(
        from place: LogPlace, limit: Int, _ context: RequestContext
    ) async throws(Refusal) -> (events: [DisclosedEvent], next: LogPlace) {
        guard context.policies.decide(context.access, .read, on: SystemResource.audit.rawValue).isAllowed else { throw .notAdmitted }
        let overview = try await overview(context)
        let epoch = overview.epochs.first { $0.origin.epoch == place.epoch }
        let start = LogPlace(epoch: place.epoch, position: max(place.position, epoch?.prunedBelow ?? 0))
        let events: [FoundEvent]
        do { events = try await store.auditEntries(from: start, to: .max, limit: limit, Scope(context.principal)) } catch { throw refusal(error) }
        if let last = events.last?.place {
            return (events.map { DisclosedEvent($0) }, LogPlace(epoch: last.epoch, position: last.position + 1))
        }
        if place.epoch < overview.origin.epoch {
            return try await streamed(from: LogPlace(epoch: place.epoch + 1, position: 0), limit: limit, context)
        }
        return ([], place)
    }

    package func delivered(_ batch: FeedBatch, to feed: String, of tenant: TenantID) async throws(Refusal) {
        do { _ = try await changed(StoreDatabase.moveFeed(feed, from: batch.start, to: batch.end, tenant: tenant), tenant) } catch {
            throw refusal(error)
        }
        if !batch.events.isEmpty { observe(.feedDelivered(feed: feed, events: batch.events.count)) }
    }

    /// - Parameter code: why not; a stable word.
    package func notDelivered(_ feed: String, _ code: String, of tenant: TenantID) async {
        observe(.feedFailed(feed: feed, code: code))
        _ = try? await changed(StoreDatabase.releaseFeed(feed, failure: code, tenant: tenant), tenant)
    }
}
