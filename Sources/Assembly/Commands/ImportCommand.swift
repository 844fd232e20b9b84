import ArgumentParser
import Catalog
import DataFormats
import Foundation
import Gateway
import PolicyFiles
import Vocabulary

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Bring records in from CSV or NDJSON, through the same checks, sealing and audit as the API.",
        discussion: """
            Rows are matched with records by external_id, then by e-mail. What a row lacks stays as it is. Refused rows go to a
            file beside the input, each with its line and the reason; the exit code is 2 when there are any.

            Examples:
              gatehouse import people.csv --as contacts --map people.yaml --dry-run
              gatehouse import leads.ndjson --as leads
              gatehouse import people.csv --as contacts --job
            """
    )

    @OptionGroup var place: PlaceOptions
    @Argument(help: "A CSV file (RFC 4180), or NDJSON when it ends in .ndjson or .jsonl.") var file: String
    @Option(name: .customLong("as"), help: "What the rows are: a plural of the catalog, such as contacts.") var plural: String
    @Option(help: "How columns become members; without it each column is the member of its name.") var map: String?
    @Option(help: "Where refused rows go; beside the file by default.") var refused: String?
    @Flag(name: .customLong("dry-run"), help: "Check and match everything, write nothing.") var dryRun = false
    @Flag(help: "Have a running gateway do it as a job, which goes on if this command ends, and can be taken back.") var job = false
    @Flag(help: "Print the summary as JSON.") var json = false

    func run() async throws {
        let state = try? StateDirectory(place.runtime.state)
        let catalog: CompiledCatalog
        var mapping = ImportMapping.identity
        do {
            catalog = try PolicyFolder.loadCatalog(PolicyLocation.find(place.policies, state))
            if let map { mapping = try ImportMapping(PolicyFolder.document(at: map)) }
        } catch let error as Diagnostics {
            throw CommandFailure(error)
        } catch let error as Diagnostic {
            throw CommandFailure(Diagnostics([error]))
        }
        guard let entity = catalog.entity(plural: plural) else {
            throw CommandFailure(
                .invalid, "there are no '\(plural)' in the catalog", hint: Spelling.hint(for: plural, among: catalog.entities.map(\.plural))
            )
        }
        mapping.numbers = Set(entity.fields.filter { $0.type == .integer }.map(\.name))
        mapping.booleans = Set(entity.fields.filter { $0.type == .boolean }.map(\.name))
        let refusedPath = refused ?? file + ".refused.csv"
        if job {
            guard let remote = try place.remote else {
                throw CommandFailure(.invalid, "jobs are a running gateway's", hint: "set GATEHOUSE_URL and GATEHOUSE_TOKEN, or leave out --job")
            }
            return try await runJob(try GatewayClient(remote), mapping, entity, refusedPath: refusedPath)
        }
        let summary: ImportSummary
        if let remote = try place.remote {
            let destination = RemoteImport(client: try GatewayClient(remote), plural: plural)
            summary = try await importer(destination, mapping, entity).run(file, refusedPath: refusedPath)
        } else {
            let finished = mapping
            summary = try await place.withGateway { [self] gateway, context in
                guard let entity = gateway.catalog.entity(plural: plural) else { throw CommandFailure(.invalid, "there are no '\(plural)'") }
                let destination = LocalImport(gateway: gateway, entity: entity, context: context)
                return try await importer(destination, finished, entity).run(file, refusedPath: refusedPath)
            }
        }
        Console.say(json ? String(decoding: summary.json.encoded(), as: UTF8.self) : (dryRun ? "dry run: " : "") + summary.sentence)
        if summary[.refused] > 0 {
            Console.note("refused rows with their reasons are in \(refusedPath)")
            throw ExitCode(CommandFailure.Kind.partly.rawValue)
        }
    }

    /// Uploads everything, lets it begin, and waits.
    private func runJob(_ client: GatewayClient, _ mapping: ImportMapping, _ entity: Entity, refusedPath: String) async throws {
        let remote = try await RemoteJob.open(["kind": "import", "entity": .string(plural), "dry_run": .bool(dryRun)], client)
        Console.note("job \(remote.id)")
        let upload = JobUpload(remote)
        // Rows that cannot even be read stay here, with their reasons.
        let unreadable = try await importer(upload, mapping, entity).run(file, refusedPath: refusedPath)
        if upload.isEmpty { throw CommandFailure(.invalid, "\(file) has no row that could be imported") }
        try await remote.step("start")
        let done = try await remote.wait("importing", isQuiet: json)
        if json {
            Console.say(String(decoding: JSONValue.object(done).encoded(), as: UTF8.self))
        } else {
            let outcomes = done["outcomes"]?.objectValue ?? [:]
            Console.say((dryRun ? "dry run: " : "") + outcomes.members.map { "\(RemoteJob.number($0.value)) \($0.name)" }.joined(separator: ", "))
        }
        if unreadable[.refused] > 0 { Console.note("\(unreadable[.refused]) rows that cannot be read are in \(refusedPath)") }
        let refused = RemoteJob.number(done["outcomes"]?.objectValue?["refused"])
        if refused > 0 { Console.note("refused rows with their reasons: gatehouse job refused \(remote.id)") }
        if refused + unreadable[.refused] > 0 { throw ExitCode(CommandFailure.Kind.partly.rawValue) }
    }

    private func importer(_ destination: any ImportDestination, _ mapping: ImportMapping, _ entity: Entity) -> Importer {
        let matched = Set(mapping.columns.values.filter { $0.match != nil }.map(\.member))
        let own = entity.fields.filter { $0.referenceTo == entity.name && matched.contains($0.name) }.map(\.name)
        return Importer(destination: destination, mapping: mapping, isDryRun: dryRun, isQuiet: json, ownReferences: Set(own))
    }
}
