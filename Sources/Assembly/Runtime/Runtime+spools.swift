import AuditTrail
import Foundation
import Vocabulary

/// Spools of the gateways of one state directory: `audit/spool`, `audit/spool-2` and so on. Each gateway has one of its own.
extension Runtime {
    private static func path(ofSpool number: Int, _ state: StateDirectory) -> String {
        state.audit + "/spool" + (number == 1 ? "" : "-\(number)")
    }

    /// A spool of this process' own, and those that others have left behind.
    static func openSpools(_ state: StateDirectory, _ settings: AuditSettings, _ observe: Observer) async throws -> [AuditSpool] {
        var spools: [AuditSpool] = []
        for number in 1...16 {
            let path = path(ofSpool: number, state)
            if !spools.isEmpty, !FileManager.default.fileExists(atPath: path) { break }
            do {
                let spool = try await AuditSpool.open(folder: path, capacity: settings.spoolBytes)
                for _ in await spool.recovery.damages { observe(.auditFailed(events: 0, code: "spool-damaged")) }
                spools.append(spool)
            } catch {
                if error == .inUse { continue }
                throw CommandFailure(
                    .unfit, "the spool of the audit trail in \(path) cannot be opened (\(error.code))", hint: "it has to be writable")
            }
        }
        return spools
    }

    /// Takes over what a gateway beside this one has left behind since, when it died. What cannot be opened is for the next start to tell.
    func adoptSpools() async {
        if auditSettings.spoolBytes == 0 { return }
        for number in 1...16 {
            let path = Self.path(ofSpool: number, state)
            let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            // One that is in use is locked, this gateway's own among them.
            guard files.contains(where: { $0.hasSuffix(".frames") }),
                let spool = try? await AuditSpool.open(folder: path, capacity: auditSettings.spoolBytes)
            else { continue }
            for _ in await spool.recovery.damages { telemetry.observer(.auditFailed(events: 0, code: "spool-damaged")) }
            audit.adopt(spool)
        }
    }
}
