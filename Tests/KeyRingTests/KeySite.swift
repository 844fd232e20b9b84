import Foundation
import KeyProviders
import KeyRing
import PostgresLink
import Sealing
import Storage
import Synchronization
import TestPostgres
import Vocabulary

/// A vault with a folder of keys beside it, and key rings over them as several gateways would have them.
final class KeySite: Sendable {
    let cluster: PostgresCluster
    let name: String
    let folder: String
    let recipients: [AgeRecipient]
    let tenant = TenantID(.make())
    private let engine: LinkEngine
    let vault: VaultDatabase

    private init(_ cluster: PostgresCluster, _ name: String, _ folder: String, _ recipients: [AgeRecipient]) {
        (self.cluster, self.name, self.folder, self.recipients) = (cluster, name, folder, recipients)
        (engine, vault) = Self.connect(cluster, name)
    }

    private static func connect(_ cluster: PostgresCluster, _ name: String) -> (LinkEngine, VaultDatabase) {
        let engine = LinkEngine()
        return (engine, VaultDatabase(Database(LinkSettings(name: "vault", target: cluster.target(name)), engine: engine), stepsDown: false))
    }

    static func with(cluster: PostgresCluster? = nil, recipients: [AgeRecipient] = [], _ body: (KeySite) async throws -> Void) async throws {
        let server: PostgresCluster = if let cluster { cluster } else { try await PostgresCluster.shared() }
        let site = KeySite(server, try await server.makePair().vault, try TemporaryFolder.make(), recipients)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(site)) } catch { outcome = .failure(error) }
        await site.vault.database.close()
        await site.engine.stop()
        try outcome.get()
    }

    /// Lends the vault of a copy of this site's server.
    func withVault(of copy: PostgresCluster, _ body: (VaultDatabase) async throws -> Void) async throws {
        let (engine, vault) = Self.connect(copy, name)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(vault)) } catch { outcome = .failure(error) }
        await vault.database.close()
        await engine.stop()
        try outcome.get()
    }

    func provider() async throws -> any KeyProvider {
        try await FileKeyProvider.open(
            folder: folder + "/keys", secret: .ownCredential, isFresh: try await SubjectKeyRing.providerKind(of: vault) == nil)
    }

    var escrow: RecoveryEscrow { RecoveryEscrow(folder: folder + "/recovery", recipients: recipients) }

    /// A gateway's key ring; over another vault when one is given.
    func ring(_ other: VaultDatabase? = nil) async throws -> SubjectKeyRing {
        if !FileManager.default.fileExists(atPath: folder + "/keys") {
            try FileManager.default.createDirectory(
                atPath: folder + "/keys", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        return SubjectKeyRing(provider: try await provider(), vault: other ?? vault, escrow: escrow, observe: { _ in })
    }

    /// Makes a subject with a key, and answers a value sealed under it.
    func makeSubject(_ ring: SubjectKeyRing) async throws -> SealedValue {
        while true {
            let subject = SubjectID(.make())
            let (key, wrapped) = try await ring.makeKey(for: subject, tenant: tenant)
            let moment = ring.moment
            // An epoch that has just ended is no failure: whoever meets it makes the key again.
            guard try await vault.add([wrapped], [], of: tenant) == .written else {
                ring.evict(tenant)
                continue
            }
            ring.keep(key, of: subject, tenant: tenant, since: moment)
            return SealedValue(subject, key, tenant)
        }
    }

    /// Ends the epoch as a rotation does.
    func endEpoch(_ ring: SubjectKeyRing) async throws {
        guard let old = try await vault.tenantKeys(of: tenant).epochs.last?.epoch else { return }
        _ = try await ring.beginEpoch(after: old, of: tenant)
        repeat {
            var position: DataKeyPosition?
            while let (end, _) = try await ring.rewrapKeys(after: position, limit: 50, of: tenant) { position = end }
            try await ring.rewrapSearchKeys(of: tenant)
        } while try await !ring.closeOldEpochs(of: tenant)
        _ = try await ring.destroyEndedEpochs(of: tenant)
    }
}

/// A cell sealed under a subject's key.
struct SealedValue: Sendable {
    static let text = "Larkspur"
    private static let field = Array("family_name".utf8)

    let subject: SubjectID
    let tenant: TenantID
    let bytes: [UInt8]

    init(_ subject: SubjectID, _ key: DataKey, _ tenant: TenantID) {
        (self.subject, self.tenant) = (subject, tenant)
        var place = CellPlace(tenant: tenant, entity: "contact", record: RecordID(subject.uuid))
        bytes = Array(Self.text.utf8).withUnsafeBytes { key.seal($0, field: Self.field, at: &place) }
    }

    func opens(with key: DataKey) -> Bool {
        var place = CellPlace(tenant: tenant, entity: "contact", record: RecordID(subject.uuid))
        let scratch = Scratch()
        return bytes.withUnsafeBytes {
            key.open($0, field: Self.field, at: &place, into: scratch).map { Array($0) == Array(Self.text.utf8) } ?? false
        }
    }

    /// Whether a key ring opens it, with what it has and what its vault has.
    func opens(in ring: SubjectKeyRing) async throws -> Bool {
        try await ring.keys(of: [subject], tenant: tenant).keys[subject].map { opens(with: $0) } ?? false
    }
}
