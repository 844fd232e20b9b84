import ArgumentParser
import AuditTrail
import Foundation
import Glibc
import PolicyFiles
import PostgresLink
import Sealing
import Storage
import Vocabulary

/// How many events a second the sequencer gives places to, and signs, against the same rows through bare INSERTs into tables without
/// indexes. Needs a running gateway for its PostgreSQL, whose tenants are left alone.
struct Sequencing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "sequencing")
    @OptionGroup var place: BenchPlace
    @Option(help: "Events that are placed at once.") var events = 60_000
    @Option(help: "Events that the log has already, in the measurements of a log that is not empty.") var standing = 300_000
    @Option var rounds = 3
    @Option(help: "Only the measurement whose name has this in it.") var only = ""

    func run() async throws {
        let policies = try PolicyFolder.load(place.policies)
        let engine = LinkEngine()
        let log = try await LogBench(place, engine)
        print("sequencing and signing                              events/s   to the floor    floor   own CPU µs   WAL bytes")
        for (name, people, standing) in [
            ("an empty log, 1 person an event", 1, 0), ("\(standing) events, 1 person", 1, standing), ("\(standing) events, 50 people", 50, standing),
        ] where only.isEmpty || name.contains(only) {
            let template = try EventTemplate(policies, tenant: TenantID(.make()), people: people)
            if standing > 0 {
                let filling = try EventTemplate(policies, tenant: template.tenant)
                for _ in 0..<(standing + events - 1) / events { _ = try await log.sequence(filling.batches(min(events, standing))) }
            }
            let count = people == 1 ? events : events / 20
            var results: [LogBench.Cost] = []
            for _ in 0..<rounds {
                // An empty log is empty in each round.
                let template = standing > 0 ? template : try EventTemplate(policies, tenant: TenantID(.make()), people: people)
                results.append(try await log.measure(template.batches(count)))
            }
            results.sort { $0.ratio < $1.ratio }
            let median = results[results.count / 2]
            print(
                name.padding(toLength: 48, withPad: " ", startingAt: 0),
                String(
                    format: "%11.0f %12.0f %% %9.0f %11.1f %11.0f", median.perSecond, median.ratio * 100, median.floor, median.processor,
                    median.written))
        }
        try await log.remove()
        await engine.stop()
    }
}

extension EventTemplate {
    /// Events in the batches that a busy gateway writes.
    func batches(_ count: Int) -> [AuditBatch] {
        stride(from: 0, to: count, by: 25).map { start in
            AuditBatch(tenant: tenant, rows: (start..<min(start + 25, count)).map { row($0) })
        }
    }
}

/// A sequencer over logs of tenants that no gateway knows.
struct LogBench: Sendable {
    struct Cost {
        let perSecond: Double
        let floor: Double
        /// Of this process, for each event, in microseconds.
        let processor: Double
        /// Bytes of WAL for each event.
        let written: Double
        var ratio: Double { perSecond / floor }
    }

    let store: StoreDatabase
    let vault: VaultDatabase
    let sequencer: Sequencer
    private let folder: String

    init(_ place: BenchPlace, _ engine: LinkEngine) async throws {
        store = StoreDatabase(place.database("gatehouse", engine), stepsDown: false)
        vault = VaultDatabase(place.database("gatehouse_vault", engine), stepsDown: false)
        folder = NSTemporaryDirectory() + "gatehouse-bench-" + UUID().uuidString
        sequencer = Sequencer(
            store: store, vault: vault, name: "bench", signer: LogSigner(SigningKey.make()), memory: try RememberedHeads(folder: folder),
            observe: { _ in })
    }

    /// Stops and takes away what measuring needed; the events stay in the store.
    func remove() async throws {
        _ = try await store.database.write(["DROP TABLE IF EXISTS bench_event", "DROP TABLE IF EXISTS bench_subject"])
        try FileManager.default.removeItem(atPath: folder)
        await store.database.close()
        await vault.database.close()
    }

    /// The floor and the sequencer, one after the other.
    func measure(_ batches: [AuditBatch]) async throws -> Cost {
        let floor = try await plain(batches)
        let (seconds, processor, written) = try await sequence(batches)
        let count = Double(batches.reduce(0) { $0 + $1.rows.count })
        return Cost(perSecond: count / seconds, floor: count / floor, processor: processor / count * 1e6, written: written / count)
    }

