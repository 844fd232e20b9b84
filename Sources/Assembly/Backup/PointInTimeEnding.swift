import Archives
import DataFormats
import Foundation
import PostgresLink
import Sealing
import Storage
import SubjectRights
import Vocabulary

/// What follows when a cluster has come to its point in time: the same as after every restore, in a store that nobody else reaches yet.
struct PointInTimeEnding: Sendable {
    let site: BackupSite
    let identities: [AgeIdentity]
    /// In the operator's words.
    let target: String
    let plan: RecoveryPlan
    let progress: SteppedProgress
    let say: @Sendable (String) -> Void

    /// Replays erasures, scans, signs the report, and opens the store.
    ///
    /// - Parameters:
    ///   - name: what the restore is called.
    ///   - base: what it began with, which is another than the plan's when it was begun before that was made.
    /// - Returns: true; when it throws, the store is closed.
    func run(_ store: BackupTarget, restore name: String, out base: BackupManifest) async throws -> Bool {
        let begunAt = Instant.now()
        let vault = try await site.repository.vaultManifest()
        let findings = try await AfterRestore(
            site: site, identities: identities, from: min(base.ledger, vault?.ledger ?? 0) + 1, through: max(base.ledger, vault?.ledger ?? 0),
            backup: "\(base.id)",
            // Whoever was erased after the copy was made may be in it: the log brings back nobody, but may end before they went.
            takenAt: base.begunAt, progress: progress, say: say, environment: ["DATABASE_URL": store.owner.text.value]
        ).run()
        guard let signer = site.repository.signer else { throw CommandFailure(.unfit, "there is no key to sign the report with") }
        var object: JSONObject = [
            "version": .number(JSONNumber(1)), "restore": .string(name), "backup": .string("\(base.id)"), "to": .string(target),
            "timeline": .number(JSONNumber(Int(plan.line.timeline))), "begun_at": .string("\(begunAt)"), "ended_at": .string("\(Instant.now())"),
            "archive_sha256": .string(Hex.encode(base.archive.payload.digest)),
        ]
        for member in findings.object.members { object[member.name] = member.value }
        let document: SignedDocument
        do { document = try signer.sign(object, as: .restoreReport) } catch { throw CommandFailure(.failed, "the report cannot be signed") }
        try site.state.writeReport(document.bytes, named: "restore-\(name).json")
        try await store.closing { try await RestoreClosing.open($0, restored: "\(name) \(Instant.now())") }
        return true
    }
}
