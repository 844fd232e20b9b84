import Foundation
import TestPostgres

extension FaultSite {
    /// One run: callers, faults, and a log that has to be whole afterwards.
    ///
    /// - Returns: what is wrong; empty when nothing is.
    func run(_ plan: FaultPlan) async throws -> [String] {
        try await start(plan.gateways)
        try await underLoad(gateways: plan.gateways) { [self] in
            for fault in plan.faults {
                try await Task.sleep(for: .milliseconds(fault.delay))
                try await inflict(fault, of: plan.gateways)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        try await start(plan.gateways)
        return try await problems()
    }

    private func inflict(_ fault: FaultPlan.Fault, of gateways: Int) async throws {
        let number = fault.victim % gateways
        let length = Duration.milliseconds(fault.length)
        switch fault.kind {
        case .gatewayKilled:
            await end(number, SIGKILL)
            // Every other time it comes back while the others work.
            if fault.victim.isMultiple(of: 2) { try await start(gateways) }
        case .serverKilled:
            let pid = Program.text(cluster.data + "/postmaster.pid").split(separator: "\n").first.flatMap { Int32($0) }
            guard let pid else { throw TestFailure("the server has no process") }
            kill(pid, SIGKILL)
            try await Task.sleep(for: length)
            try await restartServer()
        case .backendKilled:
            if let pid = try await sequencerBackend(fault.victim) { kill(pid, SIGKILL) }
            try await awaitServer()
        case .gatewayPaused: try await pause(number, for: length, putsOut: true)
        case .gatewayPausedLong: try await pause(number, for: .seconds(12), putsOut: false)
        case .trailRefused, .killedWhileSpooling:
            try await site.administer("REVOKE INSERT ON audit_inbox FROM gatehouse")
            try await Task.sleep(for: length)
            if fault.kind == .killedWhileSpooling { await end(number, SIGKILL) }
            try await site.administer("GRANT INSERT ON audit_inbox TO gatehouse")
        }
    }

    // MARK: The database

    /// Servers whose parent died may still be there, and the next one waits for them.
    private func restartServer() async throws {
        for _ in 0..<120 {
            do { return try await cluster.startServer() } catch { try await Task.sleep(for: .milliseconds(250)) }
        }
        throw TestFailure("the server does not come back")
    }

    /// Starts the server unless it has come through.
    func ensureServer() async throws {
        if (try? await site.administer("SELECT 1")) != "1" { try await restartServer() }
    }

    private func awaitServer() async throws {
        for _ in 0..<600 {
            if (try? await site.administer("SELECT 1")) == "1" { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TestFailure("the server does not come back")
    }

    private static let holders = """
        SELECT a.pid FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid JOIN pg_class c ON c.oid = l.relation
        WHERE c.relname = 'audit_log' AND l.granted AND a.pid <> pg_backend_pid() AND a.datname = current_database()
        """

    /// The server's process that holds the log of a tenant, or else any that a gateway uses.
    private func sequencerBackend(_ choice: Int) async throws -> Int32? {
        for _ in 0..<4 {
            if let pid = Int32(try await site.administer("\(Self.holders) LIMIT 1")) { return pid }
        }
        let all = try await site.administer(
            "SELECT pid FROM pg_stat_activity WHERE usename = 'gatehouse' AND datname = current_database() ORDER BY pid")
        let pids = all.split(separator: "\n").compactMap { Int32($0) }
        return pids.isEmpty ? nil : pids[choice % pids.count]
    }

    /// Stops a gateway in the midst of an append if that can be had, and lets it go on when somebody else has gone on.
    ///
    /// - Parameter putsOut: what the database does when its patience ends is done at once.
    private func pause(_ number: Int, for length: Duration, putsOut: Bool) async throws {
        guard let server = gateway(number) else { return }
        var isCaught = false
        for _ in 0..<5 where !isCaught {
            server.signal(SIGSTOP)
            isCaught = !(try await site.administer("\(Self.holders) AND a.state = 'idle in transaction'")).isEmpty
            if isCaught { break }
            server.signal(SIGCONT)
            try await Task.sleep(for: .milliseconds(7))
        }
        server.signal(SIGSTOP)
        if putsOut { try await site.administer("SELECT pg_terminate_backend(pid) FROM (\(Self.holders)) AS holder") }
        try await Task.sleep(for: length)
        server.signal(SIGCONT)
    }
}
