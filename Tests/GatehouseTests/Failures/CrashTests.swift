import DataFormats
import Foundation
import Synchronization
import TestPostgres
import Testing

@Suite(.timeLimit(.minutes(15)))
struct CrashTests {
    enum Victim: String, CaseIterable { case database, gateway }

    /// What the writers were told.
    private final class Journal: Sendable {
        private let entries = Mutex<[Acknowledged]>([])
        var all: [Acknowledged] { entries.withLock { $0 } }
        func add(_ entry: Acknowledged) { entries.withLock { $0.append(entry) } }
    }

    private struct Acknowledged: Sendable {
        let table: String
        let id: String
        let event: String
    }

    @Test(arguments: Victim.allCases)
    func `what was acknowledged before a crash is there after it, with its event`(victim: Victim) async throws {
        try await Site.with(.embedded) { site in
            let server = try await site.serve()
            let administrator = try site.administrator
            let written = Journal()
            let shared = try await administrator.post("/v1/accounts", ["name": "shared"])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        for number in 0..<10_000 {
                            do {
                                let made = try await administrator.post(
                                    "/v1/contacts", ["given_name": .string("w\(writer)"), "email": .string("w\(writer)n\(number)@example.org")]
                                )
                                let amended = try await administrator.patch(
                                    "/v1/accounts/\(shared.id)", ifMatch: "*", ["city": .string("\(writer) \(number)")])
                                for (table, answer) in [("contact", made), ("account", amended)] where answer.status < 300 {
                                    let event = answer.headers["audit-event"] ?? ""
                                    written.add(Acknowledged(table: table, id: answer.id, event: event))
                                }
                                if made.status >= 500 || amended.status >= 500 { return }
                            } catch {
                                return
                            }
                        }
                    }
                }
                group.addTask {
                    while written.all.count < 200 { try await Task.sleep(for: .milliseconds(5)) }
                    switch victim {
                    case .database:
                        let pid = Program.text(site.state + "/postgres/postmaster.pid").split(separator: "\n").first.flatMap { Int32($0) }
                        kill(try #require(pid), SIGKILL)
                    case .gateway: _ = await server.end(SIGKILL)
                    }
                }
                try await group.waitForAll()
            }
            await site.stop(victim == .gateway ? SIGKILL : SIGTERM)
            try await site.serve()
            try await site.settleLog()
            let acknowledged = written.all
            #expect(acknowledged.count >= 200)
            let values = acknowledged.map { "('\($0.table)', '\($0.id)', '\($0.event)')" }.joined(separator: ",")
            let lost = try await site.administer(
                """
                SELECT count(*) FROM (VALUES \(values)) AS said (kind, id, event)
                WHERE NOT EXISTS (SELECT FROM contact WHERE contact.id = said.id::uuid UNION SELECT FROM account WHERE account.id = said.id::uuid)
                  OR NOT EXISTS (SELECT FROM audit_event e WHERE e.id = said.event::uuid AND position(uuid_send(said.id::uuid) in e.records) > 0)
                """
            )
            #expect(lost == "0")
            let silent = try await site.administer(
                """
                SELECT count(*) FROM (SELECT id FROM contact UNION SELECT id FROM account) r
                WHERE NOT EXISTS (SELECT FROM audit_event e WHERE e.action = 'create' AND position(uuid_send(r.id) in e.records) > 0)
                """
            )
            #expect(silent == "0")
            let versions = try await site.administer("SELECT version FROM account")
            let changes = try await site.administer(
                "SELECT count(*) FROM audit_event WHERE action = 'update' AND convert_from(entry, 'UTF8')::jsonb ->> 'outcome' = 'changed'")
            #expect(Int(versions).map { $0 - 1 } == Int(changes))
            // Readable, too: the keys were there before the rows.
            let again = try site.administrator
            for item in acknowledged.filter({ $0.table == "contact" }).suffix(20) {
                #expect(try await again.get("/v1/contacts/\(item.id)")["email"]?.stringValue?.hasSuffix("@example.org") == true)
            }
        }
    }
}
