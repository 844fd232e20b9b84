import Archives
import ArgumentParser
import DataFormats
import Foundation
import Sealing
import Vocabulary

/// Options of a restore to a point in time.
struct PointInTimeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A moment (RFC 3339), the name of a restore point, or end.", valueName: "target")) var to: String?
    @Option(help: ArgumentHelp("Where the cluster is to lie: absolute, and empty or not there yet.", valueName: "dir"), completion: .directory)
    var directory: String?
    @Option(help: ArgumentHelp("The timeline to end on; the newest when not given.", valueName: "number")) var timeline: UInt32?
    @Option(help: ArgumentHelp("The cluster's system identifier, where the repository has several.", valueName: "number")) var system: String?
    @Flag(help: "Leave the store closed: where the gateway's keys are not within reach of this account.") var closed = false

    func validate() throws {
        if (to == nil) != (directory == nil) { throw ValidationError("--to and --directory go together") }
        if to == nil, timeline != nil || system != nil || closed {
            throw ValidationError("--timeline, --system and --closed are for restores to a point in time: --to")
        }
    }
}

extension BackupCommand.Restore {
    /// Restores the store's cluster into a folder.
    func restoreCluster() async throws {
        guard let words = moment.to, let directory = moment.directory else { return }
        guard replace.isEmpty else { throw CommandFailure(.invalid, "--replace is for databases; --directory has to be empty") }
        let paths = identity.map { URL(fileURLWithPath: $0).path }
        let identities = try paths.flatMap { (path) throws(CommandFailure) in try IdentityFile.read(path) }
        let progress = SteppedProgress(isQuiet: json)
        let (json, isClosed) = (json, moment.closed)
        let say: @Sendable (String) -> Void = { line in
            progress.finish()
            if !json { Console.note(line) }
        }
        let site = try await BackupSite.open(
            try StateDirectory(place.runtime.state), policies: place.policies, writes: true, makes: false, signers: signer)
        let repository = site.repository
        do {
            let system = try await Self.system(moment.system, repository)
            let plan = try await repository.recoveryPlan(
                to: try await Self.target(words, system, repository), of: system, timeline: moment.timeline)
            if dryRun { return try await Self.tell(plan, system, repository, json) }
            var fetch = [Self.program, "backup", "wal", "fetch", "%f", "%p", "--state", site.state.path, "--system", system]
            for path in paths { fetch += ["--identity", path] }
            for key in signer { fetch += ["--signer", key] }
            let restore = PointInTimeRestore(
                repository: repository, identities: identities, folder: directory, store: try BackupTargets.find(site.state).store, fetch: fetch,
                progress: { progress.update($0, $1, of: $2) }, note: say)
            let ending = PointInTimeEnding(site: site, identities: identities, target: words, plan: plan, progress: progress, say: say)
            let finish: PointInTimeRestore.Finish = { store, name, base in try await ending.run(store, restore: name, out: base) }
            let outcome = try await restore.run(plan, target: words, finish: isClosed ? nil : finish)
            progress.finish()
            Self.tell(outcome, directory, json)
        } catch let error as ArchiveError {
            throw CommandFailure(error)
        }
    }

    /// This very program, which the server runs for each segment.
    private static var program: String { (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "gatehouse" }

    private static func system(_ chosen: String?, _ repository: ArchiveRepository) async throws -> String {
        let known = try await repository.clusters()
        if let chosen, known.contains(chosen) { return chosen }
        if chosen == nil, known.count == 1, let only = known.first { return only }
        guard !known.isEmpty else {
            throw CommandFailure(
                .notFound, "there is no continuous backup in the repository", hint: "see 'gatehouse backup list' for snapshots")
        }
        throw CommandFailure(
            .notFound, chosen == nil ? "the repository has the logs of \(known.count) clusters" : "the repository has no log of this cluster",
            hint: "name one with --system: \(known.joined(separator: ", "))")
    }

    private static func target(_ words: String, _ system: String, _ repository: ArchiveRepository) async throws -> RecoveryTarget {
        if words == "end" { return .end }
        if let moment = Instant(words) { return .moment(moment) }
        guard RestorePoint.isName(words) else {
            throw CommandFailure(
                .invalid, "'\(words)' is neither a moment nor the name of a restore point", hint: "2026-11-22T10:00:00Z, before-migration, or end")
        }
        return .restorePoint(try await repository.restorePoint(words, of: system))
    }

    // MARK: Telling

    private static func tell(_ plan: RecoveryPlan, _ system: String, _ repository: ArchiveRepository, _ json: Bool) async throws {
        let end = try await repository.end(of: plan, system: system)
        if json {
            let object: JSONObject = [
                "cluster": .string(system), "base": .string("\(plan.base.id)"), "from": .string("\(plan.base.endedAt)"), "to": .string("\(end)"),
                "timeline": .number(JSONNumber(Int(plan.line.timeline))), "last_segment": .string("\(plan.last)"),
                "bytes": .number(JSONNumber(plan.base.archive.plainByteCount)),
            ]
            return Console.say(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self))
        }
        Table.print(
            ["what", "value"],
            [
                ["cluster", system], ["base backup", "\(plan.base.id), done at \(plan.base.endedAt)"], ["timeline", "\(plan.line.timeline)"],
                ["log up to", "\(plan.last), of \(end)"], ["room", ByteText.of(plan.base.archive.plainByteCount)],
            ])
    }

    private static func tell(_ outcome: PointInTimeRestore.Outcome, _ directory: String, _ json: Bool) {
        if json {
            let object: JSONObject = [
                "restore": .string(outcome.restore), "base": .string("\(outcome.base.id)"), "target": .string(outcome.target),
                "directory": .string(directory), "open": .bool(outcome.isOpen),
            ]
            return Console.say(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self))
        }
        Console.say("\(directory) holds the cluster as of \(outcome.target), from \(outcome.base.id)")
        Console.say(
            outcome.isOpen
                ? "everybody erased since is erased again; start it with your own settings. Report: reports/restore-\(outcome.restore).json"
                : "the store in it is closed, and stays so until erasures have been replayed")
    }
}
