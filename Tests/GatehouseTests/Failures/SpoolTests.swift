import DataFormats
import Foundation
import TestPostgres
import Testing

/// A database that takes no events while it can still be read, and a host that keeps them meanwhile.
@Suite(.timeLimit(.minutes(15)))
struct SpoolTests {
    enum Refusal: String, CaseIterable {
        case noRight, readOnly

        func begin(_ site: Site, _ pair: DatabasePair) async throws {
            switch self {
            case .noRight: try await site.administer("REVOKE INSERT ON audit_inbox FROM gatehouse")
            case .readOnly: try await Self.setReadOnly("on", pair)
            }
        }

        func end(_ site: Site, _ pair: DatabasePair) async throws {
            switch self {
            case .noRight: try await site.administer("GRANT INSERT ON audit_inbox TO gatehouse")
            case .readOnly: try await Self.setReadOnly("off", pair)
            }
        }

        /// As an operator or a cloud's watch does when a disk runs full. Connections that there are would not hear of it.
        private static func setReadOnly(_ value: String, _ pair: DatabasePair) async throws {
            try await pair.cluster.administer(
                "postgres",
                """
                ALTER DATABASE \(pair.store) SET default_transaction_read_only = \(value);
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(pair.store)'
                """)
        }
    }

    private func withSite(_ settings: [String: String] = [:], _ body: (Site, DatabasePair) async throws -> Void) async throws {
        let pair = try await PostgresCluster.shared().makePair()
        try await Site.with(.given(pair)) { site in
            site.add(settings)
            try await body(site, pair)
        }
    }

    /// The events stand in the log, each once, in this order.
    private func expectInOrder(_ events: [String], _ site: Site) async throws {
        try await site.settleLog()
        let rows = try await site.administer("SELECT id FROM audit_event ORDER BY epoch, position").split(separator: "\n").map(String.init)
        let wanted = Set(events)
        #expect(rows.filter { wanted.contains($0) } == events)
        #expect(try await site.run("audit", "verify", "--quiet").status == 0)
    }

    /// What a reader is told, as soon as it is told anything: a connection that was just ended is no refusal.
    private func read(_ caller: Caller, _ path: String) async throws -> Answer {
        var answer = try await caller.get(path)
        if answer.status == 503 {
            try await eventually("a reader is told something") {
                answer = try await caller.get(path)
                return answer.status != 503
            }
        }
        return answer
    }

