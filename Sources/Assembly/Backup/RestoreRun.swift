import Archives
import DataFormats
import Foundation
import Gateway
import PostgresLink
import Sealing
import Storage
import SubjectRights
import Vocabulary

/// Puts a backup back, and opens it to nobody before everybody who was erased since is erased again.
///
/// Each step finds nothing to do the second time, or goes on: whatever stops the process, the same command brings it to its end, and until then
/// the store is closed.
struct RestoreRun: Sendable {
    let site: BackupSite
    let targets: BackupTargets
    let plan: RestorePlan
    let identities: [AgeIdentity]
    let progress: SteppedProgress
    let say: @Sendable (String) -> Void

    /// - Returns: the signed report, which is in the state directory, too.
    func run() async throws -> SignedDocument {
        let (manifest, begunAt) = (plan.manifest, Instant.now())
        if plan.loadsStore {
            // A mark that says more would have what is there now taken for what was loaded.
            try await mark(.empty)
            try await empty()
            guard try await targets.store.standing().isEmpty else {
                try await open()
                throw CommandFailure(
                    .unavailable, "somebody has made tables in the store just now", hint: "run the command again; nothing was changed")
            }
        }
        try await mark(.load)
        if let vault = plan.vault { try await load(vault, into: targets.vault, "loading the vault") }
        if plan.loadsStore { try await load(manifest, into: targets.store, "loading the store") }
        try await mark(.replay)
        let findings = try await AfterRestore(
            site: site, identities: identities, from: plan.first, through: plan.newest, backup: "\(manifest.id)", takenAt: manifest.begunAt,
            progress: progress, say: say
        ).run()
        let report = try report(findings, begunAt)
        try await open()
        return report
    }

    // MARK: Steps

    private func mark(_ stage: RestorePlan.Stage) async throws {
        let id = plan.manifest.id
        let left = try await targets.store.closing { database in
            try await RestoreClosing.mark(database, restore: "\(id)", step: stage.rawValue)
            return try await RestoreClosing.endSessions(database)
        }
        if !left.isEmpty { say("sessions of \(left.joined(separator: ", ")) stay: this role may not end them") }
    }

    private func empty() async throws {
        for target in [targets.store, targets.vault] where plan.emptied.contains(try await target.standing().database) {
            say("emptying the \(target.name)")
            try await target.closing { try await RestoreClosing.empty($0) }
        }
    }

    private func load(_ manifest: BackupManifest, into target: BackupTarget, _ what: String) async throws {
        let programs = try await PostgresPrograms.find(forServer: try await target.standing().serverVersion / 10_000)
        let progress = progress
        try await target.load(manifest, from: site.repository, with: identities, by: programs) { progress.update(what, $0, of: $1) }
        progress.finish()
    }

    private func open() async throws {
        let id = plan.manifest.id
        try await targets.store.closing { try await RestoreClosing.open($0, restored: "\(id) \(Instant.now())") }
    }

    private func report(_ findings: AfterRestore.Findings, _ begunAt: Instant) throws -> SignedDocument {
        guard let signer = site.repository.signer else { throw CommandFailure(.unfit, "there is no key to sign the report with") }
        var object = plan.object
        object["version"] = .number(JSONNumber(1))
        object["begun_at"] = .string("\(begunAt)")
        object["ended_at"] = .string("\(Instant.now())")
        object["archive_sha256"] = .string(Hex.encode(plan.manifest.archive.payload.digest))
        for member in findings.object.members { object[member.name] = member.value }
        let document: SignedDocument
        do { document = try signer.sign(object, as: .restoreReport) } catch { throw CommandFailure(.failed, "the report cannot be signed") }
        try site.state.writeReport(document.bytes, named: "restore-\(plan.manifest.id).json")
        return document
    }
}
