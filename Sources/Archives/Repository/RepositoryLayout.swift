/// The keys of everything in a repository. What is sealed ends with `.age`; what is signed, and tells of it, with `.json`.
///
///     gatehouse.json                     the repository's id; made first, never changed
///     backups/ID/manifest.json           put last: what has none is no backup
///     backups/ID/store.N.age             N grows when recipients are changed
///     vault/manifest.json                the vault's latest state; nothing of it is kept by history
///     vault/ID.N.age
///     erasures/NUMBER.json               the ledger of erasures, without gaps
///     erasures/begin.json                the first number that is still needed; 1 where there is none
///     wal/SYSTEM/accepted.json           the cluster whose write-ahead log is taken
///     wal/SYSTEM/TIMELINE/NAME.TRY.age   a segment or history; TRY tells apart what several sent at the same time
///     wal/SYSTEM/TIMELINE/NAME.json      put last: names the object that counts
///     wal/SYSTEM/labels/NAME.json        restore points
///     locks/NAME/HOLDER.json             who is at work
package enum RepositoryLayout {
    static let root = "gatehouse.json"
    static let backups = "backups/"
    static let vault = "vault/"
    static let vaultManifest = "vault/manifest.json"
    static let erasures = "erasures/"
    static let wal = "wal/"
    static let locks = "locks/"

    static func backup(_ id: BackupID) -> String { "backups/\(id)/" }
    static func manifest(_ id: BackupID) -> String { backup(id) + "manifest.json" }
    package static func archive(of id: BackupID, kind: BackupManifest.Kind, generation: Int) -> String {
        switch kind {
        case .snapshot: backup(id) + "store.\(generation).age"
        case .base: backup(id) + "base.\(generation).age"
        case .vault: vault + "\(id).\(generation).age"
        }
    }

    static func wal(_ system: String) -> String { "wal/\(system)/" }
    static func acceptance(_ system: String) -> String { wal(system) + "accepted.json" }
    static func restorePoint(_ name: String, of system: String) -> String { wal(system) + "labels/\(name).json" }
    static func timeline(_ number: UInt32, of system: String) -> String { wal(system) + HexadecimalWord.write(number).lowercased() + "/" }
    /// What the keys of everything about a file of the log begin with.
    static func wal(_ file: WALFile, of system: String) -> String { timeline(file.timeline, of: system) + "\(file)".lowercased() + "." }

    /// Twelve digits, so that the order of keys is that of numbers.
    static func erasure(_ number: Int) -> String {
        let digits = String(number)
        return erasures + String(repeating: "0", count: max(0, 12 - digits.count)) + digits + ".json"
    }

    static let erasuresBegin = "erasures/begin.json"

    /// The number that an entry of the ledger has by its key.
    static func erasureNumber(_ key: String) -> Int? {
        guard let number = Int(key.dropFirst(erasures.count).prefix(12)), number > 0, erasure(number) == key else { return nil }
        return number
    }
}