    @Test(arguments: Refusal.allCases)
    func `while the database takes no events, reads go on and their events are not lost by a crash`(refusal: Refusal) async throws {
        try await withSite { site, pair in
            try await site.serve()
            let made = try await site.administrator.post("/v1/contacts", ["given_name": "Ann"])
            let token = try site.administrator.token
            var events = [try #require(made.headers["audit-event"])]
            try await refusal.begin(site, pair)
            for round in 0..<2 {
                let caller = Caller(url: try site.url, token: token)
                for _ in 0..<10 {
                    let answer = try await read(caller, "/v1/contacts/\(made.id)")
                    #expect(answer.status == 200, "\(answer.text)")
                    events.append(try #require(answer.headers["audit-event"]))
                }
                #expect(try await caller.get("/healthz").status == 200)
                let change = try await caller.post("/v1/contacts", ["given_name": "New"])
                #expect(change.status == 503 && change["id"] == nil, "\(change.text)")
                let status = try await site.run("status")
                #expect(status.status == 0, "\(status.errors)")
                #expect(!site.spooledFiles.isEmpty)
                // A crash, and a start while nothing has changed.
                await site.stop(SIGKILL)
                if round == 0 { try await site.serve() }
            }
            try await refusal.end(site, pair)
            try await site.serve()
            try await expectInOrder(events, site)
        }
    }

    @Test func `what a gateway that died has left in its spool is taken over by the one beside it`() async throws {
        try await withSite { site, pair in
            let (first, second) = (try await site.serve(), try await site.serve())
            let token = try site.administrator.token
            let made = try await Caller(url: first.url, token: token).post("/v1/contacts", ["given_name": "Ann"])
            var events = [try #require(made.headers["audit-event"])]
            try await Refusal.noRight.begin(site, pair)
            for _ in 0..<5 {
                let answer = try await Caller(url: second.url, token: token).get("/v1/contacts/\(made.id)")
                #expect(answer.status == 200, "\(answer.text)")
                events.append(try #require(answer.headers["audit-event"]))
            }
            await site.end(second, SIGKILL)
            try await Refusal.noRight.end(site, pair)
            try await expectInOrder(events, site)
        }
    }

    @Test func `a full spool refuses what would be shown, and nothing else`() async throws {
        try await withSite(["GATEHOUSE_AUDIT_SPOOL_MB": "1"]) { site, pair in
            try await site.serve()
            let administrator = try site.administrator
            let made = try await administrator.post("/v1/contacts", ["given_name": "Kvasir"])
            try await Refusal.noRight.begin(site, pair)
            let journal = AccessJournal()
            let refused = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        while true {
                            let answer = try await administrator.get("/v1/contacts/\(made.id)")
                            journal.note(answer)
                            if answer.status != 200 { return answer }
                        }
                    }
                }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            for answer in refused {
                #expect(answer.status == 503 && answer.code == "audit-unavailable", "\(answer.text)")
                #expect(!answer.text.contains("Kvasir"))
            }
            #expect(try await administrator.get("/healthz").status == 200)
            #expect(journal.events.count > 100)
            try await Refusal.noRight.end(site, pair)
            try await site.settleLog()
            let there = Set(try await site.administer("SELECT id FROM audit_event").split(separator: "\n").map(String.init))
            #expect(journal.events.filter { !there.contains($0) } == [])
            #expect(try await administrator.get("/v1/contacts/\(made.id)").status == 200)
            #expect(try await site.run("audit", "verify", "--quiet").status == 0)
        }
    }

    @Test(.enabled(if: TemporaryDisk.isPossible)) func `a spool whose disk is full refuses, and empties itself without space`() async throws {
        try await withSite { site, pair in
            try await TemporaryDisk.with(site.state + "/audit/spool", bytes: 128 << 10) { _ in
                try await site.serve()
                let administrator = try site.administrator
                let made = try await administrator.post("/v1/contacts", ["given_name": "Kvasir"])
                try await Refusal.noRight.begin(site, pair)
                var events: [String] = []
                var answer = made
                while answer.status < 300 {
                    events.append(try #require(answer.headers["audit-event"]))
                    answer = try await administrator.get("/v1/contacts/\(made.id)")
                }
                #expect(answer.status == 503 && answer.code == "audit-unavailable", "\(answer.text)")
                #expect(events.count > 10)
                try await Refusal.noRight.end(site, pair)
                try await expectInOrder(events, site)
                await site.stop()
            }
        }
    }

    @Test(.enabled(if: TemporaryDisk.isPossible)) func `heads are signed again when the disk that remembers them has space`() async throws {
        try await withSite { site, _ in
            try await TemporaryDisk.with(site.state + "/audit", bytes: 1 << 20) { disk in
                try await site.serve()
                let administrator = try site.administrator
                let made = try await administrator.post("/v1/contacts", ["given_name": "Ann"])
                let signed = "SELECT coalesce(max(size), 0) FROM audit_checkpoint"
                try await eventually("a head is signed") { try await site.administer(signed) != "0" }
                try disk.fill()
                for _ in 0..<20 { #expect(try await administrator.get("/v1/contacts/\(made.id)").status == 200) }
                try await site.settleLog()
                let log = site.folder + "/serve1.err"
                try await eventually("it says so") { Program.text(log).contains("memory-unwritable") }
                let size = Int(try await site.administer("SELECT max(size) FROM audit_log")) ?? 0
                #expect(Int(try await site.administer(signed)) ?? 0 < size)
                disk.free()
                try await eventually("the head is signed") { Int(try await site.administer(signed)) ?? 0 >= size }
                #expect(try await site.administer("SELECT max(epoch) FROM audit_log") == "1")
                #expect(try await site.run("audit", "verify", "--quiet").status == 0)
                await site.stop()
            }
        }
    }
}
