import TestAuthority
import Testing
import TransparencyLog
import Vocabulary
import Witnesses

/// What every witness promises, asked of each.
struct ContractTests {
    private let log = TestLog()

    @Test(arguments: WitnessPlace.kinds)
    func `a growing log is witnessed at each size`(_ kind: WitnessPlace.Kind) async throws {
        let place = try await WitnessPlace.make(kind, knowing: [log])
        var last = 0
        for size in [1, 2, 3, 4, 7, 8, 9, 255, 256, 257, 600] {
            let evidence = try await log.show(size, to: place.witness, lastSize: last)
            #expect(try place.accepts(evidence, for: log.checkpoint(size)), "\(size)")
            last = size
        }
    }

    @Test(arguments: WitnessPlace.kinds)
    func `an empty log may be shown`(_ kind: WitnessPlace.Kind) async throws {
        let place = try await WitnessPlace.make(kind, knowing: [log])
        let evidence = try await log.show(0, to: place.witness, lastSize: 0)
        #expect(try place.accepts(evidence, for: log.checkpoint(0)))
        #expect(try place.accepts(try await log.show(3, to: place.witness, lastSize: 0), for: log.checkpoint(3)))
    }

    @Test(arguments: WitnessPlace.kinds)
    func `what was witnessed may be shown again`(_ kind: WitnessPlace.Kind) async throws {
        let place = try await WitnessPlace.make(kind, knowing: [log])
        for _ in 0..<3 {
            let evidence = try await log.show(5, to: place.witness, lastSize: 5)
            #expect(try place.accepts(evidence, for: log.checkpoint(5)))
        }
    }

    @Test(arguments: WitnessPlace.kinds)
    func `a log that forgot what was witnessed goes on from what the witness has`(_ kind: WitnessPlace.Kind) async throws {
        let place = try await WitnessPlace.make(kind, knowing: [log])
        try await log.show(5, to: place.witness, lastSize: 0)
        for (size, last) in [(5, 0), (9, 0), (12, 3), (12, 0)] {
            #expect(try place.accepts(try await log.show(size, to: place.witness, lastSize: last), for: log.checkpoint(size)))
        }
    }

    @Test(arguments: WitnessPlace.kinds)
    func `each log is witnessed by itself`(_ kind: WitnessPlace.Kind) async throws {
        let logs = [log, TestLog(epoch: 2), TestLog(tenant: TenantID(UUIDv7.make()))]
        let place = try await WitnessPlace.make(kind, knowing: logs)
        for (log, size) in zip(logs, [9, 4, 1]) {
            #expect(try place.accepts(try await log.show(size, to: place.witness, lastSize: 0), for: log.checkpoint(size)))
        }
        for (log, size) in zip(logs, [9, 4, 1]) {
            #expect(try place.accepts(try await log.show(size + 2, to: place.witness, lastSize: size), for: log.checkpoint(size + 2)))
        }
    }

    @Test(arguments: WitnessPlace.remembering)
    func `a log that was taken back is found out`(_ kind: WitnessPlace.Kind) async throws {
        let place = try await WitnessPlace.make(kind, knowing: [log])
        try await log.show(8, to: place.witness, lastSize: 0)
        for (size, last) in [(5, 5), (5, 0), (7, 3), (0, 0), (5, 8)] {
            await refused(WitnessError(.conflict, size: 8)) { try await log.show(size, to: place.witness, lastSize: last) }
        }
        // The witness has not let itself be taken back.
        try await log.show(8, to: place.witness, lastSize: 8)
    }

    @Test(arguments: WitnessPlace.remembering)
    func `another history is found out, whatever its size`(_ kind: WitnessPlace.Kind) async throws {
        let place = try await WitnessPlace.make(kind, knowing: [log])
        try await log.show(8, to: place.witness, lastSize: 0)
        for forked in [0, 3, 7] {
            let fork = TestLog(forkedAt: forked)
            for (size, last) in [(8, 8), (8, 0), (9, 8), (12, 8), (12, 5), (16, 0), (300, 8)] {
                await refused(WitnessError(.conflict, size: 8)) { try await fork.show(size, to: place.witness, lastSize: last) }
            }
        }
        // One that forks off later has all that was witnessed, and nothing has happened.
        try await TestLog(forkedAt: 8).show(10, to: place.witness, lastSize: 8)
    }

    @Test(arguments: WitnessPlace.remembering)
    func `a log that cannot prove is not witnessed, and may come again with a proof`(_ kind: WitnessPlace.Kind) async throws {
        let place = try await WitnessPlace.make(kind, knowing: [log])
        try await log.show(3, to: place.witness, lastSize: 0)
        await refused(WitnessError(.unproven)) {
            _ = try await place.witness.witness(log.checkpoint(6), lastSize: 3) { (_) throws(WitnessError) in throw WitnessError(.unproven) }
        }
        await refused(WitnessError(.conflict, size: 3)) {
            _ = try await place.witness.witness(log.checkpoint(6), lastSize: 3) { (_) throws(WitnessError) in [] }
        }
        #expect(try place.accepts(try await log.show(6, to: place.witness, lastSize: 3), for: log.checkpoint(6)))
    }

    @Test(arguments: WitnessPlace.kinds)
    func `many who show the same at once get what they came for`(_ kind: WitnessPlace.Kind) async throws {
        let place = try await WitnessPlace.make(kind, knowing: [log])
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { try place.accepts(try await log.show(7, to: place.witness, lastSize: 0), for: log.checkpoint(7)) }
            }
            for try await isAccepted in group { #expect(isAccepted) }
        }
    }
}
