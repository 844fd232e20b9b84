package import DataFormats
package import Gateway
import NIOHTTP1
import Storage
import TransparencyLog
import Vocabulary

extension API {
    func searchAudit(_ request: APIRequest, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        var query = AuditQuery()
        var subject: SubjectID?
        for (name, value) in request.query {
            switch name {
            case "since": query.since = try time(value, name)
            case "until": query.until = try time(value, name)
            case "actor": query.actor = value
            case "action": query.action = value
            case "entity": query.entity = value
            case "decision": query.decision = value
            case "outcome": query.outcome = value
            case "purpose": query.purpose = value
            case "reason": query.reason = value
            case "grant": query.grant = value
            case "subject":
                guard let id = UUIDv7(value) else { throw Refusal(.parameterInvalid, "subject is not an id") }
                subject = SubjectID(id)
            case "record":
                guard let record = RecordID(value) else { throw Refusal(.parameterInvalid, "record is not an id") }
                query.record = record
            case "cursor":
                guard let id = UUIDv7(value) else { throw Refusal(.cursorInvalid, "the cursor is not one of this list") }
                query.before = EventID(id)
            case "limit":
                guard let limit = Int(value), (1...200).contains(limit) else { throw Refusal(.parameterInvalid, "limit is 1 to 200") }
                query.limit = limit
            default:
                throw Refusal(
                    .parameterInvalid, "a parameter is not known here",
                    hint: "since, until, actor, action, entity, decision, outcome, purpose, reason, grant, subject, record, limit, cursor"
                )
            }
        }
        let events = try await gateway.searchAudit(query, about: subject, context)
        var json = JSONWriter(capacity: events.reduce(64) { $0 + $1.json.count + 1 })
        json.beginObject()
        json.name("data")
        json.beginArray()
        for event in events { json.raw(event.json) }
        json.endArray()
        json.name("next")
        if events.count == query.limit, let last = events.last { json.string(last.id.description) } else { json.null() }
        json.endObject()
        return APIResponse(.ok, body: json.bytes)
    }

    func time(_ value: String, _ name: String) throws(Refusal) -> Instant {
        guard let instant = Instant(value) else {
            throw Refusal(.parameterInvalid, "\(name) is not a time of the form 2026-11-22T09:30:00Z")
        }
        return instant
    }

    // MARK: The log

    /// Names, sizes, keys and signed heads of the tenant's logs, and who else has confirmed them.
    func readLog(_ context: RequestContext) async throws(Refusal) -> APIResponse {
        APIResponse(.ok, body: JSONValue.object(LogCoding.object(try await gateway.logOverview(context))).encoded())
    }

    /// A C2SP tlog-proof of one event; its `extra` line is the entry.
    func proveEvent(_ id: EventID, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        text(try await gateway.proof(of: id, context).bytes)
    }

    func readCheckpoint(_ epoch: Int, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        text(Array(try await gateway.checkpoint(ofEpoch: epoch, context).note.utf8))
    }

    /// The bytes of a tile or a bundle of entries; they never change, and are only for whoever may read the trail.
    func readTile(_ epoch: Int, _ path: TilePath, _ context: RequestContext) async throws(Refusal) -> APIResponse {
        APIResponse(.ok, contentType: "application/octet-stream", body: try await gateway.tile(path, ofEpoch: epoch, context))
    }

    private func text(_ bytes: [UInt8]) -> APIResponse { APIResponse(.ok, contentType: "text/plain; charset=utf-8", body: bytes) }
}

/// The state of a tenant's log on the wire.
package enum LogCoding {
    package static func object(_ overview: LogOverview) -> JSONObject {
        func time(_ instant: Instant?) -> JSONValue { instant.map { .string($0.description) } ?? .null }
        func number(_ number: Int) -> JSONValue { .number(JSONNumber(number)) }
        return [
            "origin": .string(overview.origin.description), "epoch": number(overview.origin.epoch), "size": number(overview.size),
            "epochs": .array(
                overview.epochs.map { epoch in
                    .object([
                        "origin": .string(epoch.origin.description), "epoch": number(epoch.origin.epoch), "size": number(epoch.checkpoint.head.size),
                        "signed_at": time(epoch.signedAt), "key": epoch.key.map { .string($0.description) } ?? .null,
                        "pruned_below": number(epoch.prunedBelow), "checkpoint": .string(epoch.checkpoint.note),
                    ])
                }),
            "witnesses": .array(
                overview.witnesses.map { witness in
                    .object([
                        "name": .string(witness.witness), "epoch": number(witness.epoch), "size": number(witness.size),
                        "witnessed_at": time(witness.witnessedAt), "failing_since": time(witness.failingSince),
                        "failure": witness.failure.map { .string($0) } ?? .null,
                    ])
                }),
            "feeds": .array(
                overview.feeds.map { feed in
                    .object([
                        "name": .string(feed.feed), "epoch": number(feed.next.epoch), "position": number(feed.next.position),
                        "delivered_at": time(feed.deliveredAt), "failing_since": time(feed.failingSince),
                        "failure": feed.failure.map { .string($0) } ?? .null,
                    ])
                }),
        ]
    }
}
