import DataFormats
import Foundation
import TestPostgres
import Testing

/// A site with a repository, and two people who can open what is in it.
final class BackupScene: Sendable {
    let site: Site
    let operations: String
    let recovery: String
    var repository: String { site.folder + "/repository" }
    /// Where the repository is; a folder when not given.
    private let place: [String: String]?

    /// - Parameters:
    ///   - site: with databases of its own; an embedded PostgreSQL when not given.
    ///   - place: settings that say where the repository is; a folder when not given.
    init(_ site: Site? = nil, at place: [String: String]? = nil) async throws {
        self.place = place
        if let site { self.site = site } else { self.site = try await Site(.embedded) }
        operations = self.site.folder + "/operations.txt"
        recovery = self.site.folder + "/recovery.txt"
        var recipients = ""
        for path in [operations, recovery] {
            let made = try await Program.run(["age-keygen", "-o", path])
            try #require(made.status == 0, "age-keygen: \(made.errors)")
            recipients += try await Program.run(["age-keygen", "-y", path]).output
        }
        try FileManager.default.createDirectory(atPath: self.site.state + "/keys", withIntermediateDirectories: true)
        try recipients.write(toFile: self.site.state + "/keys/backup-recipients", atomically: true, encoding: .utf8)
        self.site.add(place ?? ["GATEHOUSE_BACKUP_REPOSITORY": repository])
    }

    /// The name of a new backup.
    func backup() async throws -> String {
        let made = try object(try await site.run("backup", "create", "--json"))
        return try #require(made["backup"]?.stringValue)
    }

    /// Another state directory, with the keys that this one has now and nothing else; its databases are empty.
    func elsewhere(repository other: String? = nil, policies: String = Repository.policies) async throws -> Site {
        let site = try await Site(.embedded, policies: policies)
        try FileManager.default.createDirectory(atPath: site.state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        try FileManager.default.copyItem(atPath: self.site.state + "/keys", toPath: site.state + "/keys")
        site.add(place ?? ["GATEHOUSE_BACKUP_REPOSITORY": other ?? repository])
        return site
    }

    func restore(_ backup: String, into site: Site, identity: String? = nil, _ more: String...) async throws -> Program.Outcome {
        try await site.run(["backup", "restore", backup, "--identity", identity ?? operations, "--json"] + more)
    }
}
