import Catalog
import DataFormats
import Gateway
import HTTPInterface

/// Where mapped rows go: the gateway of this host, or one that is running elsewhere.
protocol ImportDestination: Sendable {
    func send(_ rows: [ImportRow], isDryRun: Bool) async throws -> [ImportOutcome]
}

struct LocalImport: ImportDestination {
    let gateway: RecordGateway
    let entity: Entity
    let context: RequestContext

    func send(_ rows: [ImportRow], isDryRun: Bool) async throws -> [ImportOutcome] {
        do { return try await gateway.importRows(rows, into: entity, isDryRun: isDryRun, context) } catch { throw CommandFailure(error) }
    }
}

struct RemoteImport: ImportDestination {
    let client: GatewayClient
    let plural: String

    func send(_ rows: [ImportRow], isDryRun: Bool) async throws -> [ImportOutcome] {
        let bytes = try await client.send(
            "POST", "/v1/\(plural)/import" + (isDryRun ? "?dry_run=true" : ""), contentType: "application/x-ndjson",
            body: ImportRowCoding.write(rows)
        )
        guard let outcomes = ImportRowCoding.readOutcomes(bytes) else { throw CommandFailure(.failed, "the gateway's answer is no import result") }
        return outcomes
    }
}
