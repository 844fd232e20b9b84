import Archives
import AuditTrail
import Foundation
import Gateway
import ServiceLifecycle
import Storage
import Synchronization
import Vocabulary

/// Makes backups when the schedule says so, prunes by the rules for keeping, and puts the vault as it is into the place of an archive of it that
/// still has keys of an ended epoch. Of gateways that come to it at the same moment one does it.
struct BackupKeeper: Service {
    let runtime: Runtime
    let settings: BackupSettings
    private let schedule: BackupSchedule
    private let kinds = KnownKinds()
    private let environment: [String: String]
    var interval: Duration = .seconds(30)

    /// - Throws: when schedule or rules are not understood: better at the start than at night.
    init(_ runtime: Runtime, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        self.runtime = runtime
        self.environment = environment
        settings = try BackupSettings(environment: environment, runtime.state)
        schedule = try settings.backupSchedule()
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: interval)) != nil {
                guard settings.place != nil else { continue }
                do { try await look() } catch { if !Task.isCancelled { runtime.telemetry.observer(.backupFailed(code: Self.code(error))) } }
            }
        }
    }

    /// One look at the repository.
    func look(at now: Instant = .now()) async throws {
        let site = try await BackupSite.open(
            runtime.state, policies: runtime.policies.location, writes: schedule != .off, environment: environment)
        let moments = try await snapshots(site.repository).compactMap { $0.moment }
        if let newest = moments.max() { runtime.telemetry.observer(.backupNewest(at: Int(newest.microseconds / 1_000_000))) }
        if schedule.isDue(made: moments, now: now) {
            let manifest = try await site.run(recording: { try await record(.created, $0) }, { _, _, _ in }).create(label: "scheduled")
            runtime.telemetry.observer(.backupMade(bytes: manifest.archive.byteCount))
            if settings.keep != nil { _ = try await site.prune(nil, dryRun: false) }
        } else if let vault = try await site.repository.vaultManifest(), try await hasEndedEpochs(vault) {
            _ = try await site.run { _, _, _ in }.replaceVault()
            runtime.telemetry.observer(.vaultArchiveReplaced)
        }
    }

    /// What the schedule counts: a base of a continuous backup is not what it makes.
    private func snapshots(_ repository: ArchiveRepository) async throws -> [BackupID] {
        var snapshots: [BackupID] = []
        for id in try await repository.backups() {
            let known = kinds[id]
            let kind: BackupManifest.Kind = if let known { known } else { try await repository.manifest(of: id).kind }
            kinds[id] = kind
            if kind == .snapshot { snapshots.append(id) }
        }
        return snapshots
    }

    private func record(_ step: BackupStep, _ manifest: BackupManifest) async throws {
        for tenant in manifest.tenants {
            try await runtime.gateway.recordBackup(step, of: "\(manifest.id)", runtime.hostContext(of: tenant.id, reason: "backup"))
        }
    }

    /// Whether an archive of the vault has keys wrapped under an epoch key that is gone: it opens no more, and there is no reason to keep it.
    private func hasEndedEpochs(_ archive: BackupManifest) async throws -> Bool {
        for tenant in archive.tenants {
            let live = try await runtime.gateway.keyEpochs(of: tenant.id)
            if !Set(tenant.keyEpochs).isSubset(of: live) { return true }
        }
        return false
    }

    private static func code(_ error: any Error) -> String {
        switch error {
        case let error as ArchiveError: error.word
        case let error as CommandFailure: "\(error.kind)"
        case let error as Refusal: error.code.rawValue
        default: "failed"
        }
    }
}

/// What the backups are that have been looked at: their manifests do not change.
private final class KnownKinds: Sendable {
    private let kinds = Mutex<[BackupID: BackupManifest.Kind]>([:])

    subscript(id: BackupID) -> BackupManifest.Kind? {
        get { kinds.withLock { $0[id] } }
        set { kinds.withLock { $0[id] = newValue } }
    }
}
