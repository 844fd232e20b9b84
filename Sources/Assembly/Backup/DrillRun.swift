import Archives
import AuditTrail
import DataFormats
import Foundation
import Gateway
import PostgresLink
import Sealing
import Storage
import Vocabulary

/// Proves that a backup can be restored: loads it into databases of its own, which nobody else reaches and which are gone afterwards, and holds
/// what is there against what was signed.
///
/// Reads the repository and this host's keys; changes neither, nor the real databases.
struct DrillRun: Sendable {
    let site: BackupSite
    let manifest: BackupManifest
    let identities: [AgeIdentity]
    /// So many records of each entity and tenant are opened.
    let samples: Int
    let progress: SteppedProgress
    let say: @Sendable (String) -> Void

    init(
        _ site: BackupSite, _ manifest: BackupManifest, identities: [AgeIdentity], samples: Int, progress: SteppedProgress,
        say: @escaping @Sendable (String) -> Void
    ) throws(CommandFailure) {
        guard manifest.kind == .snapshot else {
            throw CommandFailure(
                .invalid, "\(manifest.id) is a base backup", hint: "recover it into a folder, which changes nothing else: gatehouse backup recover")
        }
        self.site = site
        self.manifest = manifest
        self.identities = identities
        self.samples = samples
        self.progress = progress
        self.say = say
    }

    private struct Copies: Sendable {
        let store: BackupTarget
        let vault: BackupTarget
        let programs: PostgresPrograms
    }

    /// - Throws: when the drill could not be made at all; what it finds wrong is in the report.
    func run() async throws -> DrillReport {
        let newest = try await newestVault()
        let server = max(manifest.server, newest.server) / 10_000
        let programs = try await PostgresPrograms.find(forServer: server, in: PostgresPrograms.folders(with: "initdb"))
        return try await ScratchPostgres.with(site.state, binaries: programs.folder, progress: say) { scratch in
            let copies = Copies(
                store: try await scratch.makeTarget("store", "gatehouse"), vault: try await scratch.makeTarget("vault", "gatehouse_vault"),
                programs: programs)
            let begunAt = Instant.now()
            let (vault, loading) = try await timed { try await load(copies) }
            var report = DrillReport(manifest, vault: vault, begunAt: begunAt)
            report.milliseconds[.load] = loading
            report = try await timed(.compare, report) { try await compare(copies, &$0) }
            report = try await open(copies, report, folder: scratch.folder)
            report.endedAt = .now()
            progress.finish()
            return report
        }
    }

    // MARK: Loading

    private func newestVault() async throws -> BackupManifest {
        guard let vault = try await site.repository.vaultManifest() else {
            throw CommandFailure(.notFound, "the repository has no state of the vault", hint: "without the vault no field of a person opens")
        }
        return vault
    }

    /// - Returns: the manifest of the vault's state that was loaded.
    private func load(_ copies: Copies) async throws -> BackupManifest {
        var vault = try await newestVault()
        while true {
            do {
                try await load(vault, into: copies.vault, "loading the vault", copies)
                break
            } catch let error as ArchiveError {
                // A backup that ends meanwhile puts a newer state in the place of this one.
                let newer = try await newestVault()
                guard newer.archive.key != vault.archive.key else { throw error }
                vault = newer
            }
        }
        try await load(manifest, into: copies.store, "loading the store", copies)
        return vault
    }

    private func load(_ manifest: BackupManifest, into target: BackupTarget, _ what: String, _ copies: Copies) async throws {
        let progress = progress
        try await target.load(manifest, from: site.repository, with: identities, by: copies.programs) { progress.update(what, $0, of: $1) }
        progress.finish()
    }

    // MARK: Comparing

