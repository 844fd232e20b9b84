/// What a restore has written into a database's settings, where everybody can read it.
///
/// It is asked of the catalog and not of the session, whose own copy is as old as the session is: one that was open before the mark was made
/// does not have it, and behind a pooler sessions outlive their clients.
package struct RestoreMark: Sendable, Equatable {
    /// The restore under way and how far it is (`gatehouse.restoring`). While there is one, nobody but the restore works with the database.
    package let restoring: String?
    /// The last restore that came to its end (`gatehouse.restored`). Whoever has seen another one remembers what is no longer so.
    package let restored: String?

    /// Two columns: the mark as it is now.
    package static let look: SQL = """
        SELECT max(substr(o, 21)) FILTER (WHERE o LIKE 'gatehouse.restoring=%') AS restoring,
        max(substr(o, 20)) FILTER (WHERE o LIKE 'gatehouse.restored=%') AS restored
        FROM pg_db_role_setting s, unnest(s.setconfig) o
        WHERE s.setrole = 0 AND s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
        """

    /// Fails with `guardState` unless the mark is as it was seen. What was sent behind it is not run then.
    static func guarding(_ restored: String?) -> SQL {
        "SELECT 1 / count(*) FROM (\(look)) mark WHERE restoring IS NULL AND restored IS NOT DISTINCT FROM \(.text(restored))"
    }

    /// A division by zero.
    static let guardState = "22012"

    package init(restoring: String? = nil, restored: String? = nil) {
        self.restoring = restoring
        self.restored = restored
    }

    /// What ``look`` answers.
    package init(_ result: ResultSet) { self.init(restoring: result.text(0, 0), restored: result.text(0, 1)) }

    package static func read(_ database: Database) async throws(LinkError) -> RestoreMark { RestoreMark(try await database.read([look])[0]) }
}

/// What a pool knows of restores of its database.
enum RestoreWatch: Equatable {
    /// Nobody has looked yet.
    case unknown
    /// As it was seen first.
    case open(restored: String?)
    /// A restore is under way, or came and went: what this process knows of the database is of before, and so it stays shut here.
    case shut

    /// How the database stands when it is seen like this.
    func seeing(_ mark: RestoreMark) -> RestoreWatch {
        switch self {
        case .unknown: mark.restoring == nil ? .open(restored: mark.restored) : .shut
        case .open(let restored): mark.restoring == nil && mark.restored == restored ? self : .shut
        case .shut: .shut
        }
    }
}
