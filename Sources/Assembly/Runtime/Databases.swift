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
        var some: @Sendable ([SubjectID]) -> Void = { _ in }
        var above: @Sendable (TenantID) -> Void = { _ in }
        var tenant: @Sendable (TenantID) -> Void = { _ in }
        var all: @Sendable () -> Void = {}
    }

    /// The vault's channels: data keys are gone (their holders), what rests above a tenant's data keys was changed, and the data keys
    /// themselves were (the tenant).
    static let channels = ["data_key_gone", "tenant_keys_changed", "data_keys_changed"]

    private let handlers = Mutex(Handlers())

    func set(_ keyRing: SubjectKeyRing) {
        handlers.withLock {
            $0 = Handlers(
                some: { keyRing.evict($0) }, above: { keyRing.expire($0) }, tenant: { keyRing.evict($0) }, all: { keyRing.evictAll() }
            )
        }
    }

    func hear(_ channel: String, _ payload: String) {
        let handlers = handlers.withLock { $0 }
        if channel == Self.channels[0] { return handlers.some(payload.split(separator: ",").compactMap { UUIDv7($0).map { SubjectID($0) } }) }
        guard let id = UUIDv7(payload) else { return }
        switch channel {
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

    /// The vault past a pooler, for LISTEN.
    static let directVault = "GATEHOUSE_DIRECT_VAULT_URL"
    /// Behind PgBouncer in transaction mode a prepared statement does not outlive its transaction, nor does LISTEN.
    static func isPooled(_ environment: [String: String]) -> Bool { environment["GATEHOUSE_TRANSACTION_POOLER"] == "1" }

    /// Connects for as long as the body runs; starts and stops the embedded PostgreSQL where that is the one.
    ///
    /// - Parameters:
    ///   - passesRestores: whether the databases are worked with although they are closed for a restore.
    ///   - environment: where the databases are named.
    ///   - onRestoring: called at once when they are found closed, or restored since they were first seen.
    static func with<Value: Sendable>(
        _ state: StateDirectory, _ telemetry: RuntimeTelemetry, _ progress: @escaping @Sendable (String) -> Void,
        environment: [String: String] = ProcessInfo.processInfo.environment, passesRestores: Bool = false,
        onRestoring: @escaping @Sendable () -> Void = {}, _ body: @Sendable (Databases) async throws -> Value
    ) async throws -> Value {
        switch (environment["DATABASE_URL"], environment["VAULT_URL"]) {
        case (let store?, let vault?):
            return try await with(
                store: store, vault: vault, listening: environment[directVault], telemetry, passesRestores, onRestoring, body)
        case (nil, nil):
            let postgres = try await EmbeddedPostgres.join(state, progress: progress)
            let targets = (store: postgres.target("gatehouse"), vault: postgres.target("gatehouse_vault"))
            let server = postgres.server
            let outcome = await withTaskGroup(of: Void.self) { group in
                group.addTask { await EmbeddedPostgres.watch(server, of: state) }
                defer { group.cancelAll() }
                do {
                    return Result<Value, any Error>.success(
                        try await with(store: targets.store, vault: targets.vault, telemetry, passesRestores, onRestoring, body)
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

    /// Keeps the embedded PostgreSQL up, where that is the one, for work that makes connections of its own.
    static func within<Value: Sendable>(
        _ state: StateDirectory, _ progress: @escaping @Sendable (String) -> Void, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        let environment = ProcessInfo.processInfo.environment
        if environment["DATABASE_URL"] != nil || environment["VAULT_URL"] != nil { return try await body() }
        let postgres = try await EmbeddedPostgres.join(state, progress: progress)
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        await postgres.leave()
        return try outcome.get()
    }

    /// The same for copies that a drill throws away.
    static func with<Value: Sendable>(
        _ scratch: Runtime.Scratch, _ telemetry: RuntimeTelemetry, _ body: @Sendable (Databases) async throws -> Value
    ) async throws -> Value {
        try await with(store: scratch.store.text.value, vault: scratch.vault.text.value, telemetry, true, {}, body)
    }

    private static func with<Value: Sendable>(
        store: String, vault: String, listening: String? = nil, _ telemetry: RuntimeTelemetry, _ passesRestores: Bool,
        _ onRestoring: @escaping @Sendable () -> Void,
        _ body: @Sendable (Databases) async throws -> Value
    ) async throws -> Value {
        let engine = LinkEngine()
        let databases = Databases(
            store: store, vault: vault, listening: listening, engine, telemetry.observer, passesRestores: passesRestores, onRestoring: onRestoring
        )
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(databases)) } catch { outcome = .failure(error) }
        await databases.store.close()
        await databases.vault.close()
        await engine.stop()
        return try outcome.get()
    }

    private init(
        store storeTarget: String, vault vaultTarget: String, listening: String?, _ engine: LinkEngine, _ observe: @escaping Observer,
        passesRestores: Bool,
        onRestoring: @escaping @Sendable () -> Void
    ) {
        let isPooled = Self.isPooled(ProcessInfo.processInfo.environment)
        var storeSettings = LinkSettings(name: "store", target: storeTarget)
        storeSettings.usesNamedStatements = !isPooled
        storeSettings.passesRestores = passesRestores
        var vaultSettings = LinkSettings(name: "vault", target: vaultTarget)
        vaultSettings.usesNamedStatements = !isPooled
        vaultSettings.passesRestores = passesRestores
        vaultSettings.listenTarget = listening.map { Personal($0) }
        if !isPooled || listening != nil { vaultSettings.channels = KeyWatch.channels.compactMap { SQLIdentifier($0) } }
        let watch = keyWatch
        store = Database(storeSettings, engine: engine, observe: observe, onRestoring: onRestoring)
        vault = Database(
            vaultSettings, engine: engine, observe: observe, onNotification: { watch.hear($0, $1) },
            onListening: { watch.mayHaveMissed() }, onRestoring: onRestoring
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
