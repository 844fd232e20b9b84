import ArgumentParser
import Catalog
import DataFormats
import Gateway
import Identity
import Policies
import PolicyFiles
import Vocabulary

extension PolicyCommand {
    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say why a caller sees a record so, rule by rule.",
            discussion: """
                Without a record the answer is about all records, and tells what is shown at most. --given describes one by its plain
                fields (--given owner_id=ann), with --consent, --restricted and --objection for what its person has said.

                --record takes one from the store of this host; which rules hold for it is told, its values are not. The look is written
                into the audit trail.

                Examples:
                  gatehouse policy explain --role sales-rep --user ann --on contact
                  gatehouse policy explain --role sales-rep --user ann --action update --on contact --given owner_id=bob
                  gatehouse policy explain --role marketing --on contact --given lifecycle=former --consent marketing --json
                  gatehouse policy explain --role support-agent --on contact --record 019a… --state .state
                """
        )

        @OptionGroup var place: PlaceOptions
        @OptionGroup var caller: CallerOptions
        @Option(help: "\(WordList.actions).") var action = "read"
        @Option(help: "An entity, or \(WordList.resources).") var on: String
        @Option(help: ArgumentHelp("A plain field of the record.", valueName: "field=value")) var given: [String] = []
        @Option(help: "A purpose the record's person has consented to.") var consent: [String] = []
        @Option(help: "A purpose the record's person objects to.") var objection: [String] = []
        @Flag(help: "Processing of the person's data is restricted.") var restricted = false
        @Option(help: "The id of a record on this host.") var record: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let location = try PolicyLocation.find(place.policies, nil)
            let loaded: PolicyFolder
            do { loaded = try PolicyFolder.load(location) } catch { throw CommandFailure(error) }
            let policies = loaded.policies
            guard let action = Action(rawValue: action) else {
                throw CommandFailure(
                    .invalid, "there is no action '\(action)'", hint: Spelling.hint(for: action, among: Action.allCases.map(\.rawValue)))
            }
            let known = loaded.catalog.entities.map(\.name) + SystemResource.allCases.map(\.rawValue)
            guard known.contains(on) else {
                throw CommandFailure(.invalid, "there is no entity '\(on)'", hint: Spelling.hint(for: on, among: known))
            }
            let request = try caller.request(policies)
            let facts = try await facts(loaded.catalog.entity(named: on))
            var explanations = [policies.explain(request, action, on: on, facts)]
            // What may be changed is limited to what may be read.
            if action == .update || action == .import { explanations.append(policies.explain(request, .read, on: on, facts)) }
            if json { return PolicyCommand.show(.array(explanations.map(Self.members))) }
            Console.say(explanations.map { $0.lines.joined(separator: "\n") }.joined(separator: "\n\n"))
        }

        private func facts(_ entity: Entity?) async throws -> RecordFacts? {
            let isDescribed = !given.isEmpty || !consent.isEmpty || !objection.isEmpty || restricted
            guard isDescribed || record != nil else { return nil }
            guard let entity else { throw CommandFailure(.invalid, "\(on) has no records", hint: "leave out --given and --record") }
            if let record {
                if isDescribed { throw CommandFailure(.invalid, "a record is either taken from the store or described", hint: "leave out --given") }
                return try await place.facts(of: record, entity)
            }
            var facts = RecordFacts()
            let reading = RecordReading(entity: entity)
            for text in given {
                guard let sign = text.firstIndex(of: "=") else { throw ValidationError("--given takes field=value") }
                let name = String(text[..<sign])
                do throws(Diagnostic) {
                    facts.values[name] = try reading.value(name, String(text[text.index(after: sign)...]))
                } catch {
                    throw CommandFailure(.invalid, error.message, hint: error.hint)
                }
            }
            if entity.subject != .nobody {
                facts.person = PersonFacts(consents: Set(consent), isRestricted: restricted, objections: Set(objection))
            }
            return facts
        }

        private static func members(_ explanation: PolicyExplanation) -> JSONValue {
            var members: JSONObject = [
                "action": .string(explanation.action.rawValue), "entity": .string(explanation.resource),
                "decision": .string(explanation.outcome.rawValue), "rule": .string(explanation.rule),
                "rules": .array(
                    explanation.steps.map { step in
                        .object([
                            "rule": .string(step.rule.name), "effect": .string(step.rule.effect.rawValue),
                            "at": .string(step.rule.position.description), "standing": .string(step.standing.rawValue),
                            "reason": .string(step.reason),
                        ])
                    }
                ),
                "fields": .array(
                    explanation.fields.map { field in
                        .object([
                            "field": .string(field.name), "access": .string(field.access.words), "writable": .bool(field.isWritable),
                            "rules": .array(field.rules.map { .string($0) }),
                        ])
                    }
                ),
            ]
            if !explanation.unheard.isEmpty { members["not_so"] = .array(explanation.unheard.map { .string($0) }) }
            if let records = explanation.records { members["records"] = .string(records) }
            if let missing = explanation.missing {
                members["missing"] = .object(["rule": .string(missing.rule), "needs": .string(missing.obligation.rawValue)])
            }
            return .object(members)
        }
    }
}

