import ArgumentParser
import AuditTrail
import Foundation
import PolicyFiles
import PostgresLink
import Storage
import TransparencyLog
import Vocabulary

/// Lets the log of the default tenant grow by many events at once, for measurements in a great one: rows of `audit_event` by COPY, their
/// tiles and the head as the sequencer writes them. `audit_subject` gets none.
struct LogFilling: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "fill-log")
    @OptionGroup var place: BenchPlace
    @Option var events = 200_000
    @Option(help: "Takes ids of events from all over the log, one a line.") var ids: String
    @Option(help: "How many ids.") var sample = 20_000

    func run() async throws {
        let engine = LinkEngine()
        let store = StoreDatabase(place.database("gatehouse", engine), stepsDown: false)
        let copying = place.database("gatehouse", engine, user: "postgres")
        guard let tenant = try await store.tenant(named: "default") else { throw BenchError(what: "there is no default tenant") }
        let template = try EventTemplate(try PolicyFolder.load(place.policies), tenant: tenant)
        let begin = ContinuousClock.now
        // A gateway finds the log locked meanwhile, and waits.
        let ids = try await Self.locked(store, tenant) { log, frontier in
            let rows = EventRows(template, log: log, frontier: frontier, count: events, sampleEvery: max(1, events / sample))
            try await copying.copyIn(
                """
                COPY audit_event (tenant_id, id, epoch, position, at, actor, action, entity, decision, purpose, grant_id, reason, salt, records, entry)
                FROM STDIN (FORMAT binary)
                """, AsyncStream(unfolding: { await rows.next() })
            )
            return await (rows.tiles(), rows.head, rows.ids)
        }
        _ = try await copying.write(["ANALYZE audit_event", "ANALYZE audit_tile"])
        try Data(ids.map { $0.description + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: self.ids))
        print(String(format: "filled the log with %d events in %.0f s", events, Stages.microseconds(ContinuousClock.now - begin) / 1e6))
        await copying.close()
        await store.database.close()
        await engine.stop()
    }

    private typealias Growth = (tiles: [StoredTile], head: TreeHead, ids: [UUIDv7])

    private static func locked(
        _ store: StoreDatabase, _ tenant: TenantID, _ body: @Sendable (StoredLog, TreeFrontier) async throws -> Growth
    ) async throws -> [UUIDv7] {
        try await store.transaction(Scope(tenant: tenant), wrap: { BenchError(what: "the store failed: \($0)") }) {
            (transaction: Transaction) async throws(BenchError) -> [UUIDv7] in
            do {
                var log: StoredLog?
                while log == nil { log = StoreDatabase.storedLog(try await transaction.execute(StoreDatabase.lockLog(tenant))[0]) }
                guard let log else { return [] }
                let ids = TreeFrontier.tiles(size: log.size).map { (level: $0.level, number: $0.index) }
                let stored = StoreDatabase.storedTiles(
                    try await transaction.execute(StoreDatabase.tiles(ids, epoch: log.epoch, tenant: tenant))[0])
                let tiles = Dictionary(stored.map { (TileID(level: $0.level, index: $0.number), $0.hashes) }, uniquingKeysWith: { $1 })
                let growth = try await body(log, try TreeFrontier(size: log.size, tiles: tiles))
                let grown = StoredLog(name: log.name, epoch: log.epoch, size: growth.head.size, root: growth.head.root.bytes, signer: log.signer)
                for start in stride(from: 0, to: growth.tiles.count, by: 256) {
                    let some = Array(growth.tiles[start..<min(start + 256, growth.tiles.count)])
                    _ = try await transaction.execute(StoreDatabase.grow(some, to: grown, tenant: tenant))
                }
                return growth.ids
            } catch {
                throw BenchError(what: "filling failed: \(error)")
            }
        }
    }
}

/// Rows of events in PostgreSQL's binary form of COPY, with the tree over them.
private actor EventRows {
    private let template: EventTemplate
    private let log: StoredLog
    private var frontier: TreeFrontier
    private let count: Int
    private let sampleEvery: Int
    private var made = 0
    private var hasEnded = false
    private(set) var ids: [UUIDv7] = []

    init(_ template: EventTemplate, log: StoredLog, frontier: TreeFrontier, count: Int, sampleEvery: Int) {
        self.template = template
        self.log = log
        self.frontier = frontier
        self.count = count
        self.sampleEvery = sampleEvery
    }

    var head: TreeHead { frontier.head }

    func tiles() -> [StoredTile] {
        frontier.takeChanges().map { StoredTile(level: $0.tile.level, number: $0.tile.index, hashes: $0.bytes) }
    }

    func next() -> [UInt8]? {
        if hasEnded { return nil }
        var bytes: [UInt8] = []
        if made == 0 { bytes = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0] }
        var entries: [[UInt8]] = []
        for _ in 0..<min(1000, count - made) {
            let row = template.row(made)
            if made.isMultiple(of: sampleEvery) { ids.append(row.id.uuid) }
            append(row, position: log.size + made, to: &bytes)
            entries.append(row.entry)
            made += 1
        }
        // Entries of a template are never too long.
        try? frontier.append(entries: entries)
        if made == count {
            Self.append(Int16(-1), to: &bytes)
            hasEnded = true
        }
        return bytes
    }

    private func append(_ row: AuditRow, position: Int, to bytes: inout [UInt8]) {
        Self.append(Int16(15), to: &bytes)
        let fields: [[UInt8]?] = [
            template.tenant.uuid.bytes, row.id.uuid.bytes, Self.bigEndian(Int32(log.epoch)), Self.bigEndian(Int64(position)),
            Self.bigEndian(row.at.microseconds - 946_684_800_000_000), Array(row.actor.utf8), Array(row.action.utf8), Array(row.entity.utf8),
            Array(row.decision.utf8), row.purpose.map { Array($0.utf8) }, nil, nil, row.salt, row.records.flatMap(\.uuid.bytes), row.entry,
        ]
        for field in fields {
            Self.append(Int32(field?.count ?? -1), to: &bytes)
            if let field { bytes += field }
        }
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
    }

    private static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}
