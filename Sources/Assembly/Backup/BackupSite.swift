import Archives
import AuditTrail
import Foundation
import Gateway
import PolicyFiles
import Sealing
import SubjectRights
import TransparencyLog

/// What every command on a repository works with.
struct BackupSite: Sendable {
    let settings: BackupSettings
    let repository: ArchiveRepository
    let state: StateDirectory
    let policies: String?

    /// - Parameters:
    ///   - writes: whether statements are signed.
    ///   - makes: whether the repository is made where there is none; as `writes` when not said.
    ///   - signers: whose signatures are believed beside this host's: verifier keys, as `gatehouse certificate key` prints them.
    static func open(
        _ state: StateDirectory, policies: String?, writes: Bool, makes: Bool? = nil, signers: [String] = [],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws -> BackupSite {
        let settings = try BackupSettings(environment: environment, state)
        let medium: any ArchiveMedium
        do { medium = try await settings.medium(making: makes ?? writes) } catch { throw CommandFailure(error) }
        // Only whoever writes makes a key where there is none: on another host it would be one that has signed nothing.
        let name = try AuditSettings(environment: environment).name
        let hasKey = writes || FileManager.default.fileExists(atPath: state.documentKey)
        let signer = hasKey ? try DocumentKeyFile.signer(state, name: name) : nil
        var trusted: [NoteKey] = []
        for text in signers {
            guard let key = try? NoteKey(text) else {
                throw CommandFailure(
                    .invalid, "--signer is not a verifier key",
                    hint: "the line that 'gatehouse certificate key' prints on the host that makes the backups")
            }
            trusted.append(key)
        }
        do {
            let repository = try await ArchiveRepository.open(medium, signer: signer, trusted: trusted, makes: makes ?? writes)
            return BackupSite(settings: settings, repository: repository, state: state, policies: policies)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// Puts the vault as it is now in the place of an older state of it in the repository, if it has one; `nil` where there is no repository.
    static func replacingVault(
        _ state: StateDirectory, policies: String, environment: [String: String]
    ) throws(CommandFailure) -> (@Sendable () async throws(ArchiveError) -> Void)? {
        if try BackupSettings(environment: environment, state).place == nil { return nil }
        return { () async throws(ArchiveError) in
            do {
                let site = try await open(state, policies: policies, writes: true, makes: false, environment: environment)
                guard try await site.repository.vaultManifest() != nil else { return }
                _ = try await site.run { _, _, _ in }.replaceVault()
            } catch let error as ArchiveError {
                throw error
            } catch let failure as CommandFailure {
                // It may be the disk that is away, and not that no backup was made yet.
                throw failure.kind == .notFound ? .noRepository(failure.message) : .program("the backup of the vault", failure.message)
            } catch {
                throw .program("the backup of the vault", "it failed")
            }
        }
    }

    /// Tells the trail of each tenant whose data are in a backup what is done with it.
    func record(_ step: BackupStep, _ manifest: BackupManifest) async throws {
        try await Runtime.with(Runtime.Options(state: state.path, policies: policies), progress: { Console.note($0) }) { runtime in
            for tenant in manifest.tenants {
                do throws(Refusal) {
                    try await runtime.gateway.recordBackup(step, of: "\(manifest.id)", runtime.hostContext(of: tenant.id, reason: "backup"))
                } catch {
                    throw CommandFailure(error)
                }
            }
        }
    }

    /// What makes backups here.
    ///
    /// - Parameter record: tells the trail of a backup that is sealed and about to leave; other than by a runtime of its own where one is there.
    func run(
        recording record: (@Sendable (BackupManifest) async throws -> Void)? = nil, _ progress: @escaping @Sendable (String, Int, Int) -> Void
    ) throws -> BackupRun {
        do {
            return try BackupRun(
                repository, recipients: try settings.recipients(), try BackupTargets.find(state),
                catalog: CatalogDigest.of(PolicyLocation.find(policies, state)),
                record: record ?? { try await self.record(.created, $0) }, progress: progress)
        } catch let error as ArchiveError {
            throw CommandFailure(error)
        }
    }
}

extension ArchiveRepository {
    /// Does what only one may do at a time: making backups and taking them away, over all hosts.
    func alone<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withLock("writing", patience: .seconds(10), failing: { $0 as any Error }, body)
    }
}

extension PlaceOptions {
    /// Lends the repository; a failure of it becomes the command's.
    func withBackups<Value: Sendable>(
        writes: Bool = false, signers: [String] = [], _ body: @escaping @Sendable (BackupSite) async throws -> Value
    ) async throws -> Value {
        if try remote != nil { throw CommandFailure(.invalid, "backups are made on the gateway's host", hint: "run this there with --state") }
        let site = try await BackupSite.open(try StateDirectory(runtime.state), policies: policies, writes: writes, signers: signers)
        do { return try await body(site) } catch let error as ArchiveError { throw CommandFailure(error) }
    }

    /// The same with the databases within reach: the embedded PostgreSQL runs meanwhile.
    func withBackupsAndDatabases<Value: Sendable>(
        signers: [String] = [], _ body: @escaping @Sendable (BackupSite) async throws -> Value
    ) async throws -> Value {
        return try await withBackups(writes: true, signers: signers) { site in
            try await Databases.within(site.state, { Console.note($0) }) {
                do { return try await body(site) } catch let error as ArchiveError { throw CommandFailure(error) }
            }
        }
    }
}
