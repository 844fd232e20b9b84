import DataFormats
import Foundation
import Synchronization
import TestAuthority
import TestPostgres
import Testing

/// A gateway that is killed while it writes and while it delivers: what was written is told, and nothing else is.
@Suite(.timeLimit(.minutes(15)))
struct EventCrashTests {
    /// What the writers were told.
    private final class Journal: Sendable {
        private let ids = Mutex<[String]>([])
        var all: [String] { ids.withLock { $0 } }
        func add(_ id: String) { ids.withLock { $0.append(id) } }
    }

    /// What a subscriber was told: the ids of messages, and what they are about.
    private struct Told: Hashable {
        let message: String
        let type: String
        let record: String

        init?(_ request: TestServer.Request) {
            guard let message = request.headers["webhook-id"], let body = (try? JSONReader.read(request.body))?.objectValue,
                let type = body["type"]?.stringValue, let record = body["data"]?.objectValue?["id"]?.stringValue
            else { return nil }
            (self.message, self.type, self.record) = (message, type, record)
        }
    }

    @Test func `every write that committed is told of at least once, and none that did not`() async throws {
        // Slow enough that some deliveries are under way whenever the gateway is killed.
        let server = try await TestServer { request in
            usleep(5000)
            return .answer(204)
        }
        try await Site.with { site in
            site.add(["GATEHOUSE_WEBHOOKS_ALLOW_PRIVATE": "1"])
            let acknowledged = Journal()
            var changed: Set<String> = []
            for round in 0..<4 {
                let gateway = try await site.serve()
                let caller = try site.administrator
                if round == 0 {
                    let order: JSONValue = ["url": .string(server.url + "/hook"), "types": ["contact.*"]]
                    #expect(try await caller.post("/v1/webhook-endpoints", order).status == 201)
                }
                let amended = try await Self.write(until: gateway, site, caller, acknowledged, named: "r\(round)", server)
                changed.formUnion(amended)
            }
            try await site.serve()
            try await eventually("everything is delivered") {
                // Who was killed had taken some; nobody waits two minutes for them here.
                try await site.administer(
                    "UPDATE event_delivery SET next_at = now() WHERE state = 'waiting' AND next_at > now() + interval '30 seconds' AND attempts > 0")
                return try await site.administer("SELECT count(*) FROM event_delivery WHERE state <> 'delivered'") == "0"
            }
            let told = Set(server.requests.compactMap { Told($0) })
            let committed = try await site.administer("SELECT id, version FROM contact").split(separator: "\n").map { $0.split(separator: "|") }
            let created = Set(told.filter { $0.type == "contact.created" }.map(\.record))
            #expect(created == Set(committed.map { String($0[0]) }), "each record that is there was told of, and no other")
            #expect(created.isSuperset(of: acknowledged.all) && acknowledged.all.count >= 60)
            let updated = Set(told.filter { $0.type == "contact.updated" }.map(\.record))
            #expect(updated == Set(committed.filter { $0[1] != "1" }.map { String($0[0]) }))
            #expect(updated.isSuperset(of: changed))
            // A change is one event, however often it was told.
            let messages = Dictionary(grouping: told) { "\($0.type) \($0.record)" }
            #expect(messages.values.allSatisfy { $0.count == 1 })
            #expect(try await site.administer("SELECT count(*) FROM change_event") == "\(messages.count)")
        }
    }

    /// Makes and changes records until the gateway is killed; answers which changes were acknowledged.
    private static func write(
        until gateway: ServerProcess, _ site: Site, _ caller: Caller, _ acknowledged: Journal, named prefix: String, _ server: TestServer
    ) async throws -> Set<String> {
        let (before, heard) = (acknowledged.all.count, server.requests.count)
        let changed = Journal()
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<6 {
                group.addTask {
                    for number in 0..<10_000 {
                        let name = "\(prefix)-\(writer)-\(number)"
                        guard let made = try? await caller.post("/v1/contacts", ["given_name": .string(name)]), made.status == 201 else { return }
                        acknowledged.add(made.id)
                        guard let amended = try? await caller.patch("/v1/contacts/\(made.id)", ifMatch: made.tag, ["notes": "called"]),
                            amended.status == 200
                        else { return }
                        changed.add(made.id)
                    }
                }
            }
            group.addTask {
                // In the middle of both: so many were written, and some of them delivered.
                for _ in 0..<30_000 where changed.all.count < 20 || acknowledged.all.count < before + 20 || server.requests.count < heard + 10 {
                    try? await Task.sleep(for: .milliseconds(2))
                }
                await site.end(gateway, SIGKILL)
            }
            await group.waitForAll()
        }
        return Set(changed.all)
    }
}
