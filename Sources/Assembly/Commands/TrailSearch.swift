import DataFormats
import Gateway
import Storage
import Vocabulary

/// A search of the trail, on this host or on a running gateway.
struct TrailSearch: Sendable {
    var query: AuditQuery
    var subject: SubjectID?

    /// Hands out pages of events, newest first.
    ///
    /// - Parameter isWhole: goes on to the last event that fits; else there is one page.
    func walk(_ place: PlaceOptions, isWhole: Bool, _ take: @escaping @Sendable ([JSONObject]) -> Void) async throws {
        if let remote = try place.remote {
            let client = try GatewayClient(remote)
            return try await walk(isWhole, take) { before in
                let query = parameters(before).map { "\($0.0)=\(GatewayClient.encode($0.1))" }.joined(separator: "&")
                return Table.objects(try await client.object("GET", "/v1/audit/events?" + query)["data"])
            }
        }
        try await place.withGateway { gateway, context in
            try await walk(isWhole, take) { before in
                var query = query
                query.before = before ?? query.before
                return try await gateway.searchAudit(query, about: subject, context).compactMap { (try? JSONReader.read($0.json))?.objectValue }
            }
        }
    }

    private func walk(
        _ isWhole: Bool, _ take: ([JSONObject]) -> Void, _ page: (EventID?) async throws -> [JSONObject]
    ) async throws {
        var before: EventID?
        while true {
            let events = try await page(before)
            take(events)
            guard isWhole, events.count == query.limit, let last = events.last?["id"]?.stringValue.flatMap({ UUIDv7($0) }) else { return }
            before = EventID(last)
        }
    }

    /// As `GET /v1/audit/events` takes them.
    private func parameters(_ before: EventID?) -> [(String, String)] {
        let given: [(String, String?)] = [
            ("since", query.since?.description), ("until", query.until?.description), ("actor", query.actor), ("action", query.action),
            ("entity", query.entity), ("decision", query.decision), ("outcome", query.outcome), ("purpose", query.purpose),
            ("reason", query.reason), ("grant", query.grant), ("record", query.record?.description), ("subject", subject?.description),
            ("limit", String(query.limit)), ("cursor", before?.description),
        ]
        return given.compactMap { name, value in value.map { (name, $0) } }
    }
}
