import ArgumentParser
import DataFormats
import Gateway
import Identity
import KeyRing
import Sealing
import Storage
import Vocabulary

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Rotate keys, destroy a person's, and prove that they can be recovered.",
        discussion: """
            Keys hang on one another: the key provider's root, an epoch key for each tenant, a data key for each data subject. All of it works
            on the gateway's host, while gateways go on serving.

            Examples:
              gatehouse key rotate epoch
              gatehouse key rotate subjects --suite 2
              gatehouse key recover --identity offline.txt
            """,
        subcommands: [Rotate.self, Jobs.self, Destroy.self, Escrow.self, Recover.self]
    )

    /// The kind of a rotation as an argument.
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case root, epoch, subjects, search
        var kind: KeyJobKind { KeyJobKind(rawValue: rawValue) ?? .root }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace a key while everything goes on; interrupted, the same command goes on where it was.",
            discussion: """
                root      the provider's root, and the keys that epoch keys are wrapped under, of all tenants
                epoch     a tenant's epoch key: every data key is wrapped anew, and the old epoch key is destroyed in the provider and in
                          recovery; what was erased before can then be read in no old copy of the vault
                subjects  a tenant's data keys: every sealed value is sealed anew, with another suite if asked for
                search    a tenant's search key: every search token is made anew

                A running gateway goes on with epoch, subjects and search when this command is stopped. For another passphrase of the root,
                name its file in GATEHOUSE_NEXT_PASSPHRASE_FILE, here and for the gateways (docs/keys.md).

                Examples:
                  gatehouse key rotate epoch
                  gatehouse key rotate subjects --suite 2 --rate 2000
                """
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "root, epoch, subjects or search.") var what: Kind
        @Option(help: "For subjects: 1 (XChaCha20-Poly1305) or 2 (XAES-256-GCM).") var suite: Int?
        @Option(help: ArgumentHelp("Keys or records a second at most; 0 is as fast as it goes.", valueName: "n")) var rate: Int = Int(
            RotationRate.usual)
        @Flag(help: "Begin it and leave it to a running gateway.") var detach = false
        @Flag(help: "Print JSON, and no progress.") var json = false

        func validate() throws {
            if let suite {
                guard what == .subjects else { throw ValidationError("--suite goes with subjects") }
                guard (1...2).contains(suite) else { throw ValidationError("there are suites 1 and 2") }
            }
            guard (0...1_000_000).contains(rate) else { throw ValidationError("--rate is 0 to 1000000") }
            if detach, what == .root { throw ValidationError("replacing the root is not left to a gateway: it may need a passphrase") }
        }

        func run() async throws {
            let (kind, rate, detach, json) = (what.kind, Int32(rate), detach, json)
            let suite = suite.flatMap { UInt8(exactly: $0) }.flatMap { Envelope.Suite(rawValue: $0) }
            try await place.onHost { gateway, context in
                let begun = try await gateway.beginRotation(kind, suite: suite, rate: rate, context)
                if detach { return KeyCommand.report(begun, json) }
                KeyCommand.report(try await Self.see(begun, through: gateway, RotationProgress(isQuiet: json)), json)
            }
        }

        /// Carries a rotation out, or watches whoever does it already, and goes on when that one is gone. What cannot be reached for a
        /// moment is waited for.
        private static func see(_ begun: KeyJob, through gateway: RecordGateway, _ progress: RotationProgress) async throws -> KeyJob {
            var last = (step: begun.step, done: begun.done, at: ContinuousClock.now)
            while true {
                do throws(Refusal) {
                    let finished = try await gateway.carryOut(begun) { progress.show($0) }
                    progress.finish()
                    return finished
                } catch {
                    let isPassing = [.busy, .vaultUnavailable, .storeUnavailable, .outcomeUnknown].contains(error.code)
                    guard isPassing, last.at + .seconds(120) > .now else { throw error }
                }
                try await Task.sleep(for: .seconds(1))
                guard let job = try? await gateway.rotations(of: begun.tenant).first(where: { $0.id == begun.id }) else { continue }
                if job.finishedAt != nil { return job }
                if (job.step, job.done) != (last.step, last.done) { last = (job.step, job.done, .now) }
                progress.watch(job)
            }
        }
    }

    struct Jobs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List rotations: how far they are, and since when what they replaced is unused.",
            discussion: "Example: gatehouse key jobs --json"
        )
        @OptionGroup var place: PlaceOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let json = json
            try await place.onHost(opensKeys: false) { gateway, context in
                let jobs = try await gateway.rotations(of: context.principal.tenant)
                if json {
                    return Console.say(String(decoding: JSONValue.array(jobs.map { .object(KeyCommand.object($0)) }).encoded(), as: UTF8.self))
                }
                Table.print(
                    ["what", "step", "done", "began", "old_unused_since", "ended"],
                    jobs.map { job in
                        [
                            job.kind.rawValue, job.step, job.total == 0 ? "" : "\(min(100, job.done * 100 / job.total)) %", "\(job.startedAt)",
                            job.unusedSince.map { "\($0)" } ?? "", job.finishedAt.map { "\($0)" } ?? "",
                        ]
                    }
                )
            }
        }
    }

    struct Destroy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Destroy the key of a data subject: what is sealed under it opens nowhere any more.",
            discussion: """
                Without --yes nothing is destroyed, and what would be is told. Rows stay and read as erased. Old copies of the vault hold the key
                until the epoch ends: see 'gatehouse status'.

                Example: gatehouse key destroy 019a… --reason 'request 2026-17' --yes
                """
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The data subject's id; for a contact or lead the record's own.") var id: String
        @Option(help: "Why; kept in the audit trail.") var reason: String
        @Flag(help: "Do it.") var yes = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            guard let uuid = UUIDv7(id) else { throw ValidationError("'\(id)' is not the id of a data subject") }
            let (reason, yes, json) = (reason, yes, json)
            try await place.onHost(reason: reason) { gateway, context in
                let done = try await gateway.destroyKey(of: SubjectID(uuid), isDryRun: !yes, context)
                if json {
                    var records = JSONObject()
                    for (entity, count) in done.records { records[entity] = .number(JSONNumber(count)) }
                    let object: JSONObject = ["destroyed": .bool(yes), "epoch": .number(JSONNumber(done.epoch)), "records": .object(records)]
                    return Console.say(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self))
                }
                let records = done.records.map { "\($0.count) \($0.entity)" }.joined(separator: ", ")
                Console.say("\(yes ? "destroyed" : "would be destroyed"): the key that opens \(records.isEmpty ? "no record" : records)")
                Console.say(
                    yes
                        ? "old copies of the vault hold it until epoch \(done.epoch) ends: gatehouse key rotate epoch"
                        : "nothing was done; add --yes to do it"
                )
            }
        }
    }

    struct Escrow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the recovery copies of the epoch keys again, for the recipients there are now.",
            discussion: """
                Recipients are age public keys, one a line, in keys/recovery-recipients of the state directory, or in the file that
                GATEHOUSE_RECOVERY_RECIPIENTS_FILE names. Copies are made by themselves with each epoch; this is for other recipients. Keep
                the private halves off line, and the copies (recovery/ in the state directory) where the vault's backups are not.

                Example: gatehouse key escrow
                """
        )
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            try await place.onHost { gateway, context in
                let status = try await gateway.keyStatus(epochLength: nil, context)
                guard status.hasRecovery else {
                    throw CommandFailure(
                        .unfit, "there are no recovery recipients",
                        hint: "age-keygen -o offline.txt, and its public key into keys/recovery-recipients"
                    )
                }
                let count = try await gateway.renewRecovery(context)
                Console.say("\(count) epoch keys copied to recovery")
            }
        }
    }

    // MARK: Telling

    static func report(_ job: KeyJob, _ json: Bool) {
        if json { return Console.say(String(decoding: JSONValue.object(object(job)).encoded(), as: UTF8.self)) }
        guard let finished = job.finishedAt else { return Console.say("begun; a running gateway carries it out: gatehouse key jobs") }
        if let unused = job.unusedSince {
            Console.say("done at \(finished): what was replaced is unused since \(unused), and destroyed")
            if job.kind == .subjects {
                Console.say("old copies of the vault hold the old data keys until the epoch ends: gatehouse key rotate epoch")
            }
        } else {
            Console.say("done at \(finished), but \(job.unreadable) values did not open: the old keys stay")
        }
    }

    static func object(_ job: KeyJob) -> JSONObject {
        var object: JSONObject = [
            "kind": .string(job.kind.rawValue), "step": .string(job.step), "done": .number(JSONNumber(Int(job.done))),
            "total": .number(JSONNumber(Int(job.total))), "started_at": .string(job.startedAt.description),
            "old": .number(JSONNumber(Int(job.old))), "new": .number(JSONNumber(Int(job.new))),
            "unreadable": .number(JSONNumber(Int(job.unreadable))),
        ]
        if let unused = job.unusedSince { object["unused_since"] = .string(unused.description) }
        if let finished = job.finishedAt { object["finished_at"] = .string(finished.description) }
        return object
    }
}

extension PlaceOptions {
    /// For what only the gateway's host can do.
    func onHost<Value: Sendable>(
        reason: String? = nil, opensKeys: Bool = true, _ body: @escaping @Sendable (RecordGateway, RequestContext) async throws -> Value
    ) async throws -> Value {
        if try remote != nil { throw CommandFailure(.invalid, "keys are managed on the gateway's host", hint: "run this there with --state") }
        return try await withGateway(reason: reason) { gateway, context in
            if opensKeys {
                do throws(KeyRingError) { try await gateway.openKeys(of: context.principal.tenant) } catch { throw CommandFailure(error) }
            }
            return try await body(gateway, context)
        }
    }
}
