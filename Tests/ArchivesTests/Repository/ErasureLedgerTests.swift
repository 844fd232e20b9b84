import Archives
import DataFormats
import Foundation
import Sealing
import SubjectRights
import TestPostgres
import Testing
import TransparencyLog
import Vocabulary

/// What was erased, numbered and signed: nothing of it can be taken away, changed or put in another place unnoticed.
@Suite(.timeLimit(.minutes(15)))
struct ErasureLedgerTests {
    private let path: String
    private let operations = AgeIdentity.make()
    private let offline = AgeIdentity.make()
    private let signer = DocumentSigner(name: "gatehouse.test/documents", key: .make())
    private let tenant = TenantID(.make())

    init() throws { path = try TemporaryFolder.make() + "/repository" }

    private func repository(_ signer: DocumentSigner? = nil, at path: String? = nil, trusted: [NoteKey] = []) async throws -> ArchiveRepository {
        let medium = try await DirectoryMedium.open(path ?? self.path, making: true)
        return try await ArchiveRepository.open(medium, signer: signer ?? self.signer, trusted: trusted, makes: true)
    }

    private func ledger(_ signer: DocumentSigner? = nil, at path: String? = nil, trusted: [NoteKey] = []) async throws -> ErasureLedger {
        ErasureLedger(try await repository(signer, at: path, trusted: trusted), recipients: [operations.recipient, offline.recipient])
    }

    private func batch(_ count: Int = 1) -> ErasureBatch {
        ErasureBatch(people: (0..<count).map { _ in .init(SubjectID(.make()), at: .now()) })
    }

    private func file(_ number: Int, at path: String? = nil) -> String {
        (path ?? self.path) + "/erasures/" + String(repeating: "0", count: 12 - "\(number)".count) + "\(number).json"
    }

    private func read(_ ledger: ErasureLedger, through expected: Int = 0) async throws -> [ErasureLedger.Entry] {
        try await ledger.entries(ledger.numbers(through: expected), with: [operations])
    }

    private func damaged(
        _ key: String, _ location: SourceLocation = #_sourceLocation, _ body: () async throws -> [ErasureLedger.Entry]
    ) async -> String {
        let error = await #expect(throws: ArchiveError.self, sourceLocation: location) { _ = try await body() }
        guard case .damaged(let place, let what)? = error else {
            Issue.record("\(String(describing: error))", sourceLocation: location)
            return ""
        }
        #expect(place == key, sourceLocation: location)
        return what
    }

