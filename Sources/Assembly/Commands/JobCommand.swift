import ArgumentParser
import DataFormats
import Foundation
import Gateway
import HTTPInterface
import Vocabulary

struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job",
        abstract: "Exports and imports of many records by a running gateway.",
        discussion: """
            A job belongs to the token that opens it, and goes on when the command has ended. See docs/jobs.md.

            Examples:
              gatehouse job export contacts --filter "record.country == 'DE'" -o contacts.ndjson
              gatehouse import leads.csv --as leads --map leads.yaml --job
              gatehouse job list
              gatehouse job revert 019a…
            """,
        subcommands: [Export.self, List.self, Show.self, Refused.self, Revert.self, Delete.self]
    )

    fileprivate static func client(_ place: PlaceOptions) throws -> GatewayClient {
        guard let remote = try place.remote else {
            throw CommandFailure(
                .invalid, "jobs are a running gateway's", hint: "set GATEHOUSE_URL and GATEHOUSE_TOKEN; on the host 'gatehouse import' needs no job")
        }
        return try GatewayClient(remote)
    }

    fileprivate static func say(_ object: JSONObject) { Console.say(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self)) }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Export records as NDJSON, as the token may see them.",
            discussion: "Example: gatehouse job export contacts --fields given_name,email --sort=-created_at -o contacts.ndjson")
        @OptionGroup var place: PlaceOptions
        @Argument(help: "What to export: a plural of the catalog, such as contacts.") var plural: String
        @Option(help: "A condition in CEL over the record.") var filter: String?
        @Option(help: "The fields to show, separated by commas; all that the token may see when left out.") var fields: String?
        @Option(help: "The field to sort by; - in front for descending.") var sort: String?
        @Option(help: "Why; kept in the audit trail.") var reason: String?
        @Option(name: [.short, .customLong("output")], help: ArgumentHelp("Where to; standard output when left out.", valueName: "file"))
        var output: String?

        func run() async throws {
            var body: JSONObject = ["kind": "export", "entity": .string(plural)]
            if let filter { body["filter"] = .string(filter) }
            if let sort { body["sort"] = .string(sort) }
            if let fields { body["fields"] = .array(fields.split(separator: ",").map { .string(String($0)) }) }
            let client = try JobCommand.client(place)
            // A file that cannot be written is told before anything is exported.
            let descriptor = try output.map { path in
                let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
                guard descriptor >= 0 else {
                    throw CommandFailure(.invalid, "\(path) cannot be made", hint: "is there a file of that name?")
                }
                return descriptor
            }
            let file = FileHandle(fileDescriptor: descriptor ?? STDOUT_FILENO, closeOnDealloc: descriptor != nil)
            let job = try await RemoteJob.open(body, client, reason: reason)
            Console.note("job \(job.id)")
            let done = try await job.wait("exporting", isQuiet: false)
            let parts = RemoteJob.number(done["parts"])
            for number in 1...max(1, parts) {
                do { try file.write(contentsOf: Data(try await client.send("GET", "/v1/jobs/\(job.id)/parts/\(number)"))) } catch {
                    Console.note("what was exported can be fetched again until \(Table.text(done["files_until"]))")
                    throw error
                }
            }
            _ = try await client.send("DELETE", "/v1/jobs/\(job.id)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the token's jobs.", discussion: "Example: gatehouse job list --json")
        @OptionGroup var place: PlaceOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let jobs: [JSONObject]
            if let remote = try place.remote {
                jobs = Table.objects(try await GatewayClient(remote).object("GET", "/v1/jobs")["data"])
            } else {
                jobs = try await place.withGateway { try await $0.jobs($1).map { JobCoding.object($0) } }
            }
            if json { return Console.say(String(decoding: JSONValue.array(jobs.map { .object($0) }).encoded(), as: UTF8.self)) }
            Table.print(
                ["id", "kind", "entity", "state", "code", "rows", "parts", "done", "refused", "created_at"],
                jobs.map { job in
                    [
                        Table.text(job["id"]), Table.text(job["kind"]), Table.text(job["entity"]), Table.text(job["state"]), Table.text(job["code"]),
                        Table.text(job["rows"]), Table.text(job["parts"]), Table.text(job["parts_done"]),
                        Table.text(job["outcomes"]?.objectValue?["refused"]), Table.text(job["created_at"]),
                    ]
                })
        }
    }

    /// One job of a running gateway.
    struct Which: ParsableArguments {
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The job's id.") var id: String

        var job: RemoteJob {
            get throws {
                guard let id = UUIDv7(id) else { throw ValidationError("'\(id)' is not the id of a job") }
                return RemoteJob(client: try JobCommand.client(place), id: id.description)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show how far a job is.", discussion: "Example: gatehouse job show 019a…")
        @OptionGroup var which: Which
        func run() async throws { JobCommand.say(try await which.job.show()) }
    }

    struct Refused: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the refused rows of an import, one JSON object a line.",
            discussion: "Example: gatehouse job refused 019a… > refused.ndjson")
        @OptionGroup var which: Which

        func run() async throws {
            let job = try which.job
            var next: String? = "0"
            while let after = next {
                let page = try await job.client.object("GET", "/v1/jobs/\(job.id)/refused?after=\(after)")
                for row in Table.objects(page["data"]) { JobCommand.say(row) }
                next = page["next"]?.stringValue
            }
        }
    }

    struct Revert: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an import back.",
            discussion: """
                What it made is destroyed, what it changed gets the values that were there: each only if nobody has changed it since.

                Example: gatehouse job revert 019a… --yes
                """)
        @OptionGroup var which: Which
        @Option(help: "Why; kept in the audit trail.") var reason: String?
        @Flag(help: "Do it; without it only what there is to take back is said.") var yes = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let job = try which.job
            let before = try await job.show()
            let outcomes = before["outcomes"]?.objectValue ?? [:]
            guard yes else {
                Console.say(
                    "would destroy \(Table.text(outcomes["created"])) records and put back what \(Table.text(outcomes["updated"])) rows have replaced"
                )
                return Console.note("nothing was done: --yes does it")
            }
            try await job.step("revert", reason: reason)
            let after = try await job.wait("taking back", isQuiet: json)
            if json { return JobCommand.say(after) }
            let reversals = after["reversals"]?.objectValue ?? [:]
            Console.say(reversals.members.map { "\(Table.text($0.value)) \($0.name)" }.joined(separator: ", "))
            if reversals.members.contains(where: { $0.name != "reverted" }) {
                Console.note("what somebody has changed since, or what is held or referred to, was left as it is")
                throw ExitCode(CommandFailure.Kind.partly.rawValue)
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a job and throw away what it holds; what was imported stays.", discussion: "Example: gatehouse job delete 019a…")
        @OptionGroup var which: Which

        func run() async throws {
            let job = try which.job
            _ = try await job.client.send("DELETE", "/v1/jobs/\(job.id)")
            Console.note("deleted")
        }
    }
}
