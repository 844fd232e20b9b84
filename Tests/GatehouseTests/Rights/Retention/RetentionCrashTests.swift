import DataFormats
import Foundation
import TestPostgres
import Testing

/// A run that is killed goes on where it was: everything once, and counted once.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct RetentionCrashTests {
    /// Many people and records that are due, some that are not.
    private static func fill(_ site: Site, people: Int, activities: Int) async throws -> Int {
        let caller = try site.administrator
        var rows: [JSONValue] = []
        for number in 0..<people {
            rows.append([
                "line": .number(JSONNumber(Int64(number + 1))),
                "members": [
                    "family_name": .string("Muster \(number)"), "lifecycle": .string(number % 10 == 0 ? "customer" : "former"),
                    "last_activity_at": "2015-01-01T00:00:00Z",
                ],
            ])
        }
        for start in stride(from: 0, to: rows.count, by: 500) {
            let answer = try await caller.importRows("contacts", Array(rows[start..<min(start + 500, rows.count)]))
            #expect(answer.status == 200, "\(answer.text.prefix(300))")
        }
        let keep = try await site.administer("SELECT id FROM contact WHERE lifecycle = 'customer' ORDER BY id LIMIT 1")
        let owner = keep.trimmingCharacters(in: .whitespacesAndNewlines)
        var calls: [JSONValue] = []
        for number in 0..<activities {
            calls.append([
                "line": .number(JSONNumber(Int64(number + 1))),
                "members": ["kind": "call", "contact_id": .string(owner), "topic": .string("T \(number)"), "occurred_at": "2015-01-01T00:00:00Z"],
            ])
        }
        for start in stride(from: 0, to: calls.count, by: 500) {
            let answer = try await caller.importRows("activities", Array(calls[start..<min(start + 500, calls.count)]))
            #expect(answer.status == 200, "\(answer.text.prefix(300))")
        }
        return try #require(Int(try await site.administer("SELECT count(*) FROM contact WHERE lifecycle = 'former'")))
    }

    @Test(arguments: [11, 12, 13]) func `a killed run is gone on with, exactly once`(seed: UInt64) async throws {
        try await Site.with { site in
            try await site.serve()
            let due = try await Self.fill(site, people: 900, activities: 600)
            await site.stop()
            #expect(due == 810)
            var random = SplitMix(seed)
            var kills = 0
            for _ in 0..<12 {
                let child = try Child(
                    [GatehouseProgram.path, "retention", "run", "--json", "--rate", "400", "--state", site.state, "--policies", site.policies],
                    environment: Program.clean.merging(site.environment) { $1 }, folder: "/tmp", input: "/dev/null",
                    output: site.folder + "/run.out", errors: site.folder + "/run.err")
                Watchdog.shared.killAtEnd(process: child.pid)
                try await Task.sleep(for: .milliseconds(Int(300 + random.next() % 900)))
                if child.isAlive { kills += 1 }
                kill(child.pid, SIGKILL)
                _ = await child.wait()
                // Nobody else need wait for the lease of the dead.
                try await site.administer("UPDATE retention_run SET leased_until = now() - interval '1 second'")
                try await site.administer("UPDATE erasure SET leased_until = now() - interval '1 second'")
            }
            #expect(kills > 2, "the run was never killed at work")
            let run = try await RetentionTests.run(site)
            #expect(run["done"] == run["total"])
            #expect(try await site.administer("SELECT count(*) FROM contact WHERE lifecycle = 'former'") == "0")
            #expect(try await site.administer("SELECT count(*) FROM contact WHERE lifecycle = 'customer'") == "90")
            #expect(try await site.administer("SELECT count(*) FROM activity") == "0")
            #expect(try await site.administer("SELECT count(*) FROM retention_item") == "0")
            #expect(try await site.administer("SELECT count(*) FROM erasure WHERE finished_at IS NULL") == "0")
            // Keys and tokens of everybody who went are gone, those of the others are there.
            #expect(try await site.administerVault("SELECT count(DISTINCT holder) FROM data_key WHERE holder <> tenant_id") == "90")
            #expect(try await site.administerVault("SELECT count(*) FROM key_tombstone") == "810")
            let tokens = try await site.administerVault("SELECT count(DISTINCT record_id) FROM search_token")
            #expect(tokens == "90", "\(tokens)")
            // All runs together count each once.
            func counted(_ outcome: String, _ entity: String) async throws -> String {
                try await site.administer("SELECT sum(count) FROM retention_tally WHERE outcome = '\(outcome)' AND entity = '\(entity)'")
            }
            #expect(try await counted("people", "contact") == "810")
            #expect(try await counted("deleted", "contact") == "810")
            #expect(try await counted("deleted", "activity") == "600")
        }
    }
}

private struct SplitMix {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
