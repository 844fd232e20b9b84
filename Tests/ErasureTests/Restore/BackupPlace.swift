import Archives
import Catalog
import Disclosure
import Foundation
import Gateway
import Sealing
import Storage
import SubjectRights
import TestPostgres
import Vocabulary

@testable import Assembly

/// A repository of backups for one test, and who can open what is in it.
struct BackupPlace: Sendable {
    let folder: String
    let operations = AgeIdentity.make()
    let offline = AgeIdentity.make()

    var path: String { folder + "/repository" }
    var environment: [String: String] {
        ["GATEHOUSE_BACKUP_REPOSITORY": path, "GATEHOUSE_BACKUP_RECIPIENTS_FILE": folder + "/recipients"]
    }

    static func make() async throws -> BackupPlace {
        let place = BackupPlace(folder: try TemporaryFolder.make())
        try "\(place.operations.recipient)\n\(place.offline.recipient)\n".write(
            toFile: place.folder + "/recipients", atomically: true, encoding: .utf8)
        try await place.begin()
        return place
    }

    /// Makes the repository, as the first backup does.
    @discardableResult
    func begin() async throws -> UUIDv7 {
        try await ArchiveRepository.open(try await DirectoryMedium.open(path, making: true), signer: nil, makes: true).id
    }

    /// As a host reads it that restores.
    func ledger(_ site: ErasureSite) async throws -> ErasureLedger {
        let medium = try await DirectoryMedium.open(path, making: false)
        return ErasureLedger(try await ArchiveRepository.open(medium, signer: nil, trusted: [site.gateway.rights.signer.noteKey], makes: false))
    }

    func entries(_ site: ErasureSite) async throws -> [ErasureLedger.Entry] {
        let ledger = try await ledger(site)
        return try await ledger.entries(ledger.numbers(), with: [offline])
    }

    /// Nothing answers there any more, until it is brought back.
    func takeAway() throws { try FileManager.default.moveItem(atPath: path, toPath: path + ".away") }
    func bringBack() throws { try FileManager.default.moveItem(atPath: path + ".away", toPath: path) }
}

extension ErasureSite {
    /// Lends a gateway with a repository of backups.
    static func withRepository(_ body: @Sendable @escaping (ErasureSite, BackupPlace) async throws -> Void) async throws {
        let place = try await BackupPlace.make()
        try await ErasureSite.with(environment: place.environment) { site in try await body(site, place) }
    }

    enum Database: String { case store = "gatehouse", vault = "gatehouse_vault" }

    /// Keeps a copy of a database, as a backup does.
    func keep(_ database: Database) async throws { try await replace("kept_\(database.rawValue)", with: database.rawValue) }

    /// Puts the copy in the place of the database, as a restore does.
    func putBack(_ database: Database) async throws { try await replace(database.rawValue, with: "kept_\(database.rawValue)") }

    private func administer(_ sql: String) async throws {
        _ = try await PostgresCluster.psql(socket: folder + "/state/postgres-run", "postgres", sql)
    }

    private func replace(_ database: String, with template: String) async throws {
        try await administer("DROP DATABASE IF EXISTS \(database) WITH (FORCE)")
        try await administer("ALTER DATABASE \(template) ALLOW_CONNECTIONS false")
        for attempt in 1... {
            try await administer("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(template)'")
            do {
                try await administer("CREATE DATABASE \(database) OWNER gatehouse TEMPLATE \(template)")
                break
            } catch { if attempt == 100 { throw error } }
        }
        try await administer("ALTER DATABASE \(template) ALLOW_CONNECTIONS true; ALTER DATABASE \(database) ALLOW_CONNECTIONS true")
        // Connections that are gone are found out when they are used.
        let tenant = TenantID(.make())
        var answers = 0
        for _ in 0..<1000 where answers < 8 {
            do {
                _ = try await runtime.store.tenants()
                _ = try await gateway.unrecordedErasures(of: tenant)
                answers += 1
            } catch { answers = 0 }
        }
    }

    func replay(_ place: BackupPlace, through expected: Int = 0) async throws -> ReplayCounts {
        let tenant = try await tenant()
        let runtime = runtime
        let counts = try await gateway.replayErasures(
            from: place.ledger(self), with: [place.operations], through: expected, context: { runtime.hostContext(of: $0) })
        return counts[tenant] ?? ReplayCounts()
    }

    func remainders() async throws -> [String: Int] {
        let found = try await gateway.remaindersOfErased(of: try await tenant())
        return Dictionary(uniqueKeysWithValues: found.map { ($0.place, $0.count) })
    }

    /// What an officer sees of a record.
    func text(_ entity: String, _ id: RecordID) async throws -> String {
        guard let entity = gateway.catalog.entity(named: entity) else { throw TestFailure("there is no entity \(entity)") }
        return String(decoding: try await gateway.read(entity, id, try await context()).json, as: UTF8.self)
    }
}
