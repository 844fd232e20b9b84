import Archives
import DataFormats
import PostgresLink
import Storage
import Vocabulary

/// What a restore would do, before it does any of it.
struct RestorePlan: Sendable {
    /// Where a restore goes on that was broken off.
    enum Stage: String, Sendable {
        /// What was in the databases goes; nothing of the backup is there yet.
        case empty
        /// The databases are loaded.
        case load
        /// Erasures since are done again, and everything that follows.
        case replay
    }

    let manifest: BackupManifest
    /// The vault's state that is loaded; `nil` when the one that is there is kept.
    let vault: BackupManifest?
    /// Whether the store is loaded; else it was before.
    let loadsStore: Bool
    /// Databases whose contents are dropped first.
    let emptied: [String]
    /// How many entries of the ledger are read; the number of the first, and of the last that is known of.
    let entries: Int
    let first: Int
    let newest: Int
    /// What is to be known before it begins.
    let notes: [String]

    var object: JSONObject {
        [
            "backup": .string("\(manifest.id)"), "taken": .string("\(manifest.begunAt)"), "rows": .number(JSONNumber(manifest.rowCount)),
            "loads_store": .bool(loadsStore), "loads_vault": vault.map { .string("\($0.begunAt)") } ?? .null,
            "emptied": .array(emptied.map { .string($0) }), "ledger_entries": .number(JSONNumber(entries)),
            "notes": .array(notes.map { .string($0) }),
        ]
    }

    var rows: [[String]] {
        var rows = [["backup", "\(manifest.id), taken \(manifest.begunAt), \(manifest.rowCount) rows, \(ByteText.of(manifest.archive.byteCount))"]]
        for name in emptied { rows.append(["emptied", "the database '\(name)': everything in it goes"]) }
        rows.append(["store", loadsStore ? "loaded from the backup" : "was loaded before; goes on behind that"])
        rows.append(["vault", vault.map { "loaded from its state of \($0.begunAt)" } ?? "the one that is there is kept"])
        rows.append(["erasures", "\(entries) entries of the ledger, and the vault's tombstones, are done again"])
        rows.append(["then", "scan for erased people, retention plan, new epoch of the audit log, search tokens made anew"])
        rows.append(["meanwhile", "the store is closed: gateways answer 503 restoring"])
        return rows + notes.map { ["note", $0] }
    }

    /// Looks at everything that the restore depends on.
    ///
    /// - Parameter replaced: names of databases whose contents may be dropped.
    /// - Throws: when a target is not empty and was not named.
    static func make(
        _ manifest: BackupManifest, _ site: BackupSite, _ targets: BackupTargets, replaced: Set<String>, catalog: String
    ) async throws -> RestorePlan {
        guard manifest.kind == .snapshot else {
            throw CommandFailure(.invalid, "\(manifest.id) is a base backup", hint: "it is restored into a folder: --to end --directory DIR")
        }
        let (store, vault) = (try await targets.store.standing(), try await targets.vault.standing())
        for (target, standing) in [(targets.store, store), (targets.vault, vault)] { try target.checkRestore(standing) }
        for name in replaced where ![store.database, vault.database].contains(name) {
            throw CommandFailure(
                .invalid, "--replace \(name) names neither of the databases", hint: "they are '\(store.database)' and '\(vault.database)'")
        }
        let stage = try await Self.stage(of: manifest.id, targets.store)
        var notes: [String] = []
        var emptied: [String] = []
        var loadsStore = true
        if let stage, stage != .empty, !store.isEmpty {
            // Loading is one transaction: what is there is all of it.
            loadsStore = false
            notes.append("a restore of this backup was broken off, and goes on")
        } else if !store.isEmpty {
            guard replaced.contains(store.database) else { throw occupied("store", store) }
            emptied.append(store.database)
        }
        let newestVault = try await site.repository.vaultManifest()
        var loadsVault = vault.isEmpty
        if !vault.isEmpty, loadsStore, replaced.contains(vault.database) {
            loadsVault = true
            emptied.append(vault.database)
        }
        if loadsVault {
            guard let newestVault else {
                throw CommandFailure(.notFound, "the repository has no state of the vault", hint: "without the vault no field of a person opens")
            }
            if newestVault.endedAt < manifest.endedAt {
                notes.append("the vault's state is older than the backup: people who came last may not be readable")
            }
        }
        if manifest.catalog != catalog {
            notes.append("the catalog is another one than when the backup was made: columns that were added since are added")
        }
        notes.append("what was recorded since \(manifest.begunAt) is not in it: consents, objections, requests and records since are lost")
        // What the vault's state in the repository knows of is known to the vault, whether that state was loaded or is older than what is there.
        let first = min(manifest.ledger, newestVault?.ledger ?? 0) + 1
        let expected = max(manifest.ledger, newestVault?.ledger ?? 0)
        let numbers = try await ErasureLedger(site.repository).numbers(from: first, through: expected)
        return RestorePlan(
            manifest: manifest, vault: loadsVault ? newestVault : nil, loadsStore: loadsStore, emptied: emptied, entries: numbers.count,
            first: first, newest: expected, notes: notes)
    }

    /// How far a restore of this backup is that was broken off; `nil` when none was.
    ///
    /// - Throws: when another restore is under way.
    private static func stage(of id: BackupID, _ target: BackupTarget) async throws -> Stage? {
        guard let mark = try await target.mark() else { return nil }
        let words = mark.split(separator: " ")
        guard words.first.map(String.init) == id.description else {
            throw CommandFailure(
                .invalid, "a restore of \(words.first ?? "another backup") was broken off here",
                hint: "run that one again, or empty the target: --replace")
        }
        return words.dropFirst().first.flatMap { Stage(rawValue: String($0)) } ?? .load
    }

    private static func occupied(_ what: String, _ standing: DatabaseStanding) -> CommandFailure {
        CommandFailure(
            .invalid, "the \(what) '\(standing.database)' is not empty: it has \(standing.relations.count) tables",
            hint: "to drop what is in it, say --replace \(standing.database)")
    }
}
