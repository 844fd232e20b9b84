import KeyProviders
import KeyRing
import Storage
import Vocabulary

/// Rotations of what data keys are wrapped under. Nobody waits for them: opened data keys stay what they are.
extension Rotation {
    /// Wraps every data key under a new epoch key and destroys the old one: what an old copy of the vault has opens no more.
    mutating func epoch(_ step: RotationStep, _ job: inout KeyJob) async throws(Refusal) -> Int {
        let tenant = job.tenant
        switch step {
        case .begin:
            let old = job.old
            job.total = Int64(try await gateway.inVault { () async throws(StorageError) in try await keyRing.vault.dataKeyCount(of: tenant) })
            job.new = try await gateway.inKeyRing { () async throws(KeyRingError) in try await keyRing.beginEpoch(after: old, of: tenant) }
            job.enter(.rewrap)
        case .rewrap:
            let position = keyPosition ?? job.position.map { DataKeyPosition(holder: $0, version: 0) }
            let limit = batch(5000, job)
            let walked = try await gateway.inKeyRing { () async throws(KeyRingError) in
                try await keyRing.rewrapKeys(after: position, limit: limit, of: tenant)
            }
            if let (end, count) = walked {
                keyPosition = end
                // A holder's versions may stretch over two batches: those of the last are looked at again after a crash.
                job.position = end.version > 1 ? job.position : end.holder
                job.done += Int64(count)
                return count
            }
            keyPosition = nil
            try await gateway.inKeyRing { () async throws(KeyRingError) in try await keyRing.rewrapSearchKeys(of: tenant) }
            job.enter(.retire)
        case .retire:
            // A key that came in under the old epoch meanwhile sends the walk round once more.
            let isClosed = try await gateway.inKeyRing { () async throws(KeyRingError) in try await keyRing.closeOldEpochs(of: tenant) }
            if isClosed { job.unusedSince = .now() }
            job.enter(isClosed ? .destroy : .rewrap)
        case .destroy:
            // What the repository of backups has of the vault opens no more afterwards: it has to have the vault as it is now before.
            try await gateway.replaceVaultArchive()
            let ended = try await gateway.inKeyRing { () async throws(KeyRingError) in try await keyRing.destroyEndedEpochs(of: tenant) }
            for epoch in ended { gateway.observe(.epochEnded(tenant: tenant.description, epoch: Int(epoch))) }
            job.finish()
        case .settle, .settleAgain, .rewrite, .done: throw Self.stray
        }
        return 0
    }

    /// Wraps the epoch keys of every tenant anew, under new keys of the provider that hang on a new root.
    mutating func root(_ step: RotationStep, _ job: inout KeyJob) async throws(Refusal) -> Int {
        switch step {
        case .begin:
            try await gateway.inKeyRing { () async throws(KeyRingError) in try await keyRing.beginRootReplacement() }
            job.total = Int64(try await gateway.allTenants().count)
            job.enter(.rewrap)
        case .rewrap:
            var count = 0
            for tenant in try await gateway.allTenants() {
                count += try await gateway.inKeyRing { () async throws(KeyRingError) in try await keyRing.renewWrappingKeys(of: tenant) }
            }
            job.done = job.total
            job.enter(.destroy)
            return count
        case .destroy:
            let tenants = try await gateway.allTenants()
            let isSettled = Instant.now().microseconds - job.stepAt.microseconds > Int64(settlingTime / .seconds(1) * 1_000_000)
            // Seen with its own eyes for that long: at the beginning of this step somebody else may have been at work.
            let abandoned = Set(unknownSince.filter { $0.value + settlingTime < .now }.keys)
            let end = try await gateway.inKeyRing { () async throws(KeyRingError) in
                try await keyRing.finishRootReplacement(tenants: tenants, abandoned: abandoned)
            }
            unknownSince = unknownSince.filter { end.unknown.contains($0.key) }
            for name in end.unknown where unknownSince[name] == nil { unknownSince[name] = .now }
            if end.isFinished {
                job.unusedSince = .now()
                job.finish()
            } else if isSettled, end.unknown.isEmpty {
                job.enter(.rewrap)
            } else {
                // Something is being made right now, or was left by somebody who died: wait and see.
                try? await Task.sleep(for: .seconds(1))
            }
        case .settle, .settleAgain, .rewrite, .retire, .done: throw Self.stray
        }
        return 0
    }

    static var stray: Refusal { Refusal(.internalError, "the rotation is at a step that it does not have") }
}

extension KeyJob {
    mutating func enter(_ step: RotationStep) { enter(step.rawValue) }

    mutating func finish() {
        enter(.done)
        finishedAt = .now()
    }
}
