import Archives
import DataFormats
import Storage
import Vocabulary

/// How far the repository of backups knows of erasures, for operators.
enum LedgerText {
    static let none = "no repository is set (GATEHOUSE_BACKUP_REPOSITORY): nothing keeps a restore from bringing people back but the vault"

    static func sentence(_ erasures: UnrecordedErasures, _ failure: ArchiveError?) -> String {
        let people = "\(erasures.people) \(erasures.people == 1 ? "person" : "people")"
        let waiting = erasures.since.map { "\(people) not in the repository, since \($0)" } ?? "all in the repository"
        return failure.map { "\(erasures.people == 0 ? "nobody waits" : waiting); it does not answer (\($0.word))" } ?? waiting
    }

    static func object(_ erasures: UnrecordedErasures, _ failure: ArchiveError?) -> JSONObject {
        [
            "people": .number(JSONNumber(erasures.people)), "since": erasures.since.map { .string($0.description) } ?? .null,
            "failure": failure.map { .string($0.word) } ?? .null,
        ]
    }
}
