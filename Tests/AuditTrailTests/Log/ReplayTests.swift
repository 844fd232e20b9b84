import AuditTrail
import Glibc
import Identity
import Storage
import TestPostgres
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(15)))
struct ReplayTests {
    @Test func `a spool that cannot be read does not keep the others waiting`() async throws {
        try await TrailSite.with { site in
            let (left, own) = (try SpoolPlace(), try SpoolPlace())
            try await left.fill([frames("of another version", 3)])
            let (first, second) = (site.batch(2, at: Instant.now().advanced(by: .milliseconds(-5))), site.batch(2))
            try await own.fill([[first.frame], [second.frame]])
            let (broken, whole) = (try await left.open(), try await own.open())
            let recorder = AuditRecorder(store: site.store, spool: whole, abandoned: [broken], observe: { _ in })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await recorder.run() }
                for _ in 0..<1200 where !whole.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
                #expect(whole.isEmpty)
                recorder.close()
                try await group.waitForAll()
            }
            #expect(try await site.sequencer().catchUp(site.tenant))
            #expect(try await site.events(epoch: 1) == (first.rows + second.rows).map(\.id.description))
            // What cannot be read is still there for whoever can.
            #expect(broken.frameCount == 3)
        }
    }

    @Test func `what was replayed and not discarded is in the log once`() async throws {
        try await TrailSite.with { site in
            let place = try SpoolPlace()
            let batches = (0..<5).map { site.batch(2, at: Instant.now().advanced(by: .milliseconds(10 * $0 - 100))) }
            let sequencer = try site.sequencer()
            for _ in 0..<3 {
                // As if the process had died between the database's answer and the removal of the segment.
                try await place.fill([batches.map(\.frame)])
                let spool = try await place.open()
                let recorder = AuditRecorder(store: site.store, spool: spool, observe: { _ in })
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await recorder.run() }
                    for _ in 0..<1200 where !spool.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
                    recorder.close()
                    try await group.waitForAll()
                }
                await spool.close()
                #expect(try await sequencer.catchUp(site.tenant))
            }
            #expect(try await site.events(epoch: 1) == batches.flatMap(\.rows).map(\.id.description))
        }
    }
}
