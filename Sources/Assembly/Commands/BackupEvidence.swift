import DataFormats
import SubjectRights

/// What is signed about backups, for people who read it somewhere else.
enum BackupEvidence {
    /// - Returns: `nil` for what is something else.
    static func lines(_ document: SignedDocument) -> [String]? {
        switch document.kind {
        case .drillReport: drill(document.document)
        case .restoreReport: restore(document.document)
        case .backupManifest, .vaultManifest: manifest(document.document)
        default: nil
        }
    }

    private static func drill(_ report: JSONObject) -> [String] {
        let passed = report["passed"] == .bool(true)
        var lines = ["genuine: drill of backup \(Table.text(report["backup"])) on \(Table.time(report["begun_at"])), \(passed ? "passed" : "FAILED")"]
        let (tables, cells) = (report["tables"]?.objectValue, report["cells"]?.objectValue)
        lines.append("taken: \(Table.time(report["taken"])), the vault's state \(Table.time(report["vault_taken"]))")
        let differences = Table.objects(report["differences"])
        lines.append(
            "tables: \(Table.text(tables?["compared"])) compared, \(Table.text(tables?["rows"])) rows, "
                + (differences.isEmpty ? "all as signed" : "\(differences.count) differ"))
        lines += differences.map {
            "differs: \(Table.text($0["database"])) \(Table.text($0["what"])): signed \(Table.text($0["signed"])), found \(Table.text($0["found"]))"
        }
        lines.append(
            "cells: \(Table.text(cells?["opened"])) opened, \(Table.text(cells?["erased"])) erased, \(Table.text(cells?["unreadable"])) unreadable")
        let logs = Table.objects(report["logs"]).map { "\(Table.text($0["entries"])) entries, \(Table.text($0["finding_count"])) findings" }
        lines += logs.map { "audit log: \($0)" }
        lines += (report["problems"]?.arrayValue ?? []).map { "problem: \(Table.text($0))" }
        return lines
    }

    private static func restore(_ report: JSONObject) -> [String] {
        var lines = ["genuine: restore of backup \(Table.text(report["backup"])), ended \(Table.time(report["ended_at"]))"]
        lines.append("taken: \(Table.time(report["taken"])), \(Table.text(report["rows"])) rows")
        for tenant in Table.objects(report["tenants"]) {
            let again = tenant["erased_again"]?.objectValue
            lines.append(
                "tenant \(Table.text(tenant["tenant"])): \(Table.text(again?["people"])) people erased again, "
                    + "\(Table.text(tenant["found_readable"])) found readable, audit log in epoch \(Table.text(tenant["audit_epoch"]))")
        }
        return lines
    }

    private static func manifest(_ manifest: JSONObject) -> [String] {
        let tables = Table.objects(manifest["tables"])
        return [
            "genuine: \(manifest["kind"] == .string("vault") ? "the vault's state in" : "backup") \(Table.text(manifest["backup"]))",
            "taken: \(Table.time(manifest["begun_at"])), ended \(Table.time(manifest["ended_at"]))", "tables: \(tables.count)",
        ]
    }
}