/// Who asks, described on the command line.
struct CallerOptions: ParsableArguments {
    @Option(help: "A role of the caller; may be given several times.") var role: [String] = []
    @Option(help: "The caller's user name.") var user: String?
    @Option(help: "A team of the caller.") var team: [String] = []
    @Option(help: ArgumentHelp("What the caller's key says of its owner.", valueName: "name=value")) var attribute: [String] = []
    @Option(help: "The declared purpose; else the usual one of the role.") var purpose: String?
    @Option(help: "The stated reason.") var reason: String?
    @Option(help: "The rule that a grant in force opens.") var grant: String?
    @Flag(name: .customLong("step-up"), help: "The credential is stepped up.") var isSteppedUp = false
    @Option(help: "Where the request comes from.") var ip: String?
    @Option(help: "When; now unless said.") var at: String?

    func request(_ policies: CompiledPolicies) throws -> AccessRequest {
        for role in role where !policies.roles.contains(role) {
            throw CommandFailure(.invalid, "there is no role '\(role)'", hint: Spelling.hint(for: role, among: policies.roles.sorted()))
        }
        var attributes: [String: [String]] = [:]
        for text in attribute {
            guard let sign = text.firstIndex(of: "=") else { throw ValidationError("--attribute takes name=value") }
            let name = String(text[..<sign])
            guard policies.attributes[name] != nil else {
                throw CommandFailure(
                    .invalid, "there is no attribute '\(name)'", hint: Spelling.hint(for: name, among: policies.attributes.keys.sorted()))
            }
            attributes[name, default: []].append(String(text[text.index(after: sign)...]))
        }
        if let grant, !policies.rules.contains(where: { $0.name == grant && $0.grantDuration != nil }) {
            let known = policies.rules.filter { $0.grantDuration != nil }.map(\.name)
            throw CommandFailure(.invalid, "no grant opens a rule '\(grant)'", hint: Spelling.hint(for: grant, among: known))
        }
        let declared = purpose ?? policies.purpose(of: role)
        if let declared, policies.catalog.purposes[declared] == nil {
            throw CommandFailure(
                .invalid, "there is no purpose '\(declared)'", hint: Spelling.hint(for: declared, among: policies.catalog.purposes.keys.sorted()))
        }
        let time = at.map { Instant($0) }
        if case .some(nil) = time { throw ValidationError("--at takes a time such as 2026-11-22T09:30:00Z") }
        return AccessRequest(
            principal: .described(
                tenant: TenantID(UUIDv7(high: 0, low: 1)), user: user, roles: role, teams: team, attributes: attributes, isSteppedUp: isSteppedUp
            ),
            purpose: declared.flatMap { policies.catalog.purposes[$0] }, reason: reason, time: (time ?? nil) ?? .now(), address: ip,
            grantedRule: grant
        )
    }
}

extension PlaceOptions {
    /// What conditions may ask of a record of this host's store.
    fileprivate func facts(of text: String, _ entity: Entity) async throws -> RecordFacts {
        if try remote != nil { throw CommandFailure(.invalid, "records are reviewed on the gateway's host", hint: "run this there with --state") }
        guard let id = RecordID(text) else { throw ValidationError("--record takes the id of a record") }
        let facts = try await withGateway { gateway, context in
            try await gateway.facts(of: [id], gateway.catalog.entity(named: entity.name) ?? entity, context)[id]
        }
        guard let facts else { throw CommandFailure(.notFound, "there is no \(entity.name) with this id") }
        return facts
    }
}
