import Catalog
import ArgumentParser
import DataFormats
import Gateway
import SampleData
import Storage
import Vocabulary

struct SampleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample",
        abstract: "Fill a gateway with invented people, companies and deals.",
        discussion: """
            The same seed makes the same data. Running it again changes nothing: records are matched by external_id.

            Example: gatehouse sample --people 1000 --seed 1
            """
    )

    @OptionGroup var place: PlaceOptions
    @Option(help: "How many contacts; everything else in proportion.") var people = 1000
    @Option(help: "The seed of the generator.") var seed: UInt64 = 1
    @Flag(help: "Print the summary as JSON.") var json = false

    func run() async throws {
        guard (1...10_000_000).contains(people) else { throw ValidationError("--people is 1 to 10000000") }
        let remote = try place.remote
        let json = json
        let generator = SampleGenerator(seed: seed, counts: .scaled(toPeople: people))
        let summary: ImportSummary
        if let remote {
            let client = try GatewayClient(remote)
            summary = try await Self.load(generator, isQuiet: json) {
                RemoteImport(client: client, plural: $0)
            } consents: { subjects, state in
                let body = JSONValue.object(["state": .string(state.rawValue), "evidence": .string(Self.evidence)]).encoded()
                for subject in subjects {
                    _ = try await client.send("PUT", "/v1/subjects/\(subject)/consents/marketing", contentType: "application/json", body: body)
                }
            }
        } else {
            summary = try await place.withGateway(makesTenant: true) { gateway, context in
                try await Self.load(generator, isQuiet: json) { plural in
                    guard let entity = gateway.catalog.entity(plural: plural) else {
                        throw CommandFailure(.unfit, "the sample data needs '\(plural)' in the catalog")
                    }
                    return LocalImport(gateway: gateway, entity: entity, context: context)
                } consents: { subjects, state in
                    do throws(Refusal) {
                        var answer = ConsentAnswer(state)
                        answer.evidence = Personal(Self.evidence)
                        try await gateway.recordConsents(subjects, to: "marketing", answer, context)
                    } catch {
                        throw CommandFailure(error)
                    }
                }
            }
        }
        Console.say(json ? String(decoding: summary.json.encoded(), as: UTF8.self) : "sample data: " + summary.sentence)
        if summary[.refused] > 0 {
            throw CommandFailure(
                .partly, "\(summary[.refused]) sample records were refused" + (summary.firstReason.map { ", the first because: \($0)" } ?? ""))
        }
    }

    private static func load(
        _ generator: SampleGenerator, isQuiet: Bool, _ destination: (String) throws -> any ImportDestination,
        consents: @escaping @Sendable ([SubjectID], ConsentState) async throws -> Void
    ) async throws -> ImportSummary {
        let plurals: [SampleEntity: String] = [
            .account: "accounts", .contact: "contacts", .lead: "leads", .deal: "deals", .activity: "activities", .task: "tasks",
        ]
        var summary = ImportSummary()
        var progress = ProgressBar("sample data", total: generator.counts.total, isQuiet: isQuiet)
        for entity in SampleEntity.allCases {
            guard let plural = plurals[entity] else { continue }
            let target = try destination(plural)
            // Two batches at a time: while one is being written the next is being sealed. Samples never share an identity.
            var underWay: [Task<[ImportOutcome], any Error>] = []
            // An account may name an earlier one as its parent, so accounts go one batch after the other.
            let width = entity == .account ? 1 : 2
            for start in stride(from: 0, to: generator.counts[entity], by: 250) {
                let rows = (start..<min(start + 250, generator.counts[entity])).map { row(generator.record(entity, $0), line: $0 + 1) }
                if underWay.count >= width { summary.add(try await underWay.removeFirst().value) }
                underWay.append(
                    Task {
                        let outcomes = try await target.send(rows, isDryRun: false)
                        if entity == .contact || entity == .lead { try await ask(outcomes, consents) }
                        return outcomes
                    }
                )
                progress.update(summary.total, detail: summary.sentence)
            }
            for task in underWay { summary.add(try await task.value) }
        }
        progress.finish(detail: summary.sentence)
        return summary
    }

    private static let evidence = "invented with the sample data"

    /// Three in five have agreed to hear about offers, one in five has taken that back, one was never asked.
    private static func ask(
        _ outcomes: [ImportOutcome], _ consents: ([SubjectID], ConsentState) async throws -> Void
    ) async throws {
        for (state, lines) in [(ConsentState.given, [1, 2, 3]), (.withdrawn, [4])] {
            let subjects = outcomes.filter { $0.fate == .created && lines.contains($0.line % 5) }.compactMap { $0.record.map { SubjectID($0.uuid) } }
            if !subjects.isEmpty { try await consents(subjects, state) }
        }
    }

    private static func row(_ record: SampleRecord, line: Int) -> ImportRow {
        var members = JSONObject()
        var lookups: [ImportRow.Lookup] = []
        for field in record.fields {
            switch field.value {
            case .text(let text): members[field.name] = .string(text)
            case .integer(let value): members[field.name] = .number(JSONNumber(value))
            case .boolean(let value): members[field.name] = .bool(value)
            case .reference(let entity, let index):
                lookups.append(ImportRow.Lookup(member: field.name, field: "external_id", value: SampleRecord.externalID(entity, index)))
            }
        }
        return ImportRow(line: line, members: members, lookups: lookups)
    }
}
