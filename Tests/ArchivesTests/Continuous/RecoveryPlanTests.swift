import Archives
import Foundation
import Testing
import Vocabulary

struct RecoveryPlanTests {
    private func base(_ place: LogPlace, _ at: String, _ first: UInt64, _ last: UInt64, timeline: UInt32 = 1) throws -> BackupManifest {
        let moment = try #require(Instant(at))
        return BackupManifest(
            id: .make(at: moment), kind: .base, label: nil, begunAt: moment, endedAt: moment,
            archive: SealedArchive(
                key: "backups/x/store.1.age", header: .init(byteCount: 1, digest: [UInt8](repeating: 0, count: 32)),
                payload: .init(byteCount: 1, digest: [UInt8](repeating: 0, count: 32)), plainByteCount: 1),
            tables: [], tenants: [], schema: "", catalog: "", ledger: 0, recipients: [], server: 170_000,
            wal: .init(
                system: place.system, timeline: Int(timeline), first: "\(place.segment(first, timeline: timeline))",
                last: "\(place.segment(last, timeline: timeline))"))
    }

    private func sources(_ place: LogPlace, _ bases: [BackupManifest]) async throws -> RecoverySources {
        let found = try await place.repository.recoverySources(of: place.system)
        return RecoverySources(acceptance: found.acceptance, inventory: found.inventory, bases: bases, lines: found.lines)
    }

    private func push(_ place: LogPlace, _ numbers: [UInt64], timeline: UInt32 = 1) async throws {
        for number in numbers { _ = try await place.push(try place.write(place.segment(number, timeline: timeline))) }
    }

    private func moment(_ text: String) throws -> RecoveryTarget { .moment(try #require(Instant(text))) }

    private func problem(_ body: () throws -> RecoveryPlan) -> ArchiveError? {
        do { _ = try body() } catch { return error as? ArchiveError }
        return nil
    }

    @Test("a moment is reached from the newest base backup before it")
    func newest() async throws {
        let place = try await LogPlace.make()
        try await push(place, [2, 3, 4, 5, 6])
        let bases = [try base(place, "2026-01-01T00:00:00Z", 2, 2), try base(place, "2026-01-02T00:00:00Z", 4, 4)]
        let sources = try await sources(place, bases)
        #expect(try RecoveryPlan.make(to: moment("2026-01-01T12:00:00Z"), from: sources).base.id == bases[0].id)
        let plan = try RecoveryPlan.make(to: moment("2026-01-02T12:00:00Z"), from: sources)
        #expect(plan.base.id == bases[1].id)
        #expect(plan.last == place.segment(6))
        guard case .unreachable = problem({ try RecoveryPlan.make(to: moment("2025-12-31T00:00:00Z"), from: sources) }) else {
            Issue.record("before the first base backup there is nothing")
            return
        }
    }

    @Test("a gap stops the way to what is behind it, and not to what is before")
    func gap() async throws {
        let place = try await LogPlace.make()
        try await push(place, [2, 3, 5, 6])
        let sources = try await sources(place, [try base(place, "2026-01-01T00:00:00Z", 2, 2)])
        #expect(problem { try RecoveryPlan.make(to: .end, from: sources) } == .gap("000000010000000000000004"))
        func point(_ position: String) throws -> RecoveryTarget {
            .restorePoint(
                RestorePoint(
                    name: "x", mark: "x", system: place.system, timeline: 1, position: try #require(WALPosition(position)), setAt: .now()))
        }
        #expect(try RecoveryPlan.make(to: point("0/310000"), from: sources).last == place.segment(3))
        #expect(problem { try RecoveryPlan.make(to: try point("0/510000"), from: sources) } == .gap("000000010000000000000004"))
        guard case .unreachable = problem({ try RecoveryPlan.make(to: try point("0/210000"), from: sources) }) else {
            Issue.record("a point in the base backup's own segment was set before its end")
            return
        }
    }

    @Test("a base backup whose own segments are missing leads nowhere, and an older one gets round it only without a gap")
    func ownGap() async throws {
        let place = try await LogPlace.make()
        try await push(place, [2, 3, 4, 6])
        let bases = [try base(place, "2026-01-01T00:00:00Z", 2, 2), try base(place, "2026-01-02T00:00:00Z", 5, 5)]
        let sources = try await sources(place, bases)
        #expect(problem { try RecoveryPlan.make(to: .end, from: sources) } == .gap("000000010000000000000005"))
    }

    @Test("after a restore the newest timeline is the way; the one that was left is chosen by its number")
    func timelines() async throws {
        let place = try await LogPlace.make()
        try await push(place, [2, 3, 4, 5, 6])
        _ = try await place.push(try place.write("00000002.history", Array("1\t0/310000\tno recovery target specified\n".utf8)))
        try await push(place, [3, 4], timeline: 2)
        let before = try base(place, "2026-01-01T00:00:00Z", 2, 2)
        let onOld = try base(place, "2026-01-02T00:00:00Z", 5, 5)
        let sources = try await sources(place, [before, onOld])
        let plan = try RecoveryPlan.make(to: .end, from: sources)
        #expect(plan.base.id == before.id, "the newer base backup is of the part that was left")
        #expect(plan.last == place.segment(4, timeline: 2))
        let old = try RecoveryPlan.make(to: .end, from: sources, timeline: 1)
        #expect(old.base.id == onOld.id)
        #expect(old.last == place.segment(6))
        guard case .unreachable = problem({ try RecoveryPlan.make(to: .end, from: sources, timeline: 7) }) else {
            Issue.record("there is no timeline 7")
            return
        }
    }

    @Test("pruning takes what comes before the oldest base backup that stays, and nothing while there is none")
    func pruning() async throws {
        let place = try await LogPlace.make()
        try await push(place, [1, 2, 3, 4, 5])
        #expect(try await place.repository.planPruning([]).segments.isEmpty)
        for (at, number) in [("2026-01-01T00:00:00Z", 2), ("2026-01-02T00:00:00Z", 4)] {
            let manifest = try base(place, at, UInt64(number), UInt64(number))
            let archive = SealedArchive(
                key: "backups/\(manifest.id)/base.1.age", header: manifest.archive.header, payload: manifest.archive.payload, plainByteCount: 1)
            var copy = manifest
            copy.archive = archive
            let draft = place.repository.medium.drafts + "/base"
            #expect(FileManager.default.createFile(atPath: draft, contents: Data([0])))
            try await place.repository.publish(copy, from: draft) { _ in }
        }
        let backups = try await place.repository.backups()
        #expect(try await place.repository.planPruning([]).segments.count == 2, "segment 1 and its statement")
        let plan = try await place.repository.planPruning([backups[0]])
        #expect(plan.segments.count == 6)
        #expect(plan.segments.prefix(3).allSatisfy { $0.hasSuffix(".json") })
        try await place.repository.prune(plan)
        let left = try await place.repository.recoverySources(of: place.system).inventory.segments
        #expect(left == [place.segment(4), place.segment(5)])
    }

    @Test("a moment behind the last segment is told of before anything is unpacked")
    func end() async throws {
        let place = try await LogPlace.make()
        try await push(place, [2, 3])
        let manifest = try base(place, "2026-01-01T00:00:00Z", 2, 2)
        let plan = try RecoveryPlan.make(to: .end, from: try await sources(place, [manifest]))
        let end = try await place.repository.end(of: plan, system: place.system)
        #expect(end <= .now())
        #expect(end > manifest.endedAt)
    }
}
