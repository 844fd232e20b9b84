import ArgumentParser
import AuditTrail
import DataFormats
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PolicyFiles
import PostgresLink
import Vocabulary

/// A Hummingbird route that reads the same row through PostgresLink and writes it as JSON: no credential, no decision, no
/// seal, no audit. The floor that ratios are taken against.
///
/// On demand it records each read, durably, before it answers: what the audit trail costs, alone.
struct BareRoute: AsyncParsableCommand {
    enum Recording: String, ExpressibleByArgument {
        case none
        /// Into the inbox, where events stay.
        case inbox
        /// Into the inbox, while the sequencer of the same process takes them out.
        case sequenced
    }

    static let configuration = CommandConfiguration(commandName: "bare")
    @OptionGroup var place: BenchPlace
    @Option var port = 8098
    @Option var record = Recording.none

    func run() async throws {
        let engine = LinkEngine()
        let database = place.database("gatehouse", engine)
        let tenantRows = try await database.read(["SELECT id FROM tenant WHERE name = 'default'"])
        guard let tenant = tenantRows[0].uuid(0, 0) else { throw ValidationError("there is no default tenant") }
        // Events of a tenant that the gateway does not know: its own sequencer leaves them alone.
        let template = try EventTemplate(try PolicyFolder.load(place.policies), tenant: TenantID(.make()))
        let log = try await LogBench(place, engine)
        let recorder = AuditRecorder(store: log.store, observe: { _ in })
        let isRecording = record != .none
        let router = Router()
        router.get("/contacts/:id") { _, context -> Response in
            guard let id = UUIDv7(context.parameters.get("id") ?? "") else { return Response(status: .notFound) }
            let rows = try await database.read([
                "SELECT set_config('gatehouse.tenant', \(.text(tenant.description)), true)", Self.select(tenant, .id(id)),
            ])
            if isRecording { _ = try await recorder.record(template.event(RecordID(id))) }
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
            onServerRunning: { _ in FileHandle.standardOutput.write(Data("ready \(template.tenant)\n".utf8)) },
            logger: Logger(label: "bare") { _ in SwiftLogNoOpLogHandler() }
        )
        try await withThrowingTaskGroup(of: Void.self) { [record] group in
            group.addTask { await recorder.run() }
            if record == .sequenced { group.addTask { try await log.keepUp(template.tenant) } }
            try await application.runService()
            group.cancelAll()
            recorder.close()
        }
        try await log.remove()
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
