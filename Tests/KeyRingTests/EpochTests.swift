import Foundation
import KeyProviders
import KeyRing
import PostgresLink
import Sealing
import Storage
import TestPostgres
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(15)))
struct EpochTests {
    /// The promise that erasure rests on: somebody with the disk of the vault from before, and with every key that there still is,
    /// opens nothing of anybody who was erased before the epoch ended.
    @Test func `once an epoch has ended an old copy of the vault's files opens with no key that still exists`() async throws {
        let identity = AgeIdentity.make()
        try await KeySite.with(cluster: PostgresCluster.start(), recipients: [identity.recipient]) { site in
            let ring = try await site.ring()
            let (erased, other) = (try await site.makeSubject(ring), try await site.makeSubject(ring))
            let copy = try await site.cluster.copy()
            // The server was stopped for it: the time limit of the suite ends a wait in vain.
            while (try? await site.vault.keyCounts(of: site.tenant)) == nil { try await Task.sleep(for: .milliseconds(50)) }

            // The copy is a good one: until the epoch ends it opens, also what was erased meanwhile.
            #expect(try await ring.destroyKey(of: erased.subject, tenant: site.tenant))
            #expect(try await !erased.opens(in: ring))
            try await site.withVault(of: copy) { vault in
                let copied = try await site.ring(vault)
                #expect(try await erased.opens(in: copied))
                let recovery = KeyRecovery(vault: vault, folder: site.folder + "/recovery", identities: [identity])
                #expect(try await recovery.check([site.tenant]).map(\.state) == [.proved])
            }

            try await site.endEpoch(ring)
            #expect(try await other.opens(in: ring))
            #expect(try await other.opens(in: site.ring()))
            try await site.withVault(of: copy) { vault in
                // The gateway's way.
                let copied = try await site.ring(vault)
                await #expect(throws: KeyRingError.self) { try await erased.opens(in: copied) }
                // By recovery.
                let recovery = KeyRecovery(vault: vault, folder: site.folder + "/recovery", identities: [identity])
                #expect(try await recovery.check([site.tenant]).map(\.state) == [.missing])
                // By trying every key of the provider on every epoch key of the copy, under the label it was wrapped with.
                let provider = try await site.provider()
                let old = try await vault.tenantKeys(of: site.tenant)
                #expect(old.epochs.count == 1)
                for name in try await provider.keyNames() {
                    for epoch in old.epochs {
                        await #expect(throws: KeyProviderError.self) {
                            try await provider.unwrap(epoch.wrapped, under: name, label: epochLabel(site.tenant, epoch.epoch))
                        }
                    }
                }
                // And every living epoch key on the erased person's wrapped key.
                let wrapped = try await vault.dataKeys(of: [erased.subject.uuid], tenant: site.tenant)
                #expect(wrapped.count == 1)
                for copied in RecoveryEscrow.copies(in: site.folder + "/recovery") {
                    let epochKey = try #require(RecoveryEscrow.open(copied, with: [identity]))
                    for key in wrapped {
                        #expect(KeyEnvelope.unwrap(key.wrapped, under: epochKey, label: dataLabel(site.tenant, key)) == nil)
                    }
                }
            }
            // The same attempts open the living person's key out of the living vault: they are no empty gestures.
            let provider = try await site.provider()
            let now = try await site.vault.tenantKeys(of: site.tenant)
            let epoch = try #require(now.epochs.first)
            let name = WrappingKeyName(tenant: site.tenant, epoch: epoch.epoch, generation: epoch.generation)
            let epochKey = try await provider.unwrap(epoch.wrapped, under: name, label: epochLabel(site.tenant, epoch.epoch))
            let living = try #require(try await site.vault.dataKeys(of: [other.subject.uuid], tenant: site.tenant).first)
            #expect(KeyEnvelope.unwrap(living.wrapped, under: epochKey, label: dataLabel(site.tenant, living)) != nil)
        }
    }

    @Test func `keys that are made while an epoch ends, by gateways that have not heard of it, are not lost`() async throws {
        try await KeySite.with { site in
            let (busy, first, second) = (try await site.ring(), try await site.ring(), try await site.ring())
            var values: [SealedValue] = []
            for _ in 0..<120 { values.append(try await site.makeSubject(busy)) }
            // Two that end epochs at once, and one that goes on making keys with whatever it knows.
            values += try await withThrowingTaskGroup(of: [SealedValue].self) { group in
                for ring in [first, second] {
                    group.addTask {
                        for _ in 0..<4 { try await site.endEpoch(ring) }
                        return []
                    }
                }
                group.addTask {
                    var made: [SealedValue] = []
                    for _ in 0..<150 { made.append(try await site.makeSubject(busy)) }
                    return made
                }
                return try await group.reduce([], +)
            }
            let fresh = try await site.ring()
            for value in values { #expect(try await value.opens(in: fresh)) }
            let keys = try await site.vault.tenantKeys(of: site.tenant)
            #expect(keys.epochs.count == 1 && keys.epochs.first.map { $0.epoch > 4 } == true)
            let ended = try await site.vault.endedEpochs(of: site.tenant)
            #expect(ended.count == Int(keys.epochs.first?.epoch ?? 0) - 1 && ended.allSatisfy { $0.destroyedAt != nil })
            // Nothing is left in the provider but what is in use.
            let names = try await site.provider().keyNames().filter { $0.tenant == site.tenant }
            #expect(names.map(\.epoch) == keys.epochs.map(\.epoch))
        }
    }

    @Test(arguments: 0...4)
    func `whoever dies while an epoch ends leaves nothing that the next cannot end`(step: Int) async throws {
        try await KeySite.with { site in
            let ring = try await site.ring()
            let value = try await site.makeSubject(ring)
            for _ in 0..<120 { _ = try await site.makeSubject(ring) }
            // Each step has the ones before it behind it; then the process is gone.
            if step > 0 { _ = try await ring.beginEpoch(after: 1, of: site.tenant) }
            if step > 1 { _ = try await ring.rewrapKeys(after: nil, limit: 50, of: site.tenant) }
            if step > 2 {
                while try await ring.rewrapKeys(after: nil, limit: 50, of: site.tenant) != nil {}
                try await ring.rewrapSearchKeys(of: site.tenant)
            }
            if step > 3 { #expect(try await ring.closeOldEpochs(of: site.tenant)) }
            let next = try await site.ring()
            #expect(try await value.opens(in: next))
            if step > 3 {
                #expect(try await next.destroyEndedEpochs(of: site.tenant) == [1])
            } else {
                _ = try await next.beginEpoch(after: 1, of: site.tenant)
                while try await next.rewrapKeys(after: nil, limit: 50, of: site.tenant) != nil {}
                try await next.rewrapSearchKeys(of: site.tenant)
                #expect(try await next.closeOldEpochs(of: site.tenant))
                #expect(try await next.destroyEndedEpochs(of: site.tenant) == [1])
            }
            #expect(try await value.opens(in: site.ring()))
            #expect(try await site.vault.tenantKeys(of: site.tenant).epochs.map(\.epoch) == [2])
        }
    }

    @Test func `the root is replaced under running key rings, and a wrapping key that was left over goes with it`() async throws {
        try await KeySite.with { site in
            let (ring, other) = (try await site.ring(), try await site.ring())
            let value = try await site.makeSubject(ring)
            #expect(try await value.opens(in: other))
            // What somebody left who died between making a wrapping key and using it.
            try await site.provider().makeKey(WrappingKeyName(tenant: site.tenant, epoch: 2, generation: 1))
            let root = try Data(contentsOf: URL(fileURLWithPath: site.folder + "/keys/root.key"))
            try await ring.beginRootReplacement()
            #expect(try await ring.renewWrappingKeys(of: site.tenant) == 1)
            let early = try await ring.finishRootReplacement(tenants: [site.tenant], abandoned: [])
            #expect(!early.isFinished && early.unknown == [WrappingKeyName(tenant: site.tenant, epoch: 2, generation: 1)])
            #expect(try await ring.finishRootReplacement(tenants: [site.tenant], abandoned: early.unknown).isFinished)
            #expect(try Data(contentsOf: URL(fileURLWithPath: site.folder + "/keys/root.key")) != root)
            other.evictAll()
            #expect(try await value.opens(in: other))
            #expect(try await value.opens(in: site.ring()))
            #expect(try await site.provider().keyNames() == [WrappingKeyName(tenant: site.tenant, epoch: 1, generation: 2)])
        }
    }

    @Test func `a wrapping key that another process is just putting to use is not taken for a left-over`() async throws {
        try await KeySite.with { site in
            let ring = try await site.ring()
            let value = try await site.makeSubject(ring)
            let provider = try await site.provider()
            let old = try #require(try await site.vault.tenantKeys(of: site.tenant).epochs.first)
            let key = try await provider.unwrap(
                old.wrapped, under: WrappingKeyName(tenant: site.tenant, epoch: 1, generation: 1), label: epochLabel(site.tenant, 1))
            try await ring.beginRootReplacement()
            // One process has made the wrapping keys, and is held up before it writes them into the vault.
            let next = WrappingKeyName(tenant: site.tenant, epoch: 1, generation: 2)
            let later = WrappingKeyName(tenant: site.tenant, epoch: 2, generation: 1)
            try await provider.makeKey(next)
            try await provider.makeKey(later)
            let wrapped = try await provider.wrap(key, under: next, label: epochLabel(site.tenant, 1))
            // Another one takes its job over, and is at the end of it.
            let end = try await ring.finishRootReplacement(tenants: [site.tenant], abandoned: [])
            #expect(!end.isFinished && end.unknown == [later])
            // The first goes on.
            let new = WrappedEpochKey(epoch: 1, provider: provider.kind, generation: 2, wrapped: wrapped)
            #expect(try await site.vault.replaceEpochKey(old, by: new, of: site.tenant))
            #expect(try await value.opens(in: site.ring()))
            #expect(try await ring.finishRootReplacement(tenants: [site.tenant], abandoned: []).isFinished)
            #expect(try await Set(provider.keyNames()) == [next, later])
            #expect(try await value.opens(in: site.ring()))
        }
    }

    @Test func `an epoch that is over does not come back, whoever still has it in hand`() async throws {
        try await KeySite.with { site in
            let ring = try await site.ring()
            let value = try await site.makeSubject(ring)
            for _ in 0..<2 { try await site.endEpoch(ring) }
            let late = WrappedEpochKey(epoch: 2, provider: "file", generation: 1, wrapped: [UInt8](repeating: 1, count: 78))
            try await site.vault.addEpochKey(late, of: site.tenant)
            #expect(try await site.vault.tenantKeys(of: site.tenant).epochs.map(\.epoch) == [3])
            #expect(try await value.opens(in: site.ring()))
        }
    }

    @Test func `gateways that learn of an epoch at the same moment write one good recovery copy`() async throws {
        let identity = AgeIdentity.make()
        try await KeySite.with(recipients: [identity.recipient]) { site in
            let first = try await site.ring()
            _ = try await site.makeSubject(first)
            var rings: [SubjectKeyRing] = []
            for _ in 0..<8 { rings.append(try await site.ring()) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for ring in rings {
                    group.addTask { () async throws in
                        for _ in 0..<20 { _ = try await ring.renewRecovery(of: site.tenant) }
                    }
                }
                try await group.waitForAll()
            }
            let recovery = KeyRecovery(vault: site.vault, folder: site.folder + "/recovery", identities: [identity])
            #expect(try await recovery.check([site.tenant]).map(\.state) == [.proved])
            #expect(try FileManager.default.contentsOfDirectory(atPath: site.folder + "/recovery") == ["\(site.tenant)-1.age"])
        }
    }

    private func epochLabel(_ tenant: TenantID, _ epoch: Int32) -> [UInt8] {
        label("gatehouse/v1/epoch-key", [tenant.uuid], [epoch])
    }

    private func dataLabel(_ tenant: TenantID, _ key: WrappedDataKey) -> [UInt8] {
        label("gatehouse/v1/data-key", [tenant.uuid, key.holder], [key.version, key.epoch])
    }

    /// Written here once more: what rests in vaults does not change by itself.
    private func label(_ use: String, _ ids: [UUIDv7], _ numbers: [Int32]) -> [UInt8] {
        Array(use.utf8) + ids.flatMap(\.bytes) + numbers.flatMap { number in withUnsafeBytes(of: number.bigEndian) { Array($0) } }
    }
}