    /// Puts the batches into the inbox and then gives them their places, as a gateway does; only that is timed.
    func sequence(_ batches: [AuditBatch]) async throws -> (seconds: Double, processor: Double, written: Double) {
        guard let tenant = batches.first?.tenant else { return (0, 0, 0) }
        for start in stride(from: 0, to: batches.count, by: 40) {
            let statements = batches[start..<min(start + 40, batches.count)].map { StoreDatabase.addAuditBatch($0) }
            _ = try await store.database.write([store.opening(Scope(tenant: tenant))] + statements)
        }
        let (begin, cpu, wal) = (ContinuousClock.now, Self.processorSeconds(), try await position())
        var turn = try await sequencer.turn(tenant)
        while turn.hasMore { turn = try await sequencer.turn(tenant) }
        _ = try await sequencer.sign(tenant)
        let seconds = Stages.microseconds(ContinuousClock.now - begin) / 1e6
        return (seconds, Self.processorSeconds() - cpu, try await position() - wal)
    }

    /// Keeps a log up with what is recorded, in the rhythm of a gateway, until cancelled.
    func keepUp(_ tenant: TenantID) async throws {
        repeat {
            while try await sequencer.turn(tenant).hasMore {}
            _ = try await sequencer.sign(tenant)
        } while (try? await Task.sleep(for: .milliseconds(200))) != nil
    }

    /// The same rows, about as many in a transaction, into plain tables without indexes and without row security.
    private func plain(_ batches: [AuditBatch]) async throws -> Double {
        _ = try await store.database.write([
            "DROP TABLE IF EXISTS bench_event", "DROP TABLE IF EXISTS bench_subject",
            """
            CREATE TABLE bench_event (tenant_id uuid, id uuid, epoch integer, position bigint, at timestamptz, actor text, action text, entity text,
              decision text, purpose text, grant_id uuid, reason text, salt bytea, records bytea, entry bytea)
            """,
            "CREATE TABLE bench_subject (tenant_id uuid, pseudonym uuid, id uuid)",
        ])
        let rows = batches.flatMap(\.rows)
        let atOnce = batches[0].rows[0].subjects.count > 1 ? 1000 : 5000
        let begin = ContinuousClock.now
        for start in stride(from: 0, to: rows.count, by: atOnce) {
            let rows = Array(rows[start..<min(start + atOnce, rows.count)])
            let people = rows.flatMap { row in row.subjects.map { (pseudonym: $0, id: row.id.uuid) } }
            _ = try await store.database.write([
                """
                INSERT INTO bench_event
                SELECT \(.uuid(batches[0].tenant.uuid)), id, 1, number, at, actor, action, entity, decision, purpose, grant_id, reason, salt, records, entry
                FROM unnest(\(.uuids(rows.map(\.id.uuid))), \(.timestamps(rows.map(\.at))), \(.texts(rows.map(\.actor))), \(.texts(rows.map(\.action))),
                  \(.texts(rows.map(\.entity))), \(.texts(rows.map(\.decision))), \(.texts(rows.map(\.purpose))), \(.uuids(rows.map(\.grant))),
                  \(.texts(rows.map(\.reason))), \(.byteStrings(rows.map(\.salt))), \(.byteStrings(rows.map { $0.records.flatMap(\.uuid.bytes) })),
                  \(.byteStrings(rows.map(\.entry)))) WITH ORDINALITY
                  AS new (id, at, actor, action, entity, decision, purpose, grant_id, reason, salt, records, entry, number)
                """,
                """
                INSERT INTO bench_subject SELECT \(.uuid(batches[0].tenant.uuid)), pseudonym, id
                FROM unnest(\(.uuids(people.map(\.pseudonym))), \(.uuids(people.map(\.id)))) AS new (pseudonym, id)
                """,
            ])
        }
        return Stages.microseconds(ContinuousClock.now - begin) / 1e6
    }

    /// How far the server's WAL has grown, in bytes.
    private func position() async throws -> Double {
        Double(try await store.database.read(["SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"])[0].int64(0, 0) ?? 0)
    }

    static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
