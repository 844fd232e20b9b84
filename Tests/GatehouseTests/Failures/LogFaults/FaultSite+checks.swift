import Foundation
import TestPostgres

extension FaultSite {
    private var exported: String { site.folder + "/export" }
    private var keyFile: String { site.folder + "/audit.pub" }

    /// Waits until the log has taken up everything, and holds it against what callers were told.
    func problems() async throws -> [String] {
        try await site.settleLog()
        var problems = try await storedProblems()
        let live = try await patiently("audit", "verify", "--quiet")
        if live.status != 0 { problems.append("the live log: \(live.output) \(live.errors)") }
        problems += try await exportedProblems()
        problems += journal.contradictions.map { "two heads of \($0)" }
        problems += journal.moved.map { "the event \($0) was seen at two places" }
        let objections = try await site.administer("SELECT witness || ' ' || failure FROM audit_witness WHERE failure IN ('conflict', 'unproven')")
        if !objections.isEmpty { problems.append("a witness: \(objections)") }
        return problems
    }

    private func storedProblems() async throws -> [String] {
        var problems: [String] = []
        // Of one moment: what callers had given up on may still be recorded while this looks.
        let rows = try await site.administer(
            """
            SELECT id::text, epoch || '.' || position, convert_from(entry, 'UTF8')::jsonb ->> 'id' FROM audit_event
            UNION ALL SELECT 'log', epoch || ' ' || size, '' FROM audit_log WHERE tenant_id = (SELECT id FROM tenant WHERE name = 'default')
            """)
        var log = ""
        var places: [String: String] = [:]
        var taken: Set<String> = []
        for row in rows.split(separator: "\n") {
            let columns = row.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            if columns[0] == "log" {
                log = columns[1]
                continue
            }
            if columns[0] != columns[2] { problems.append("the event \(columns[0]) has the entry of another") }
            if places.updateValue(columns[1], forKey: columns[0]) != nil { problems.append("the event \(columns[0]) is there twice") }
            if !taken.insert(columns[1]).inserted { problems.append("two events at \(columns[1])") }
        }
        if log != "1 \(places.count)" { problems.append("the log says \(log), and has \(places.count) events") }
        let missing = journal.events.filter { places[$0] == nil }
        if !missing.isEmpty { problems.append("\(missing.count) acknowledged events are not in the log: \(missing.prefix(5))") }
        for (id, place) in journal.places where places[id] != place {
            problems.append("the event \(id) was seen at \(place) and stands at \(places[id] ?? "no place")")
        }
        return problems
    }

    /// Runs a command again that found a machine too busy to answer in time (6), which is no word about the log.
    private func patiently(_ arguments: String...) async throws -> Program.Outcome {
        for _ in 0..<5 {
            let outcome = try await site.run(arguments)
            if outcome.status != 6 { return outcome }
        }
        return try await site.run(arguments)
    }

    /// Exports the log, on top of what was exported before, and verifies it against every head that was seen.
    private func exportedProblems() async throws -> [String] {
        // Before the export: what witnesses confirm afterwards need not be in it.
        var seen: [String] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: witnessFolder) where name.hasSuffix("-1.checkpoint") {
            let copy = "\(site.folder)/confirmed-\(name)"
            try Data(contentsOf: URL(filePath: "\(witnessFolder)/\(name)")).write(to: URL(filePath: copy))
            seen.append(copy)
        }
        let export = try await patiently("audit", "export", exported, "--quiet")
        if export.status != 0 { return ["the export: \(export.errors)"] }
        if !FileManager.default.fileExists(atPath: keyFile) {
            let key = try await site.run("audit", "key")
            if key.status != 0 { return ["the key: \(key.errors)"] }
            try Data(key.output.utf8).write(to: URL(filePath: keyFile))
        }
        var command = ["audit", "verify", exported, "--key", keyFile, "--quiet"]
        for (number, note) in journal.notes.enumerated() {
            let path = "\(site.folder)/seen-\(number)"
            try Data(note.utf8).write(to: URL(filePath: path))
            command += ["--checkpoint", path]
        }
        for copy in seen { command += ["--checkpoint", copy] }
        let verified = try await site.run(command)
        return verified.status == 0 ? [] : ["the exported log: \(verified.output) \(verified.errors)"]
    }
}
