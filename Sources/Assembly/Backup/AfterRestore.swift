import Archives
import AuditTrail
import DataFormats
import Gateway
import KeyRing
import Logging
import Sealing
import Storage
import TransparencyLog
import Vocabulary

/// What has to be done to a store that was put back, however that was done, before anybody may look at it.
struct AfterRestore: Sendable {
    let site: BackupSite
    let identities: [AgeIdentity]
    /// The first entry of the ledger that counts, and the last that is known of.
    let from: Int
    let through: Int
    /// What was restored, for the audit trail.
    let backup: String
    /// The moment of which the store is.
    let takenAt: Instant
    let progress: SteppedProgress
    let say: @Sendable (String) -> Void
    /// Settings that are others than the process's: where a store is that only the restore can reach.
    var environment: [String: String] = [:]

    /// What was found and done, in each tenant.
    struct Findings: Sendable {
        var replayed: [TenantID: ReplayCounts] = [:]
        var due: [TenantID: [(rule: String, records: Int)]] = [:]
        var epochs: [TenantID: Int] = [:]
        var searchJobs = 0

        var people: Int { replayed.values.reduce(0) { $0 + $1.people } }

        var object: JSONObject {
            let tenants = replayed.keys.sorted { $0.uuid < $1.uuid }.map { tenant -> JSONValue in
                var rules = JSONObject()
                for (rule, records) in due[tenant] ?? [] { rules[rule] = .number(JSONNumber(records)) }
                return .object([
                    "tenant": .string(tenant.description), "erased_again": .object(replayed[tenant]?.object ?? [:]),
                    "found_readable": .number(JSONNumber(0)),
                    "retention_due": .object(rules), "audit_epoch": .number(JSONNumber(epochs[tenant] ?? 0)),
                ])
            }
            return ["tenants": .array(tenants), "search_rebuilds": .number(JSONNumber(searchJobs))]
        }
    }

    /// - Throws: when somebody who was erased can still be read; the store stays closed then.
    func run() async throws -> Findings {
        var options = Runtime.Options(state: site.state.path, policies: site.policies)
        options.passesRestores = true
        options.extendsSchema = true
        options.environment.merge(environment) { _, new in new }
        return try await Runtime.with(options, progress: say) { runtime in
            do { return try await run(runtime) } catch let refusal as Refusal { throw CommandFailure(refusal) }
        }
    }

    private func run(_ runtime: Runtime) async throws -> Findings {
        let gateway = runtime.gateway
        var findings = Findings()
        for tenant in try await runtime.store.tenants() {
            do throws(KeyRingError) { try await gateway.openKeys(of: tenant) } catch {
                throw CommandFailure(
                    .unfit, "the vault does not open with this host's keys: \(CommandFailure(error).message); the store stays closed",
                    hint:
                        "put the key provider of the host that made it here, or use 'gatehouse key recover --install'; a state of the vault from before the end of its epoch opens for nobody"
                )
            }
        }
        do throws(ReplayFailure) {
            findings.replayed = try await gateway.replayErasures(
                from: ErasureLedger(site.repository), with: identities, from: from, through: through, since: takenAt.advanced(by: .seconds(-3600)),
                context: { runtime.hostContext(of: $0, reason: "restore") }
            ) { step, done, total in
                let what =
                    switch step {
                    case .ledger: "reading the ledger of erasures"
                    case .people: "erasing again"
                    case .margins: "clearing margins of the audit trail"
                    }
                progress.count(what, done, total)
            }
        } catch {
            switch error {
            case .ledger(let error): throw CommandFailure(error)
            case .gateway(let refusal): throw CommandFailure(refusal)
            }
        }
        progress.finish()
        for tenant in try await runtime.store.tenants() {
            let left = try await gateway.remaindersOfErased(of: tenant)
            guard left.isEmpty else {
                let places = left.map { "\($0.count) in \($0.place)" }.joined(separator: ", ")
                throw CommandFailure(
                    .failed, "people who were erased are still there: \(places); the store stays closed",
                    hint: "run the same command again; if it says the same, keep the store closed and tell whoever looks after Gatehouse")
            }
            let context = runtime.hostContext(of: tenant, reason: "restore")
            findings.due[tenant] = try await gateway.retentionPlan(context).filter { $0.records > 0 }.map { ($0.name, $0.records) }
            try await gateway.recordBackup(.restored, of: backup, context)
            findings.epochs[tenant] = try await log(of: tenant, runtime)
            if try await beginSearch(gateway, context) { findings.searchJobs += 1 }
        }
        return findings
    }

    /// Begins a new epoch, which names the newest head that vault, host and repository know of, and signs what it has.
    private func log(of tenant: TenantID, _ runtime: Runtime) async throws -> Int {
        var known: [Sequencer.Remembered] = []
        for id in try await site.repository.backups() {
            for other in try await site.repository.manifest(of: id).tenants where other.id == tenant && other.auditSize > 0 {
                guard let root = Hex.decode(other.auditRoot).flatMap({ TreeHash(bytes: $0) }) else { continue }
                known.append(.init(epoch: other.auditEpoch, head: TreeHead(size: other.auditSize, root: root)))
            }
        }
        do throws(SequencerError) {
            try await runtime.gateway.sequencer.restart(tenant, after: known)
            while try await runtime.gateway.sequencer.turn(tenant).hasMore {}
            _ = try await runtime.gateway.sequencer.sign(tenant)
        } catch {
            throw CommandFailure(.failed, "the audit log does not go on (\(error.code))", hint: "'gatehouse audit verify' says more")
        }
        return try await runtime.gateway.logOverview(runtime.hostContext(of: tenant)).origin.epoch
    }

    /// Tokens are the vault's, and of another moment than the records: a running gateway makes them anew.
    private func beginSearch(_ gateway: RecordGateway, _ context: RequestContext) async throws -> Bool {
        do throws(Refusal) {
            _ = try await gateway.beginRotation(.search, rate: RotationRate.usual, context)
            return true
        } catch {
            if error.code == .busy { return false }
            throw error
        }
    }
}
