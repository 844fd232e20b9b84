import Catalog
import DataFormats
import Gateway
import HTTPInterface
import Policies
import Storage
import Vocabulary

/// The trail of this host's store, with its records beside it.
struct HostTrail: Trail {
    let gateway: RecordGateway
    let context: RequestContext
    let since: Instant
    let until: Instant?

    func page(before: String?) async throws -> [JSONObject] {
        var query = AuditQuery()
        query.since = since
        query.until = until ?? context.access.time
        query.before = before.flatMap { UUIDv7($0) }.map { EventID($0) }
        query.limit = 200
        return try await gateway.searchAudit(query, context).compactMap { (try? JSONReader.read($0.json))?.objectValue }
    }

    func grants() async throws -> [String: String] {
        let grants = try await gateway.listGrants(isOpenOnly: false, limit: 200, context)
        return Dictionary(grants.map { ($0.id.description, $0.rule) }, uniquingKeysWith: { first, _ in first })
    }

    func facts(_ ids: [RecordID], _ entity: String) async throws -> [RecordID: RecordFacts]? {
        guard !ids.isEmpty, let entity = gateway.catalog.entity(named: entity) else { return [:] }
        return try await gateway.facts(of: ids, entity, context)
    }
}

/// The trail of a running gateway, as its caller may read it.
struct RemoteTrail: Trail {
    let client: GatewayClient
    let since: Instant
    let until: Instant?

    func page(before: String?) async throws -> [JSONObject] {
        let given = [("since", since.description), ("until", until?.description), ("cursor", before), ("limit", "200")]
        let query = given.compactMap { name, value in value.map { "\(name)=\(GatewayClient.encode($0))" } }.joined(separator: "&")
        return (try await client.object("GET", "/v1/audit/events?" + query)["data"]?.arrayValue ?? []).compactMap(\.objectValue)
    }

    func grants() async throws -> [String: String] {
        let items: [JSONObject]
        do {
            items = (try await client.object("GET", "/v1/grants?limit=200&state=all")["data"]?.arrayValue ?? []).compactMap(\.objectValue)
        } catch let failure as CommandFailure where failure.kind == .denied {
            // An auditor reads the trail without reviewing grants.
            return [:]
        }
        let pairs = items.compactMap { item in item["id"]?.stringValue.flatMap { id in item["rule"]?.stringValue.map { (id, $0) } } }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    func facts(_ ids: [RecordID], _ entity: String) async throws -> [RecordID: RecordFacts]? { nil }
}
