import Foundation
import PostgresLink
import Storage
import Vocabulary

/// The two databases as backup and restore reach them.
struct BackupTargets: Sendable {
    let store: BackupTarget
    let vault: BackupTarget

    /// Those of the environment, or the embedded ones; nothing is connected to yet. The embedded PostgreSQL has to run: ``Databases`` see
    /// to that for as long as they are lent.
    static func find(
        _ state: StateDirectory, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(CommandFailure) -> BackupTargets {
        switch (environment["DATABASE_URL"], environment["VAULT_URL"]) {
        case (let store?, let vault?):
            return BackupTargets(
                store: BackupTarget(
                    "store", above: try target("GATEHOUSE_BACKUP_DATABASE_URL", environment), owner: try owner("DATABASE_URL", store, environment)),
                vault: BackupTarget(
                    "vault", above: try target("GATEHOUSE_BACKUP_VAULT_URL", environment), owner: try owner("VAULT_URL", vault, environment))
            )
        case (nil, nil):
            let sockets = try EmbeddedPostgres.server(state).sockets
            return BackupTargets(
                store: try BackupTarget("store", embeddedIn: sockets, "gatehouse"),
                vault: try BackupTarget("vault", embeddedIn: sockets, "gatehouse_vault")
            )
        default:
            throw CommandFailure(.unfit, "DATABASE_URL and VAULT_URL go together", hint: "set both, or neither for the embedded PostgreSQL")
        }
    }

    private static func target(_ name: String, _ environment: [String: String]) throws(CommandFailure) -> ConnectionTarget {
        guard let text = environment[name] else {
            throw CommandFailure(
                .unfit, "\(name) is not set: a backup needs a role above row security",
                hint: "name the same database, with the role that this makes:\n\(BackupTarget.roleSQL(owner: "gatehouse"))"
            )
        }
        return try target(name, text: text)
    }

    /// Programs of PostgreSQL change their session, which behind a pooler others go on with: there they need a way of their own.
    private static func owner(_ name: String, _ text: String, _ environment: [String: String]) throws(CommandFailure) -> ConnectionTarget {
        let direct = "GATEHOUSE_DIRECT_" + name
        if let text = environment[direct] { return try target(direct, text: text) }
        return try target(name, text: text)
    }

    private static func target(_ name: String, text: String) throws(CommandFailure) -> ConnectionTarget {
        guard let target = ConnectionTarget(text) else {
            throw CommandFailure(.unfit, "\(name) is no connection string of PostgreSQL", hint: "postgresql://role@host/database, for example")
        }
        guard target.unspeakable.isEmpty else {
            throw CommandFailure(
                .unfit, "\(name) says \(target.unspeakable.joined(separator: ", ")), which pg_dump and pg_restore cannot be told",
                hint: "they are told by environment variables: leave it out, or say it in a service file (PGSERVICE)"
            )
        }
        return target
    }

    /// Whether store and vault lie in one cluster, so that the history of one is that of the other; `nil` when a server does not say.
    static func shareCluster(_ store: DatabaseStanding, _ vault: DatabaseStanding) -> Bool? {
        guard let first = store.systemIdentifier, let second = vault.systemIdentifier else { return nil }
        return first == second
    }
}

/// One of the two databases, with the roles that work on it.
struct BackupTarget: Sendable {
    /// `store` or `vault`.
    let name: String
    /// With a role above row security: reads every row, and closes the database for a restore.
    let above: ConnectionTarget
    /// With the role that the gateway uses, which will own what is loaded.
    let owner: ConnectionTarget

    init(_ name: String, above: ConnectionTarget, owner: ConnectionTarget) {
        self.name = name
        self.above = above
        self.owner = owner
    }

    /// A database of the embedded PostgreSQL. Trust is its way to let in whoever can enter the socket's folder, which we can.
    init(_ name: String, embeddedIn sockets: String, _ database: String) throws(CommandFailure) {
        guard let above = ConnectionTarget("host=\(sockets) dbname=\(database) user=postgres"),
            let owner = ConnectionTarget("host=\(sockets) dbname=\(database) user=gatehouse")
        else { throw CommandFailure(.unfit, "the folder \(sockets) cannot be named to PostgreSQL", hint: "use a state directory with another path") }
        self.init(name, above: above, owner: owner)
    }

    enum Role { case above, owner }

    /// Lends a few connections that a restore does not keep out, and whose statements may take as long as they like.
    func withDatabase<Value: Sendable>(
        as role: Role = .above, observe: @escaping Observer = { _ in }, _ body: @Sendable (Database) async throws -> Value
    ) async throws -> Value {
        var settings = LinkSettings(name: name, target: role == .above ? above.text.value : owner.text.value)
        settings.sharedConnections = 1
        settings.passesRestores = true
        settings.statementTimeout = .seconds(24 * 3600)
        let engine = LinkEngine()
        let database = Database(settings, engine: engine, observe: observe)
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(database)) } catch { outcome = .failure(error) }
        await database.close()
        await engine.stop()
        return try outcome.get()
    }

    /// What the database is, as the role above row security sees it.
    func standing() async throws -> DatabaseStanding {
        try await withDatabase { database in
            do throws(StorageError) { return try await DatabaseStanding.read(database) } catch { throw CommandFailure(error) }
        }
    }

    /// Lends the same to statements that close it, open it, or fill it.
    func closing<Value: Sendable>(_ body: @Sendable (Database) async throws -> Value) async throws -> Value {
        try await withDatabase { database in
            do { return try await body(database) } catch let error as StorageError { throw CommandFailure(error) }
        }
    }

    /// What a restore has written on it that has not come to its end: its name and how far it is.
    func mark() async throws -> String? {
        try await closing { (database) -> String? in
            do throws(LinkError) { return try await RestoreMark.read(database).restoring } catch { throw StorageError(error) }
        }
    }

    // MARK: Fit for what is to be done

    /// Refuses a role that would back up less than everything.
    func checkBackup(_ standing: DatabaseStanding) throws(CommandFailure) {
        guard standing.isAboveRowSecurity, standing.unreadable == 0 else {
            throw CommandFailure(
                .unfit, "the role '\(standing.role)' does not see every row of the \(name)",
                hint: "connect as a superuser, or as the role that this makes:\n\(roleSQL)"
            )
        }
    }

    /// Refuses a role that could not close the database, or that could not look at every row afterwards.
    func checkRestore(_ standing: DatabaseStanding) throws(CommandFailure) {
        try checkBackup(standing)
        guard standing.ownsDatabase, standing.mayMark else {
            throw CommandFailure(
                .unfit, "the role '\(standing.role)' may not close the \(name) for a restore",
                hint: standing.serverVersion < 150_000
                    ? "before PostgreSQL 15 only a superuser may"
                    : "connect as a superuser, or as the role that this makes:\n\(roleSQL)"
            )
        }
    }

    private var roleSQL: String { Self.roleSQL(owner: owner.environment.value["PGUSER"] ?? "gatehouse") }

    /// What a superuser runs to make the role for backup and restore.
    static func roleSQL(owner: String) -> String {
        """
            CREATE ROLE gatehouse_backup LOGIN BYPASSRLS PASSWORD '…';
            GRANT \(owner) TO gatehouse_backup;
            GRANT SET ON PARAMETER gatehouse.restoring, gatehouse.restored TO gatehouse_backup;
        """
    }
}
