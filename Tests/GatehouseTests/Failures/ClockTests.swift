import Foundation
import TestPostgres
import Testing

/// A gateway's clock that steps, with libfaketime between the program and the system.
@Suite(.timeLimit(.minutes(15)))
struct ClockTests {
    private static let library: String? = {
        let folders = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map { "/usr/lib/\($0)/faketime/libfaketime.so.1" }
        return folders.first { FileManager.default.fileExists(atPath: $0) }
    }()

    @Test(.enabled(if: library != nil)) func `a clock that steps back and forth loses, doubles and moves no event`() async throws {
        let library = try #require(Self.library)
        try await FaultSite.with(try await PostgresCluster.start()) { site in
            let clock = site.site.folder + "/clock"
            func set(_ offset: String) throws { try Data(offset.utf8).write(to: URL(filePath: clock)) }
            try set("+0")
            await site.end(0, SIGTERM)
            site.site.add([
                "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            ])
            try await site.start(1)
            // A second, beyond the sequencer's window, a month without a partition, ahead, and right again.
            for offset in ["+0", "-1s", "-5m", "-70d", "+3h", "-10m", "+0"] {
                try set(offset)
                let before = site.journal.events.count
                try await site.underLoad(gateways: 1) { try await eventually("somebody is answered") { site.journal.events.count > before + 20 } }
            }
            // The library may leave timers of the process asleep, which no clock of a system does: the rest is for a gateway without it.
            site.site.add(["LD_PRELOAD": ""])
            await site.end(0, SIGTERM)
            try await site.start(1)
            #expect(try await site.problems() == [])
            let oldest = try await site.site.administer(
                "SELECT min(at) < now() - interval '60 days' AND max(at) > now() + interval '2 hours' FROM audit_event")
            #expect(oldest == "t")
        }
    }
}
