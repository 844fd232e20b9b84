import DataFormats
import Foundation
import Synchronization
import TestPostgres

/// A site with a PostgreSQL of its own, one or two gateways, and callers who note what they were told.
final class FaultSite: Sendable {
    let cluster: PostgresCluster
    let pair: DatabasePair
    let site: Site
    let journal = AccessJournal()
    let witnessFolder: String
    private let gateways = Mutex<[ServerProcess?]>([nil, nil])
    private let isOver = Mutex(false)
    private let tokens: (administrator: String?, auditor: String?)
    private let contacts: [String]

    private init(_ cluster: PostgresCluster) async throws {
        self.cluster = cluster
        pair = try await cluster.makePair()
        site = try await Site(.given(pair))
        witnessFolder = site.folder + "/witness"
        try FileManager.default.createDirectory(atPath: witnessFolder, withIntermediateDirectories: false)
        try Data("file archive \(witnessFolder)\n".utf8).write(to: URL(filePath: site.folder + "/witnesses"))
        site.add(["GATEHOUSE_AUDIT_WITNESSES_FILE": site.folder + "/witnesses", "GATEHOUSE_AUDIT_WITNESS_SECONDS": "1"])
        let first = try await site.serve()
        gateways.withLock { $0[0] = first }
        let administrator = try site.administrator
        tokens = (administrator.token, try await site.caller("auditor").token)
        var contacts: [String] = []
        for number in 0..<4 { contacts.append(try await administrator.post("/v1/contacts", ["given_name": .string("n\(number)")]).id) }
        self.contacts = contacts
    }

    /// Lends a site on a server, which is stopped and removed at the end.
    static func with<Value: Sendable>(_ cluster: PostgresCluster, _ body: (FaultSite) async throws -> Value) async throws -> Value {
        let faults = try await FaultSite(cluster)
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(faults)) } catch { outcome = .failure(error) }
        // One that is paused ends, too.
        await faults.site.stop(SIGKILL)
        try? await cluster.stopServer()
        try? FileManager.default.removeItem(atPath: URL(filePath: cluster.folder).deletingLastPathComponent().path)
        try? FileManager.default.removeItem(atPath: faults.site.folder)
        return try outcome.get()
    }

    // MARK: Gateways

    func gateway(_ number: Int) -> ServerProcess? { gateways.withLock { $0[number % 2] } }

    /// Starts those of the first `count` that do not run.
    func start(_ count: Int) async throws {
        for number in 0..<count where gateway(number) == nil {
            let server = try await site.serve()
            gateways.withLock { $0[number] = server }
        }
    }

    func end(_ number: Int, _ signal: Int32) async {
        let server = gateways.withLock { gateways in
            defer { gateways[number] = nil }
            return gateways[number]
        }
        if let server { await site.end(server, signal) }
    }

    // MARK: Callers

    /// Calls until the body has come to its end.
    func underLoad(gateways: Int, _ body: () async throws -> Void) async throws {
        isOver.withLock { $0 = false }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<6 {
                group.addTask { [self] in
                    var round = caller
                    while !isOver.withLock({ $0 }) {
                        round += 1
                        guard let server = gateway(round % gateways) else {
                            try? await Task.sleep(for: .milliseconds(10))
                            continue
                        }
                        do { try await call(server.url, caller, round) } catch { try? await Task.sleep(for: .milliseconds(10)) }
                    }
                }
            }
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
            isOver.withLock { $0 = true }
            try await group.waitForAll()
            try outcome.get()
        }
    }

    private func call(_ url: String, _ caller: Int, _ round: Int) async throws {
        let administrator = Caller(url: url, token: tokens.administrator)
        let auditor = Caller(url: url, token: tokens.auditor)
        let contact = contacts[round % contacts.count]
        switch caller {
        case 0: journal.note(try await administrator.post("/v1/contacts", ["given_name": .string("round \(round)")]))
        case 1: journal.note(try await administrator.patch("/v1/contacts/\(contact)", ifMatch: "*", ["given_name": .string("\(round)")]))
        case 2:
            for epoch in 1...2 { journal.note(checkpoint: try await auditor.get("/v1/audit/log/\(epoch)/checkpoint")) }
            journal.note(listing: try await auditor.get("/v1/audit/events?limit=100"))
            try await Task.sleep(for: .milliseconds(30))
        case 3: journal.note(try await auditor.get("/v1/contacts/\(contact)"))
        default: journal.note(try await administrator.get("/v1/contacts/\(contact)"))
        }
    }
}
