import Foundation
import TestPostgres
import Testing

/// The log under faults that come at seeded moments, with the program and the database as they are.
struct LogFaultTests {
    /// Runs that share a site, one after the other: the log goes on through all of their faults.
    private static let runsOfSite: UInt64 = 10
    private static let seeds: [UInt64] = [0, 10]
    /// First seeds of sites that once found something.
    private static let kept: [UInt64] = []

    private static let environment = ProcessInfo.processInfo.environment
    private static let soakRuns = UInt64(environment["GATEHOUSE_SOAK_RUNS"] ?? "") ?? 0
    private static let soakSeed = UInt64(environment["GATEHOUSE_SOAK_SEED"] ?? "") ?? 1000

    /// - Returns: what is wrong after which run.
    private func run(_ seeds: Range<UInt64>, _ tell: @Sendable (FaultPlan, [String], FaultSite) -> Void = { _, _, _ in }) async throws -> [String] {
        try await FaultSite.with(try await PostgresCluster.start()) { site in
            for seed in seeds {
                let plan = FaultPlan(seed: seed)
                let problems = try await site.run(plan)
                tell(plan, problems, site)
                if !problems.isEmpty { return ["\(plan), on a site that began with \(seeds.lowerBound)"] + problems }
            }
            return []
        }
    }

    @Test(.timeLimit(.minutes(15)), arguments: seeds + kept)
    func `whatever is killed or stopped, the log is whole and has every acknowledged event once`(first: UInt64) async throws {
        let problems = try await run(first..<first + Self.runsOfSite)
        #expect(problems.isEmpty, "\(problems)")
    }

    /// `scripts/soak-audit` runs this.
    @Test(.enabled(if: soakRuns > 0)) func `as many runs as were asked for`() async throws {
        var first = Self.soakSeed
        let end = first + Self.soakRuns
        while first < end {
            let problems = try await run(first..<min(first + Self.runsOfSite, end)) { plan, problems, site in
                let outcome = problems.isEmpty ? "sound" : "NOT SOUND"
                let line = "\(plan): \(outcome), \(site.journal.events.count) accesses, \(site.journal.notes.count) heads\n"
                FileHandle.standardOutput.write(Data(line.utf8))
            }
            try #require(problems == [])
            first += Self.runsOfSite
        }
    }
}
