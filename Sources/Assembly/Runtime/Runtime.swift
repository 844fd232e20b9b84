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
import Webhooks

/// The wired services of one process, for as long as a closure runs.
struct Runtime: Sendable {
    let gateway: RecordGateway
    let store: StoreDatabase
    let audit: AuditRecorder
    let auditSettings: AuditSettings
    let state: StateDirectory
    let telemetry: RuntimeTelemetry
    let policies: LoadedPolicies
    let failures = KeeperFailures()

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
        /// Where settings are read from.
        var environment = ProcessInfo.processInfo.environment
        /// Whether the databases are worked with although they are closed for a restore: for the restore itself.
        var passesRestores = false
        /// Whether columns and tables that the catalog has and the databases lack are added; else only fresh databases are made.
        var extendsSchema = false
        /// Where observations go; a place of its own when not said.
        var telemetry: RuntimeTelemetry?
        /// Databases that stand in for the real ones; see ``Scratch``.
        var scratch: Scratch?
        /// Called at once when the databases are found to be restored, or to have been since the start: nothing that is known of them holds then.
        var onRestoring: @Sendable () -> Void = {}
    }

    /// Copies of the databases that a drill throws away. What this host keeps beside the real ones stays as it is: no key is made, none is
    /// copied for recovery, nothing is signed, no head is remembered, and the repository is told of nothing.
    struct Scratch: Sendable {
        let store: ConnectionTarget
        let vault: ConnectionTarget
        /// For what would else be remembered.
        let folder: String
    }

    /// Opens everything, runs the body, closes everything again, whatever the body does.
    static func with<Value: Sendable>(
        _ options: Options, progress: @escaping @Sendable (String) -> Void, _ body: @Sendable (Runtime) async throws -> Value
    ) async throws -> Value {
        let state = try StateDirectory(options.state)
        let telemetry = options.telemetry ?? RuntimeTelemetry(level: options.logLevel)
        let location = try PolicyLocation.find(options.policies, state)
        let fingerprint = FolderFingerprint.of(location)
        let policies: LoadedPolicies
        do {
            let folder = options.testsPolicies ? try PolicyFolder.loadTested(location) : try PolicyFolder.load(location)
            policies = LoadedPolicies(folder: folder, location: location, fingerprint: fingerprint)
        } catch {
            throw CommandFailure(error)
        }
        let open: @Sendable (Databases) async throws -> Value = { databases in
            try await SchemaCheck.prepare(databases, policies.folder.catalog, extends: options.extendsSchema, progress)
            return try await run(state, telemetry, policies, databases, options, body)
        }
        if let scratch = options.scratch { return try await Databases.with(scratch, telemetry, open) }
        return try await Databases.with(
            state, telemetry, progress, environment: options.environment, passesRestores: options.passesRestores,
            onRestoring: options.onRestoring, open)
    }

    private static func run<Value: Sendable>(
        _ state: StateDirectory, _ telemetry: RuntimeTelemetry, _ policies: LoadedPolicies, _ databases: Databases, _ options: Options,
        _ body: @Sendable (Runtime) async throws -> Value
    ) async throws -> Value {
        let observe = telemetry.observer
        let store = try await databases.storeDatabase(observe)
        let vault = try await databases.vaultDatabase(observe)
        if !MemoryLock.isAvailable() { observe(.memoryNotLocked) }
        let keyRing = try await Self.keyRing(state, options, vault, observe)
        databases.keyWatch.set(keyRing)
        let settings = try AuditSettings(environment: options.environment)
        let opened = try await options.spools && settings.spoolBytes > 0 ? Self.openSpools(state, settings, observe) : []
        let audit = AuditRecorder(store: store, spool: opened.first, abandoned: Array(opened.dropFirst()), observe: observe)
        let sequencer = try await Self.sequencer(state, settings, options.scratch, store, vault, observe)
        let rights = try Self.rights(state, options, settings, policies)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await audit.run() }
            defer { audit.close() }
            let gateway: RecordGateway
            do throws(KeyRingError) {
                gateway = try await RecordGateway(
                    catalog: policies.folder.catalog, policies: policies.folder.policies, store: store, vault: vault, keyRing: keyRing, audit: audit,
                    sequencer: sequencer, rights: rights, observe: observe
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
    private static func keyRing(
        _ state: StateDirectory, _ options: Options, _ vault: VaultDatabase, _ observe: @escaping Observer
    ) async throws -> SubjectKeyRing {
        let environment = options.environment
        let settings = try KeySettings(environment: environment, state)
        do {
            let used = try await SubjectKeyRing.providerKind(of: vault)
            let providers = try KeyProviderSettings(environment: environment)
            if let used, used != providers.kind { throw KeyRingError.otherProvider(vault: used, configured: providers.kind) }
            let provider = try await KeyProviderSettings.open(
                environment: environment, keysFolder: state.keys, isFresh: used == nil && options.scratch == nil)
            let escrow = RecoveryEscrow(folder: state.recovery, recipients: options.scratch == nil ? settings.recipients : [])
            return SubjectKeyRing(provider: provider, vault: vault, escrow: escrow, settings: settings.ring, observe: observe)
        } catch let error as KeyRingError {
            throw CommandFailure(error)
        } catch let error as KeyProviderError {
            throw CommandFailure(error)
        } catch let error as StorageError {
            throw CommandFailure(error)
        }
    }

    private static func sequencer(
        _ state: StateDirectory, _ settings: AuditSettings, _ scratch: Scratch?, _ store: StoreDatabase, _ vault: VaultDatabase,
        _ observe: @escaping Observer
    ) async throws -> Sequencer {
        do {
            let signer = scratch == nil ? try await AuditKeyFile.signer(state, store) : nil
            if signer == nil, scratch == nil { observe(.logUnsigned(tenant: "", code: "key-missing")) }
            let memory = try RememberedHeads(folder: scratch?.folder ?? state.audit)
            // A store that takes no changes for now is no reason not to start: events have a place without, and the housekeeper tries again.
            do { try await store.makeAuditPartitions() } catch { observe(.auditFailed(events: 0, code: "partitions-not-made")) }
            return Sequencer(store: store, vault: vault, name: settings.name, signer: signer, memory: memory, observe: observe)
        } catch let error as SequencerError {
            throw CommandFailure(.unfit, "\(state.audit) cannot be written (\(error.code))", hint: "it holds the newest signed heads of the log")
        } catch let error as StorageError {
            throw CommandFailure(error)
        }
    }

    private static func rights(
        _ state: StateDirectory, _ options: Options, _ settings: AuditSettings, _ policies: LoadedPolicies
    ) throws -> RightsSettings {
        let (environment, folder) = (options.environment, policies.folder)
        let url = environment["GATEHOUSE_PUBLIC_URL"] ?? "http://127.0.0.1:8080"
        let signer = try DocumentKeyFile.signer(state, name: settings.name)
        var rights = RightsSettings(
            processing: folder.processing, notices: folder.notices, regulations: folder.regulations, signer: signer,
            mailer: try MailSettings.mailer(environment: environment, state, controller: folder.processing.controller.email),
            publicURL: url.hasSuffix("/") ? String(url.dropLast()) : url,
            ledger: options.scratch == nil ? try LedgerSettings.source(environment: environment, state, signer) : nil
        )
        let sender = WebhookSender.configured(environment)
        rights.judgeWebhook = { await sender.problem(with: $0) }
        if options.scratch == nil {
            rights.replacingVaultArchive = try BackupSite.replacingVault(state, policies: policies.location, environment: environment)
        }
        return rights
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
