import ArgumentParser
import DataFormats
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PostgresLink
import Vocabulary

/// A Hummingbird route that reads the same row through PostgresLink and writes it as JSON: no credential, no decision, no
/// seal, no audit. The floor that ratios are taken against.
struct BareRoute: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bare")
    @OptionGroup var place: BenchPlace
    @Option var port = 8098

    func run() async throws {
        let engine = LinkEngine()
        let database = place.database("gatehouse", engine)
        let tenantRows = try await database.read(["SELECT id FROM tenant WHERE name = 'default'"])
        guard let tenant = tenantRows[0].uuid(0, 0) else { throw ValidationError("there is no default tenant") }
        let router = Router()
        router.get("/contacts/:id") { _, context -> Response in
            guard let id = UUIDv7(context.parameters.get("id") ?? "") else { return Response(status: .notFound) }
            let rows = try await database.read([
                "SELECT set_config('gatehouse.tenant', \(.text(tenant.description)), true)", Self.select(tenant, .id(id)),
            ])
            var json = JSONWriter(capacity: 1024)
            Self.write(rows[1], 0, &json)
            return Self.respond(json.bytes)
        }
        router.get("/contacts") { _, _ -> Response in
            let rows = try await database.read([
                "SELECT set_config('gatehouse.tenant', \(.text(tenant.description)), true)", Self.select(tenant, .first(50)),
            ])
            var json = JSONWriter(capacity: 65_536)
            json.beginArray()
            for row in 0..<rows[1].rowCount { Self.write(rows[1], row, &json) }
            json.endArray()
            return Self.respond(json.bytes)
        }
        let port = port
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), serverName: nil),
            onServerRunning: { _ in FileHandle.standardOutput.write(Data("ready\n".utf8)) },
            logger: Logger(label: "bare") { _ in SwiftLogNoOpLogHandler() }
        )
        try await application.runService()
    }

    private enum Which { case id(UUIDv7), first(Int64) }

    private static func select(_ tenant: UUIDv7, _ which: Which) -> SQL {
        let condition: SQL =
            switch which {
            case .id(let id): "AND id = \(.uuid(id))"
            case .first(let count): "ORDER BY id LIMIT \(.int8(count))"
            }
        return """
            SELECT id, version, external_id, country, lifecycle, source, owner_id, team_id, account_id, created_at, updated_at,
              length(email), length(given_name)
            FROM contact WHERE tenant_id = \(.uuid(tenant)) \(condition)
            """
    }

    private static func write(_ rows: ResultSet, _ row: Int, _ json: inout JSONWriter) {
        json.beginObject()
        json.name("id")
        json.string(rows.uuid(row, 0)?.description ?? "")
        json.name("version")
        json.number(rows.int64(row, 1) ?? 0)
        for (column, name) in ["external_id", "country", "lifecycle", "source", "owner_id", "team_id"].enumerated() {
            json.name(name)
            json.string(rows.text(row, column + 2) ?? "")
        }
        json.name("account_id")
        json.string(rows.uuid(row, 8)?.description ?? "")
        for (column, name) in ["created_at", "updated_at"].enumerated() {
            json.name(name)
            json.string(rows.timestamp(row, column + 9)?.description ?? "")
        }
        json.endObject()
    }

    private static func respond(_ bytes: [UInt8]) -> Response {
        Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
