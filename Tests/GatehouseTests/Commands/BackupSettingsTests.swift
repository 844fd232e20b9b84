import Archives
import Foundation
import Glibc
import Sealing
import TestPostgres
import Testing

@testable import Assembly

struct BackupSettingsTests {
    private let state: StateDirectory
    private let folder: String
    /// Of the standard's check values, and another that age-keygen made.
    private let recipients = [
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj", "age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm",
    ]

    init() throws {
        folder = try TemporaryFolder.make()
        state = try StateDirectory(folder + "/state")
    }

    private func settings(_ environment: [String: String]) throws -> BackupSettings {
        try BackupSettings(environment: Dictionary(uniqueKeysWithValues: environment.map { ("GATEHOUSE_" + $0.key, $0.value) }), state)
    }

    private func failure(_ location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void) async -> CommandFailure? {
        await #expect(throws: CommandFailure.self, sourceLocation: location) {
            // As commands tell it.
            do { try await body() } catch let error as ArchiveError { throw CommandFailure(error) }
        }
    }

    @Test("nothing set is no place, and told of only to whoever needs one")
    func nothing() async throws {
        let settings = try settings(["BACKUP_REPOSITORY": ""])
        #expect(settings.place == nil && settings.schedule == nil && settings.keep == nil)
        let failure = await failure { _ = try await settings.medium(making: true) }
        #expect(failure?.kind == .unfit && failure?.hint?.contains("GATEHOUSE_BACKUP_REPOSITORY") == true)
    }

    @Test("a folder is opened, and made on demand only")
    func directory() async throws {
        let settings = try settings(["BACKUP_REPOSITORY": folder + "/backups", "BACKUP_SCHEDULE": "daily", "BACKUP_KEEP": "7"])
        #expect(settings.place == .directory(folder + "/backups") && settings.schedule == "daily" && settings.keep == "7")
        #expect(await failure { _ = try await settings.medium(making: false) }?.kind == .notFound)
        let medium = try await settings.medium(making: true)
        #expect(medium.name == folder + "/backups")
    }

    @Test("an S3 place is read with its endpoint, and its credentials checked when it is opened")
    func s3() async throws {
        let file = folder + "/credentials"
        let environment = [
            "BACKUP_REPOSITORY": "s3://company-backups/crm", "S3_ENDPOINT": "https://minio.example.com:9000", "S3_REGION": "eu-central-1",
            "S3_CREDENTIALS_FILE": file,
        ]
        let settings = try settings(environment)
        #expect(
            settings.place
                == .s3(
                    try S3Location("s3://company-backups/crm", endpoint: "https://minio.example.com:9000", region: "eu-central-1"),
                    credentialsFile: file))
        #expect(await failure { _ = try await settings.medium(making: true) }?.kind == .notFound)
        try Data("aws_access_key_id=A\naws_secret_access_key=hidden\n".utf8).write(to: URL(fileURLWithPath: file))
        chmod(file, 0o644)
        let open = await failure { _ = try await settings.medium(making: true) }
        #expect(open?.kind == .unfit && open?.message.contains("hidden") == false)
        chmod(file, 0o600)
        #expect(try await settings.medium(making: true).name == "s3://company-backups/crm")
    }

    @Test(
        "each mistake is told by the name of its variable",
        arguments: [
            (["BACKUP_REPOSITORY": "backups"], "GATEHOUSE_BACKUP_REPOSITORY"), (["BACKUP_REPOSITORY": "/srv/../etc"], "GATEHOUSE_BACKUP_REPOSITORY"),
            (["BACKUP_REPOSITORY": "ftp://host/a"], "GATEHOUSE_BACKUP_REPOSITORY"), (["BACKUP_REPOSITORY": "s3://B"], "GATEHOUSE_BACKUP_REPOSITORY"),
            (["BACKUP_REPOSITORY": "s3://bucket"], "GATEHOUSE_S3_CREDENTIALS_FILE"),
            (["BACKUP_REPOSITORY": "s3://bucket", "S3_ENDPOINT": "http://minio.example.com", "S3_CREDENTIALS_FILE": "/c"], "GATEHOUSE_S3_ENDPOINT"),
            (["BACKUP_REPOSITORY": "s3://bucket", "S3_REGION": "eu central", "S3_CREDENTIALS_FILE": "/c"], "GATEHOUSE_S3_REGION"),
        ])
    func mistakes(_ environment: [String: String], _ name: String) async {
        let failure = await failure { _ = try settings(environment) }
        #expect(failure?.kind == .unfit && failure?.message.contains(name) == true)
    }

    @Test("two recipients are the fewest, and the same one twice is one")
    func recipientsOfBackups() async throws {
        let settings = try settings([:])
        let path = URL(fileURLWithPath: state.backupRecipients)
        #expect(await failure { _ = try settings.recipients() }?.message.contains("backup-recipients") == true)
        for text in ["", "# none\n\n", recipients[0], recipients[0] + "\n" + recipients[0] + "\n"] {
            try Data(text.utf8).write(to: path)
            #expect(await failure { _ = try settings.recipients() }?.message.contains("at least two") == true, "\(text)")
        }
        try Data("# operations\n\(recipients[0])\n\n  \(recipients[1])\n".utf8).write(to: path)
        #expect(try settings.recipients().map(\.description) == recipients)
        try Data("\(recipients[0])\nAGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n".utf8).write(to: path)
        let secret = await failure { _ = try settings.recipients() }
        #expect(secret?.message.contains(":2 is not an age recipient") == true && secret?.message.contains("GFPYY") == false)
    }
}
