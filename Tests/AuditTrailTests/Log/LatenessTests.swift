import AuditTrail
import Storage
import TestPostgres
import Testing
import Vocabulary

/// Batches that come late, twice, or from a clock that is wrong.
@Suite(.timeLimit(.minutes(15)))
struct LatenessTests {
    @Test func `a first writing that arrives after the second one was moved does not stop the log`() async throws {
        try await TrailSite.with { site in
            let sequencer = try site.sequencer()
            let batch = site.batch(3)
            try await site.write([batch], isRepeated: true)
            #expect(try await sequencer.catchUp(site.tenant))
            // The server had it all the time, and takes it only now.
            try await site.write([batch, site.batch(2)])
            #expect(try await sequencer.catchUp(site.tenant))
            #expect(try await site.waiting() == 0)
            #expect(try await site.counts() == "5 5")
        }
    }

    @Test func `a batch of which the log has a part adds only the rest`() async throws {
        try await TrailSite.with { site in
            let sequencer = try site.sequencer()
            let first = site.batch(2)
            try await site.write([first])
            #expect(try await sequencer.catchUp(site.tenant))
            let more = AuditBatch(tenant: site.tenant, rows: first.rows + site.batch(2).rows)
            try await site.write([more], isRepeated: true)
            #expect(try await sequencer.catchUp(site.tenant))
            #expect(try await site.events(epoch: 1) == more.rows.map(\.id.description))
        }
    }

    @Test func `a long outage is taken up at once, not a helping at a time`() async throws {
        try await TrailSite.with { site in
            let sequencer = try site.sequencer()
            try await site.grow(sequencer, by: 1)
            let hourAgo = Instant.now().advanced(by: .seconds(-3600))
            let late = (0..<2500).map { site.batch(at: hourAgo.advanced(by: .milliseconds($0))) }
            for start in stride(from: 0, to: late.count, by: 500) { try await site.write(Array(late[start..<start + 500]), isRepeated: true) }
            #expect(try await sequencer.catchUp(site.tenant, within: .seconds(120)))
            #expect(try await site.waiting() == 0)
            // In the order of their writing, behind what was placed before.
            #expect(try await site.events(epoch: 1).dropFirst() == late.flatMap(\.rows).map(\.id.description)[...])
        }
    }

    @Test func `two gateways that take turns both look for what came late`() async throws {
        try await TrailSite.with { site in
            let (one, other) = (try site.sequencer(host: "one"), try site.sequencer(host: "other"))
            for _ in 0..<3 {
                try await site.grow(one, by: 1)
                try await site.grow(other, by: 1)
            }
            try await site.write([site.batch(at: Instant.now().advanced(by: .seconds(-300)))])
            // Each turn finds that the other has appended; the late batch must not wait for a pause in that.
            var rounds = 0
            while try await site.waiting() > 0, rounds < 120 {
                try await site.grow(one, by: 1)
                try await site.grow(other, by: 1)
                try await Task.sleep(for: .milliseconds(100))
                rounds += 1
            }
            #expect(try await site.waiting() == 0)
        }
    }

    @Test func `a batch from a clock that is ahead does not make the others late`() async throws {
        try await TrailSite.with { site in
            let sequencer = try site.sequencer()
            try await site.write([site.batch(at: Instant.now().advanced(by: .seconds(7200)))])
            _ = try await sequencer.turn(site.tenant)
            try await site.grow(sequencer, by: 1)
            #expect(try await site.waiting() == 0)
            #expect(try await site.counts() == "2 2")
        }
    }

    @Test func `events of any time have a place, in the order in which they came`() async throws {
        try await TrailSite.with { site in
            let sequencer = try site.sequencer()
            var expected: [String] = []
            // A step back of a second, of more than the window, of a month, to before the first partition, to the beginning, and far ahead.
            for seconds in [0, -1, -120, -40 * 86_400, -20 * 365 * 86_400, -56 * 365 * 86_400, 400 * 86_400, 0] {
                let batch = site.batch(2, at: Instant.now().advanced(by: .seconds(seconds)))
                try await site.write([batch])
                #expect(try await sequencer.catchUp(site.tenant))
                expected += batch.rows.map(\.id.description)
                _ = try await sequencer.sign(site.tenant)
            }
            #expect(try await site.events(epoch: 1) == expected)
            // Partitions that are made later leave them where they are.
            try await site.store.makeAuditPartitions(at: Instant.now().advanced(by: .seconds(400 * 86_400)))
            try await site.store.makeAuditPartitions(at: Instant.now().advanced(by: .seconds(-40 * 86_400)))
            try await site.grow(sequencer, by: 1)
            #expect(try await site.events(epoch: 1).dropLast() == expected[...])
        }
    }
}