    @Test("what was told is read again by any recipient, in its order, with what keeps people out and lets them come back")
    func roundTrip() async throws {
        let ledger = try await ledger()
        #expect(try await ledger.last() == 0)
        #expect(try await read(ledger).isEmpty)
        let request = UUIDv7.make()
        let batches = [
            batch(3),
            ErasureBatch(
                people: [.init(SubjectID(.make()), at: Instant(microseconds: 1_700_000_000_123_456))],
                suppressions: [.init(of: request, since: .now(), tokens: [[1, 2, 255], []])]),
            ErasureBatch(lifts: [.init(of: request, at: .now())]),
        ]
        for (index, batch) in batches.enumerated() { #expect(try await ledger.append(batch, of: tenant) == index + 1) }
        for identity in [operations, offline] {
            // As another process would.
            let other = try await self.ledger()
            let entries = try await other.entries(1..<4, with: [identity])
            #expect(entries.map(\.batch) == batches && entries.allSatisfy { $0.tenant == tenant })
            #expect(try await other.last() == 3)
        }
        #expect(try await ledger.entries(ledger.numbers(from: 3), with: [operations]).map(\.number) == [3])
        let text = try String(contentsOfFile: file(1), encoding: .utf8)
        for person in batches[0].people { #expect(!text.contains("\(person.subject)")) }
    }

    @Test("nobody writes for fewer than two recipients, and nobody else reads")
    func recipients() async throws {
        let lonely = ErasureLedger(try await repository(), recipients: [operations.recipient])
        await #expect(throws: ArchiveError.tooFewRecipients(1)) { try await lonely.append(batch(), of: tenant) }
        try await ledger().append(batch(), of: tenant)
        let error = await #expect(throws: ArchiveError.self) { _ = try await ledger().entries(1..<2, with: [.make()]) }
        #expect(error == .sealed("erasures/000000000001.json", .identityMissing))
    }

    @Test("a missing entry is named, in the middle and at the end")
    func missing() async throws {
        let ledger = try await ledger()
        for _ in 0..<5 { try await ledger.append(batch(), of: tenant) }
        #expect(try await read(ledger, through: 5).count == 5)
        #expect(await damaged("erasures/000000000006.json") { try await read(ledger, through: 6) }.contains("missing"))
        try FileManager.default.removeItem(atPath: file(3))
        #expect(await damaged("erasures/000000000003.json") { try await read(ledger) }.contains("missing"))
        #expect(await damaged("erasures/000000000003.json") { try await ledger.entries(1..<6, with: [operations]) }.contains("missing"))
        // The first, too; and nothing is missing for whoever needs only what came later.
        #expect(try await ledger.numbers(from: 4) == 4..<6)
        for number in [1, 2, 4, 5] { try FileManager.default.removeItem(atPath: file(number)) }
        #expect(try await ledger.numbers() == 1..<1)
        #expect(await damaged("erasures/000000000001.json") { try await read(ledger, through: 1) }.contains("missing"))
    }

    @Test("an entry that was changed, moved, signed by somebody else or brought from another repository is refused and named")
    func foreign() async throws {
        let ledger = try await ledger()
        for _ in 0..<3 { try await ledger.append(batch(2), of: tenant) }
        let (first, second) = (file(1), file(2))
        let original = try String(contentsOfFile: second, encoding: .utf8)
        func replace(_ text: String) throws { try text.write(toFile: second, atomically: true, encoding: .utf8) }

        for (old, new) in [("\"count\":2", "\"count\":1"), ("\(tenant)", "\(TenantID(.make()))"), ("\"number\":2", "\"number\":3")] {
            #expect(original.contains(old))
            try replace(original.replacingOccurrences(of: old, with: new))
            await #expect(throws: ArchiveError.unsigned("erasures/000000000002.json"), "\(old)") { _ = try await read(ledger) }
        }
        try replace(try String(contentsOfFile: first, encoding: .utf8))
        #expect(await damaged("erasures/000000000002.json") { try await read(ledger) }.contains("another entry"))
        try replace("{}")
        #expect(await damaged("erasures/000000000002.json") { try await read(ledger) }.contains("no signed statement"))

        let stranger = DocumentSigner(name: "stranger.test/documents", key: .make())
        try FileManager.default.removeItem(atPath: second)
        // Whoever looks from an earlier number on puts it where it is missing.
        let other = try await self.ledger(stranger)
        try FileManager.default.removeItem(atPath: file(3))
        #expect(try await other.append(batch(), of: tenant) == 2)
        await #expect(throws: ArchiveError.unsigned("erasures/000000000002.json")) { _ = try await read(ledger) }
        // Believed by whoever is told to.
        #expect(try await read(self.ledger(trusted: [stranger.noteKey])).count == 2)

        let elsewhere = try TemporaryFolder.make() + "/other"
        let foreign = try await self.ledger(at: elsewhere)
        for _ in 0..<2 { try await foreign.append(batch(), of: tenant) }
        try replace(try String(contentsOfFile: file(2, at: elsewhere), encoding: .utf8))
        #expect(await damaged("erasures/000000000002.json") { try await read(ledger) }.contains("another repository"))
        try replace(original)
        #expect(try await read(ledger).count == 2)
    }

    @Test("of many writers at once each gets numbers of its own, and none is skipped")
    func writers() async throws {
        _ = try await ledger()
        let told = try await withThrowingTaskGroup(of: [Int: ErasureBatch].self) { group in
            for _ in 0..<6 {
                group.addTask {
                    let ledger = try await ledger()
                    var told: [Int: ErasureBatch] = [:]
                    for _ in 0..<20 {
                        let batch = batch()
                        told[try await ledger.append(batch, of: tenant)] = batch
                    }
                    return told
                }
            }
            return try await group.reduce(into: [:]) {
                $0.merge($1) { _, _ in
                    Issue.record("a number twice"); return batch()
                }
            }
        }
        let entries = try await read(ledger(), through: 120)
        #expect(entries.count == 120)
        for entry in entries { #expect(told[entry.number] == entry.batch) }
    }

    @Test("entries that no backup needs are dropped without a gap, and whoever writes goes on behind them")
    func dropping() async throws {
        let (ledger, late) = (try await ledger(), try await ledger())
        for _ in 0..<3 { try await late.append(batch(), of: tenant) }
        for _ in 0..<5 { try await ledger.append(batch(), of: tenant) }
        #expect(try await ledger.drop(through: 6) == 6)
        #expect(try await ledger.numbers() == 7..<9)
        #expect(try await ledger.drop(through: 6) == 0)
        // This one has seen 3 last, and 4 is free.
        #expect(try await late.append(batch(), of: tenant) == 9)
        #expect(try await read(ledger, through: 9).map(\.number) == [7, 8, 9])
        // The last one stays.
        #expect(try await ledger.drop(through: 100) == 3)
        #expect(try await ledger.numbers() == 9..<10)
        #expect(try await self.ledger().append(batch(), of: tenant) == 10)
        // What is needed cannot be said to be dropped by anybody but a signer.
        let begin = path + "/erasures/begin.json"
        let text = try String(contentsOfFile: begin, encoding: .utf8)
        try text.replacingOccurrences(of: "\"begin\":9", with: "\"begin\":10").write(toFile: begin, atomically: true, encoding: .utf8)
        await #expect(throws: ArchiveError.unsigned("erasures/begin.json")) { _ = try await ledger.numbers() }
    }

    @Test("a drop that stopped half-way is no gap, and is finished by the next")
    func stoppedDrop() async throws {
        let ledger = try await ledger()
        for _ in 0..<6 { try await ledger.append(batch(), of: tenant) }
        let kept = try Data(contentsOf: URL(fileURLWithPath: file(2)))
        try await ledger.drop(through: 4)
        try kept.write(to: URL(fileURLWithPath: file(2)))
        #expect(try await ledger.numbers() == 5..<7)
        #expect(try await ledger.drop(through: 4) == 1)
        #expect(!FileManager.default.fileExists(atPath: file(2)))
    }

    @Test("ten thousand people fit into one entry")
    func size() async throws {
        let ledger = try await ledger()
        var large = batch(ErasureLedger.batchLimit)
        large.suppressions = (0..<ErasureLedger.batchLimit).map { _ in
            .init(of: .make(), since: .now(), tokens: (0..<4).map { _ in [UInt8](repeating: 7, count: 32) })
        }
        try await ledger.append(large, of: tenant)
        #expect(try await read(ledger)[0].batch == large)
    }
}