    private func compare(_ copies: Copies, _ report: inout DrillReport) async throws {
        for (target, signed) in [(copies.vault, report.vault), (copies.store, manifest)] {
            let progress = progress
            let (sums, schema, logs) = try await target.closing { database in
                let outline = try await Schema.outline(database)
                let facts = try await database.transaction(
                    setup: ["SET TRANSACTION READ ONLY"], wrap: { StorageError($0) as any Error }
                ) { (transaction: Transaction) async throws -> ([TableSum], [SnapshotFacts.Log]) in
                    let sums = try await TableSums.read(transaction) { progress.count("comparing the \(target.name)", $0, $1) }
                    return (sums, signed.kind == .vault ? [] : try await SnapshotFacts.logs(transaction))
                }
                return (facts.0, Hex.encode(SHA256.hash(Array(outline.utf8))), facts.1)
            }
            report.compare(target.name, signed, with: sums, schema: schema)
            if signed.kind != .vault { report.compare(logs) }
        }
        progress.finish()
    }

    // MARK: Opening

    /// Opens samples and verifies the log with this host's keys. What stands in the way of that is what a restore would meet, and part of the
    /// report.
    private func open(_ copies: Copies, _ report: DrillReport, folder: String) async throws -> DrillReport {
        var options = Runtime.Options(state: site.state.path, policies: site.policies)
        options.scratch = Runtime.Scratch(store: copies.store.owner, vault: copies.vault.owner, folder: folder)
        options.passesRestores = true
        options.extendsSchema = true
        do {
            return try await Runtime.with(options, progress: { _ in }) { runtime in
                var report = report
                let signer = try AuditKeyFile.present(site.state)
                if signer == nil { report.logKey = "store" }
                for tenant in try await runtime.store.tenants() {
                    report = try await timed(.samples, report) { try await openSamples(of: tenant, runtime, &$0) }
                    report = try await timed(.log, report) { try await verifyLog(of: tenant, signer, runtime, &$0) }
                }
                return report
            }
        } catch let failure as CommandFailure where failure.kind != .unavailable && !Task.isCancelled {
            var report = report
            report.problems.append("nothing in it can be opened here: \(failure.message)")
            return report
        }
    }

    private func openSamples(of tenant: TenantID, _ runtime: Runtime, _ report: inout DrillReport) async throws {
        do throws(Refusal) {
            let samples = try await runtime.gateway.openSamples(of: tenant, limit: samples) {
                progress.count("opening samples of \(tenant)", $0, $1)
            }
            report.samples += samples.map { (tenant, $0) }
        } catch {
            if Task.isCancelled { throw CommandFailure(error) }
            report.problems.append("samples of tenant \(tenant) cannot be opened: \(error.detail)")
        }
    }

    private func verifyLog(of tenant: TenantID, _ signer: LogSigner?, _ runtime: Runtime, _ report: inout DrillReport) async throws {
        do throws(Refusal) {
            let found = try await runtime.gateway.verifyCopiedLog(signer: signer, runtime.hostContext(of: tenant, reason: "drill")) {
                progress.count("verifying the log of \(tenant)", $0, $1)
            }
            report.logs.append(
                DrillReport.Log(
                    tenant: tenant, epochs: found.epochs.count, entries: found.epochs.reduce(0) { $0 + $1.entries },
                    findings: found.findings.prefix(20).map(\.description), findingCount: found.findingCount))
        } catch {
            if Task.isCancelled { throw CommandFailure(error) }
            report.problems.append("the audit log of tenant \(tenant) cannot be verified: \(error.detail)")
        }
    }

    // MARK: Time

    private func timed<Value: Sendable>(_ body: () async throws -> Value) async throws -> (Value, Int) {
        let begin = ContinuousClock.now
        let value = try await body()
        return (value, Int((ContinuousClock.now - begin) / .milliseconds(1)))
    }

    private func timed(
        _ step: DrillReport.Step, _ report: DrillReport, _ body: (inout DrillReport) async throws -> Void
    ) async throws -> DrillReport {
        var report = report
        let (_, spent) = try await timed { try await body(&report) }
        report.milliseconds[step, default: 0] += spent
        return report
    }
}
