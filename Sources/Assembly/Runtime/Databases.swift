import Foundation
import KeyRing
import PostgresLink
import Storage
import Synchronization
import Telemetry
import Vocabulary

/// What to do when keys were changed somewhere; set once the key ring stands.
final class KeyWatch: Sendable {
    private struct Handlers: Sendable {
        var one: @Sendable (SubjectID) -> Void = { _ in }
        var above: @Sendable (TenantID) -> Void = { _ in }
        var tenant: @Sendable (TenantID) -> Void = { _ in }
        var all: @Sendable () -> Void = {}
    }

    /// The vault's channels: a data key is gone (its holder), what rests above a tenant's data keys was changed, and the data keys
    /// themselves were (the tenant).
    static let channels = ["data_key_gone", "tenant_keys_changed", "data_keys_changed"]

    private let handlers = Mutex(Handlers())

    func set(_ keyRing: SubjectKeyRing) {
        handlers.withLock {
            $0 = Handlers(
                one: { keyRing.evict($0) }, above: { keyRing.expire($0) }, tenant: { keyRing.evict($0) }, all: { keyRing.evictAll() }
            )
        }
    }

    func hear(_ channel: String, _ payload: String) {
        guard let id = UUIDv7(payload) else { return }
        let handlers = handlers.withLock { $0 }
        switch channel {
        case Self.channels[0]: handlers.one(SubjectID(id))
        case Self.channels[1]: handlers.above(TenantID(id))
        default: handlers.tenant(TenantID(id))
        }
    }

    /// Word of a change may have been missed while nobody listened.
    func mayHaveMissed() { handlers.withLock { $0.all }() }
}

/// The two databases of one process: the embedded ones, or those of DATABASE_URL and VAULT_URL.
struct Databases: Sendable {
    let store: Database
    let vault: Database
    let keyWatch = KeyWatch()

    /// Connects for as long as the body runs; starts and stops the embedded PostgreSQL where that is the one.
    static func with<Value: Sendable>(
        _ state: StateDirectory, _ telemetry: RuntimeTelemetry, _ progress: @escaping @Sendable (String) -> Void,
        _ body: @Sendable (Databases) async throws -> Value
    ) async throws -> Value {
        let environment = ProcessInfo.processInfo.environment
        switch (environment["DATABASE_URL"], environment["VAULT_URL"]) {
        case (let store?, let vault?):
            return try await with(store: store, vault: vault, telemetry, body)
        case (nil, nil):
            let postgres = try await EmbeddedPostgres.join(state, progress: progress)
            let targets = (store: postgres.target("gatehouse"), vault: postgres.target("gatehouse_vault"))
            let layout = postgres.layout
            let outcome = await withTaskGroup(of: Void.self) { group in
                group.addTask { await EmbeddedPostgres.watch(layout) }
                defer { group.cancelAll() }
                do {
                    return Result<Value, any Error>.success(
                        try await with(store: targets.store, vault: targets.vault, telemetry, body)
                    )
                } catch {
                    return .failure(error)
                }
            }
            await postgres.leave()
            return try outcome.get()
        default:
            throw CommandFailure(.unfit, "DATABASE_URL and VAULT_URL go together", hint: "set both, or neither for the embedded PostgreSQL")
        }
    }

    private static func with<Value: Sendable>(
        store: String, vault: String, _ telemetry: RuntimeTelemetry, _ body: @Sendable (Databases) async throws -> Value
    ) async throws -> Value {
        let engine = LinkEngine()
        let databases = Databases(store: store, vault: vault, engine, telemetry.observer)
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(databases)) } catch { outcome = .failure(error) }
        await databases.store.close()
        await databases.vault.close()
        await engine.stop()
        return try outcome.get()
    }

    private init(store storeTarget: String, vault vaultTarget: String, _ engine: LinkEngine, _ observe: @escaping Observer) {
        // Behind PgBouncer in transaction mode a prepared statement does not outlive its transaction, nor does LISTEN.
        let isPooled = ProcessInfo.processInfo.environment["GATEHOUSE_TRANSACTION_POOLER"] == "1"
        var storeSettings = LinkSettings(name: "store", target: storeTarget)
        storeSettings.usesNamedStatements = !isPooled
        var vaultSettings = LinkSettings(name: "vault", target: vaultTarget)
        vaultSettings.usesNamedStatements = !isPooled
        if !isPooled { vaultSettings.channels = KeyWatch.channels.compactMap { SQLIdentifier($0) } }
        let watch = keyWatch
        store = Database(storeSettings, engine: engine, observe: observe)
        vault = Database(
            vaultSettings, engine: engine, observe: observe, onNotification: { watch.hear($0, $1) },
            onListening: { watch.mayHaveMissed() }
        )
    }

    func storeDatabase(_ observe: Observer) async throws -> StoreDatabase {
        StoreDatabase(store, stepsDown: try await bypasses(store, "store", observe))
    }

    func vaultDatabase(_ observe: Observer) async throws -> VaultDatabase {
        VaultDatabase(vault, stepsDown: try await bypasses(vault, "vault", observe))
    }

    private func bypasses(_ database: Database, _ name: String, _ observe: Observer) async throws -> Bool {
        let role = try await Schema.role(database)
        if role.bypassesRowSecurity { observe(.rowSecurityBypassed(database: name, role: role.name)) }
        return role.bypassesRowSecurity
    }
}
