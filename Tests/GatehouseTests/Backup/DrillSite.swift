import Archives
import DataFormats
import Foundation
import Sealing
import SubjectRights
import TestPostgres
import Testing
import TransparencyLog

@testable import Assembly

/// A site with a repository of backups, and who can open what is in it.
struct DrillSite: Sendable {
    let site: Site
    let operations = AgeIdentity.make()
    let offline = AgeIdentity.make()

    var repository: String { site.folder + "/repository" }
    var identity: String { site.folder + "/operations.txt" }

    /// - Parameter pair: databases that run by themselves; the embedded PostgreSQL when not said.
    init(_ pair: DatabasePair? = nil) async throws {
        site = try await Site(pair.map { .given($0) } ?? .embedded)
        let recipients = site.folder + "/recipients"
        try "\(operations.recipient)\n\(offline.recipient)\n".write(toFile: recipients, atomically: true, encoding: .utf8)
        let secret = operations.text().withBytes { String(decoding: $0, as: UTF8.self) }
        try secret.write(toFile: identity, atomically: true, encoding: .utf8)
        chmod(identity, 0o600)
        site.add(["GATEHOUSE_BACKUP_REPOSITORY": repository, "GATEHOUSE_BACKUP_RECIPIENTS_FILE": recipients])
        if let pair {
            site.add([
                "GATEHOUSE_BACKUP_DATABASE_URL": "host=\(pair.cluster.folder) dbname=\(pair.store) user=postgres",
                "GATEHOUSE_BACKUP_VAULT_URL": "host=\(pair.vaultCluster.folder) dbname=\(pair.vault) user=postgres",
            ])
        }
    }

    /// Lends one on databases of its own, its gateways stopped at the end.
    static func with(embedded: Bool = false, _ body: (DrillSite) async throws -> Void) async throws {
        let stage = try await DrillSite(embedded ? nil : try await PostgresCluster.shared().makePair())
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(stage)) } catch { outcome = .failure(error) }
        await stage.site.stop()
        try outcome.get()
    }

    /// Makes two people, one of them with a deal.
    @discardableResult
    func fill() async throws -> [String] {
        let administrator = try site.administrator
        var people: [String] = []
        for name in ["Ann", "Bea"] {
            let answer = try await administrator.post(
                "/v1/contacts", ["given_name": .string(name), "email": .string("\(unique(name.lowercased()))@example.org")])
            #expect(answer.status == 201, "\(answer.text)")
            people.append(answer.id)
        }
        let deal = try await administrator.post("/v1/deals", ["name": "Big", "contact_id": .string(people[0]), "stage": "won", "notes": "Signs"])
        #expect(deal.status == 201, "\(deal.text)")
        try await site.settleLog()
        return people
    }

    /// Makes a backup, and answers what it is called.
    func backup() async throws -> String {
        try #require(try object(try await site.run("backup", "create", "--json"))["backup"]?.stringValue)
    }

    func drill(_ more: String..., environment: [String: String] = [:]) async throws -> Program.Outcome {
        try await site.run(["backup", "drill", "latest", "--identity", identity] + more, environment: environment)
    }

    func report(_ backup: String) -> String { site.state + "/reports/drill-\(backup).json" }

    /// Puts other words in the place of a signed manifest, signed by the same key: as a backup would be that was made wrongly.
    func resign(_ backup: String, _ change: (inout JSONObject) -> Void) async throws {
        let signer = try DocumentKeyFile.signer(try StateDirectory(site.state), name: "gatehouse")
        let repository = try await ArchiveRepository.open(
            try await DirectoryMedium.open(repository, making: false), signer: signer, makes: false)
        let key = "backups/\(backup)/manifest.json"
        var manifest = try await repository.statement(.backupManifest, at: key)
        change(&manifest)
        try await repository.put(manifest, as: .backupManifest, at: key)
    }

    /// Every file below a folder, and what is in it.
    func contents(_ folder: String) throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            var isFolder: ObjCBool = false
            let path = folder + "/" + name
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else { continue }
            contents[name] = FileManager.default.contents(atPath: path) ?? Data()
        }
        return contents
    }

    /// The server of a drill has answered.
    var isScratchRunning: Bool {
        leftovers.contains { Program.text("\(site.state)/\($0)/postmaster.pid").contains("ready") }
    }

    /// What a drill has left in the state directory, or elsewhere where PostgreSQL could not get through to that.
    var leftovers: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: site.state)) ?? []
        return names.filter { $0.hasPrefix("scratch-") }
    }
}
