import ArgumentParser
import AuditTrail
import Catalog
import Disclosure
import Foundation
import Identity
import KeyProviders
import KeyRing
import Policies
import PolicyFiles
import PostgresLink
import Sealing
import Storage
import Vocabulary

/// What each stage of a GET costs, alone: decide, fetch, open, record, encode.
struct Stages: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stages")
    @OptionGroup var place: BenchPlace
    @Option var rounds = 5000

    func run() async throws {
        let folder = try PolicyFolder.load(place.policies)
        let engine = LinkEngine()
        let store = StoreDatabase(place.database("gatehouse", engine), stepsDown: false)
        let vault = VaultDatabase(place.database("gatehouse_vault", engine), stepsDown: false)
        let ring = SubjectKeyRing(
            provider: try await KeyProviderSettings.open(
                environment: ProcessInfo.processInfo.environment, keysFolder: place.state + "/keys", isFresh: false
            ), vault: vault, escrow: RecoveryEscrow(folder: place.state + "/recovery", recipients: []), observe: { _ in }
        )
        let audit = AuditRecorder(store: store, observe: { _ in })
        guard let tenant = try await store.tenant(named: "default"), let entity = folder.catalog.entity(named: "contact") else {
            throw ValidationError("there is no sample data")
        }
        let principal = Principal.host(tenant: tenant, roles: ["sales-rep"])
        let table = RecordTable(entity)
        let request = AccessRequest(principal: principal, purpose: folder.catalog.purposes["sales"])
        let ruling = folder.policies.decide(request, .read, on: "contact")
        let view = FieldView(entity, ruling.widest)
        var page = RecordPage()
        page.limit = 1
        let first = table.records(try await store.read(Scope(tenant: tenant), [table.list(page, view.shape, tenant: tenant)])[0], view.shape)
        guard let record = first.first, let subject = record.subject else { throw ValidationError("there is no sample data") }
        guard let key = try await ring.keys(of: [subject], tenant: tenant).keys[subject] else { throw ValidationError("the sample has no key") }
        let tagKey = SymmetricKey.random()
        let rounds = rounds

        func event() -> AuditEvent {
            var event = AuditEvent(principal, view.decision, purpose: nil, request: .make(), outcome: .disclosed)
            event.records = [record.id]
            (event.clearFields, event.maskedFields) = view.names(of: view.shown)
            return event
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await audit.run() }
            print("stage                                                      µs each")
            Self.line("decide (cached answer)", try Self.time(rounds * 20) { _ = folder.policies.decide(request, .read, on: "contact") })
            Self.line(
                "fetch, one caller (round trip)",
                try await Self.time(rounds) {
                    _ = try await store.read(Scope(tenant: tenant), [table.select(record.id, view.shape, tenant: tenant, where: ruling.filter)])
                }
            )
            Self.line("keys (cached)", try await Self.time(rounds * 10) { _ = try await ring.keys(of: [subject], tenant: tenant) })
            var place = CellPlace(tenant: tenant, entity: "contact", record: record.id)
            var sealed = 0
            Self.line(
                "open every sealed field",
                try Self.time(rounds) {
                    sealed = 0
                    let scratch = Scratch()
                    for position in view.shown where entity.fields[position].isSealed {
                        guard let bytes = record.sealedBytes(position) else { continue }
                        sealed += 1
                        bytes.withUnsafeBytes { _ = key.open($0, field: entity.fields[position].nameBytes, at: &place, into: scratch) }
                    }
                }
            )
            print("  (\(sealed) sealed fields)")
            Self.line("make and encode an event", try Self.time(rounds) { _ = event().entry(nil) })
            Self.line("record, one caller (durable)", try await Self.time(rounds / 5) { _ = try await audit.record(event()) })
            let receipt = try await audit.record(event())
            Self.line(
                "open and encode the answer",
                try Self.time(rounds) {
                    _ = DisclosedRecord(
                        record, view, positions: view.shown, key: key, isErased: false, tenant: tenant, tagKey: tagKey, receipt: receipt,
                        observe: { _ in }
                    )
                }
            )
            audit.close()
        }
        await store.database.close()
        await vault.database.close()
        await engine.stop()
    }

    static func line(_ name: String, _ microseconds: Double) {
        print(name.padding(toLength: 58, withPad: " ", startingAt: 0), String(format: "%8.2f", microseconds))
    }

    static func time(_ rounds: Int, _ body: () throws -> Void) throws -> Double {
        let start = ContinuousClock.now
        for _ in 0..<rounds { try body() }
        return microseconds(ContinuousClock.now - start) / Double(rounds)
    }

    static func time(_ rounds: Int, _ body: () async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        for _ in 0..<rounds { try await body() }
        return microseconds(ContinuousClock.now - start) / Double(rounds)
    }

    static func microseconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) * 1e6 + Double(attoseconds) / 1e12
    }
}
