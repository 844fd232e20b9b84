import AuditTrail
import Catalog
import Foundation
import Gateway
import Identity
import KeyProviders
import KeyRing
import Logging
import PolicyFiles
import PostgresLink
import Sealing
import Storage
import Telemetry
import Vocabulary

/// The wired services of one process, for as long as a closure runs.
struct Runtime: Sendable {
    let gateway: RecordGateway
    let store: StoreDatabase
    let audit: AuditRecorder
    let auditSettings: AuditSettings
    let state: StateDirectory
    let telemetry: RuntimeTelemetry
    let policies: LoadedPolicies

    /// The policies that were read at the start, and where.
    struct LoadedPolicies: Sendable {
        let folder: PolicyFolder
        let location: String
        let fingerprint: FolderFingerprint
    }

    struct Options: Sendable {
        var state: String
        var policies: String?
        var logLevel: Logger.Level = .warning
        /// Whether the cases beside the policies have to hold.
        var testsPolicies = false
        /// Whether events may wait on this host while the database takes none: for the one process that serves.
        var spools = false
    }

    /// Opens everything, runs the body, closes everything again, whatever the body does.
    static func with<Value: Sendable>(
        _ options: Options, progress: @escaping @Sendable (String) -> Void, _ body: @Sendable (Runtime) async throws -> Value
    ) async throws -> Value {
        let state = try StateDirectory(options.state)
        let telemetry = RuntimeTelemetry(level: options.logLevel)
        let location = try PolicyLocation.find(options.policies, state)
        let fingerprint = FolderFingerprint.of(location)
        let policies: LoadedPolicies
        do {
            let folder = options.testsPolicies ? try PolicyFolder.loadTested(location) : try PolicyFolder.load(location)
            policies = LoadedPolicies(folder: folder, location: location, fingerprint: fingerprint)
        } catch {
            throw CommandFailure(error)
        }
        return try await Databases.with(state, telemetry, progress) { databases in
            try await SchemaCheck.prepare(databases, policies.folder.catalog, progress)
            return try await run(state, telemetry, policies, databases, spools: options.spools, body)
        }
    }

    private static func run<Value: Sendable>(
        _ state: StateDirectory, _ telemetry: RuntimeTelemetry, _ policies: LoadedPolicies, _ databases: Databases, spools: Bool,
        _ body: @Sendable (Runtime) async throws -> Value
    ) async throws -> Value {
        let observe = telemetry.observer
        let store = try await databases.storeDatabase(observe)
        let vault = try await databases.vaultDatabase(observe)
        if !MemoryLock.isAvailable() { observe(.memoryNotLocked) }
        let keyRing = try await Self.keyRing(state, vault, observe)
        databases.keyWatch.set(keyRing)
        let settings = try AuditSettings(environment: ProcessInfo.processInfo.environment)
        let opened = try await spools && settings.spoolBytes > 0 ? Self.openSpools(state, settings, observe) : []
        let audit = AuditRecorder(store: store, spool: opened.first, abandoned: Array(opened.dropFirst()), observe: observe)
        let sequencer = try await Self.sequencer(state, settings, store, vault, observe)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await audit.run() }
            defer { audit.close() }
            let gateway: RecordGateway
            do throws(KeyRingError) {
                gateway = try await RecordGateway(
                    catalog: policies.folder.catalog, policies: policies.folder.policies, store: store, vault: vault, keyRing: keyRing, audit: audit,
                    sequencer: sequencer, observe: observe
                )
            } catch {
                throw CommandFailure(error)
            }
            return try await body(
                Runtime(
                    gateway: gateway, store: store, audit: audit, auditSettings: settings, state: state, telemetry: telemetry, policies: policies))
        }
    }

    /// The key ring of this state, over the key provider that the environment names. Its keys are made when the vault has never seen
    /// one; else only those that the vault was made with will do.
    private static func keyRing(_ state: StateDirectory, _ vault: VaultDatabase, _ observe: @escaping Observer) async throws -> SubjectKeyRing {
        let environment = ProcessInfo.processInfo.environment
        let settings = try KeySettings(environment: environment, state)
        do {
            let used = try await SubjectKeyRing.providerKind(of: vault)
            let providers = try KeyProviderSettings(environment: environment)
            if let used, used != providers.kind { throw KeyRingError.otherProvider(vault: used, configured: providers.kind) }
            let provider = try await KeyProviderSettings.open(environment: environment, keysFolder: state.keys, isFresh: used == nil)
            return SubjectKeyRing(
                provider: provider, vault: vault, escrow: RecoveryEscrow(folder: state.recovery, recipients: settings.recipients),
                settings: settings.ring, observe: observe
            )
        } catch let error as KeyRingError {
            throw CommandFailure(error)
        } catch let error as KeyProviderError {
            throw CommandFailure(error)
        } catch let error as StorageError {
            throw CommandFailure(error)
        }
    }

    private static func sequencer(
        _ state: StateDirectory, _ settings: AuditSettings, _ store: StoreDatabase, _ vault: VaultDatabase, _ observe: @escaping Observer
    ) async throws -> Sequencer {
        do {
            let signer = try await AuditKeyFile.signer(state, store)
            if signer == nil { observe(.logUnsigned(tenant: "", code: "key-missing")) }
            let memory = try RememberedHeads(folder: state.audit)
            // A store that takes no changes for now is no reason not to start: events have a place without, and the housekeeper tries again.
            do { try await store.makeAuditPartitions() } catch { observe(.auditFailed(events: 0, code: "partitions-not-made")) }
            return Sequencer(store: store, vault: vault, name: settings.name, signer: signer, memory: memory, observe: observe)
        } catch let error as SequencerError {
            throw CommandFailure(.unfit, "\(state.audit) cannot be written (\(error.code))", hint: "it holds the newest signed heads of the log")
        } catch let error as StorageError {
            throw CommandFailure(error)
        }
    }

    // MARK: Who asks

    /// The operator on this host, in a tenant.
    ///
    /// - Parameter makesTenant: the tenant is made when it does not exist yet; else a name that nobody has is refused.
    func hostContext(
        tenant name: String = "default", makesTenant: Bool, purpose: String = "operations", reason: String? = nil,
        requestID: TraceID = .make()
    ) async throws -> RequestContext {
        guard !name.isEmpty, name.utf8.count <= 64 else { throw CommandFailure(.invalid, "a tenant's name has 1 to 64 bytes") }
        let tenant: TenantID
        do {
            if makesTenant || name == "default" {
                tenant = try await store.makeTenant(named: name)
            } else if let known = try await store.tenant(named: name) {
                tenant = known
            } else {
                throw CommandFailure(.notFound, "there is no tenant '\(name)'", hint: "issuing its first token makes it")
            }
        } catch let error as StorageError {
            throw CommandFailure(error)
        }
        return hostContext(of: tenant, purpose: purpose, reason: reason, requestID: requestID)
    }

    /// The operator on this host, in a tenant that there is.
    func hostContext(
        of tenant: TenantID, purpose: String = "operations", reason: String? = nil, requestID: TraceID = .make()
    ) -> RequestContext {
        RequestContext(
            principal: .host(tenant: tenant), purpose: gateway.catalog.purposes[purpose], reason: reason, policies: gateway.policies,
            requestID: requestID
        )
    }
}
