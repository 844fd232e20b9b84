import Foundation
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct FullDiskTests {
    @Test(.enabled(if: TemporaryDisk.isPossible)) func `a database whose disk is full loses no event, and takes them when it has space`() async throws
    {
        try await TemporaryDisk.with(try TemporaryFolder.make(), bytes: 400 << 20) { disk in
            let cluster = try await PostgresCluster.start(settings: ["max_wal_size=64MB", "min_wal_size=32MB"], in: disk.path)
            try await FaultSite.with(cluster) { site in
                try await site.underLoad(gateways: 1) { try await Task.sleep(for: .milliseconds(300)) }
                let before = site.journal.events.count
                try disk.fill()
                try await site.underLoad(gateways: 1) {
                    // Until pages and segments that were there are used up, it may notice nothing.
                    try await eventually("events go to the spool") { !site.site.spooledFiles.isEmpty }
                    try await Task.sleep(for: .milliseconds(500))
                }
                #expect(site.journal.events.count > before)
                let health = try await Caller(url: try site.site.url).get("/healthz")
                #expect(health.status == 200)
                disk.free()
                try await site.ensureServer()
                #expect(try await site.problems() == [])
            }
        }
    }
}
