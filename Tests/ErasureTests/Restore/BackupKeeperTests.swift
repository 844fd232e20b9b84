import Archives
import DataFormats
import Foundation
import Gateway
import Storage
import SubjectRights
import TestPostgres
import Testing
import Vocabulary

@testable import Assembly

/// What `serve` does of backups by itself.
@Suite(.timeLimit(.minutes(15)))
struct BackupKeeperTests {
    private static let hour = Duration.seconds(3600)

    private func keeper(_ site: ErasureSite, _ place: BackupPlace, _ more: [String: String]) throws -> BackupKeeper {
        try BackupKeeper(site.runtime, environment: place.environment.merging(more) { $1 })
    }

    private func repository(_ site: ErasureSite, _ place: BackupPlace) async throws -> ArchiveRepository {
        let medium = try await DirectoryMedium.open(place.path, making: false)
        return try await ArchiveRepository.open(medium, signer: nil, trusted: [site.gateway.rights.signer.noteKey], makes: false)
    }

    /// How many keys the provider has to wrap epoch keys with.
    private func wrappingKeys(_ site: ErasureSite) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: site.folder + "/state/keys/wrapping").count
    }

    @Test("a backup is made when one is due, and those go that no rule keeps")
    func scheduled() async throws {
        try await ErasureSite.withRepository { site, place in
            _ = try await site.make("contact", ["given_name": "Ann"])
            let keeper = try keeper(site, place, ["GATEHOUSE_BACKUP_SCHEDULE": "every 1d", "GATEHOUSE_BACKUP_KEEP": "last=2"])
            let repository = try await repository(site, place)
            let now = Instant.now()
            try await keeper.look(at: now)
            let first = try await repository.backups()
            #expect(first.count == 1)
            try await keeper.look(at: now.advanced(by: Self.hour * 23))
            #expect(try await repository.backups() == first)
            try await keeper.look(at: now.advanced(by: Self.hour * 25))
            #expect(try await repository.backups().count == 2)
            try await keeper.look(at: now.advanced(by: Self.hour * 25))
            let last = try await repository.backups()
            #expect(last.count == 2 && !last.contains(first[0]))
            for id in last { #expect(try await repository.manifest(of: id).label == "scheduled") }
        }
    }

    @Test("without rules for keeping nothing goes, and without a schedule nothing is made")
    func unscheduled() async throws {
        try await ErasureSite.withRepository { site, place in
            _ = try await site.make("contact", ["given_name": "Ann"])
            let repository = try await repository(site, place)
            try await keeper(site, place, ["GATEHOUSE_BACKUP_SCHEDULE": "off", "GATEHOUSE_BACKUP_KEEP": "last=1"]).look()
            #expect(try await repository.backups().isEmpty)
            let keeper = try keeper(site, place, ["GATEHOUSE_BACKUP_SCHEDULE": "every 1d"])
            for day in [0, 2, 4] { try await keeper.look(at: Instant.now().advanced(by: Self.hour * 24 * day)) }
            #expect(try await repository.backups().count == 3)
        }
    }

    @Test("an epoch stays open while the repository is away, and what the repository has of the vault opens at every moment")
    func epochs() async throws {
        try await ErasureSite.withRepository { site, place in
            let ann = try await site.make("contact", ["given_name": "Ann"])
            let keeper = try keeper(site, place, ["GATEHOUSE_BACKUP_SCHEDULE": "every 1d"])
            try await keeper.look()
            let tenant = try await site.tenant()
            let before = try await site.gateway.keyEpochs(of: tenant)
            func archived() async throws -> Set<Int> {
                let manifest = try #require(try await repository(site, place).vaultManifest())
                return Set(manifest.tenants.first { $0.id == tenant }?.keyEpochs ?? [])
            }
            #expect(try await archived() == before)
            let keys = try wrappingKeys(site)

            try place.takeAway()
            let context = try await site.context()
            let job = try await site.gateway.beginRotation(.epoch, rate: 0, context)
            let error = await #expect(throws: Refusal.self) { _ = try await site.gateway.carryOut(job, settlingTime: .seconds(1)) }
            #expect(error?.code == .repositoryUnavailable)
            #expect(try wrappingKeys(site) == keys + 1, "the old key is kept, beside the new one")
            try place.bringBack()
            #expect(try await archived() == before)

            // It goes on by itself; and what the repository has is of the new epoch alone.
            _ = try await site.gateway.carryOut(job, settlingTime: .seconds(1))
            let after = try await site.gateway.keyEpochs(of: tenant)
            #expect(after.isDisjoint(with: before) && after.count == 1)
            #expect(try wrappingKeys(site) == keys)
            #expect(try await archived() == after)
            #expect(try await site.text("contact", ann).contains("Ann"))
        }
    }
}
