import ArgumentParser
import DataFormats
import Foundation

struct CreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a record in a running gateway.",
        discussion: """
            Carries an idempotency key, so that an answer that was lost on the way is asked for again and nothing is made twice.

            Examples:
              gatehouse create contacts given_name=Ada family_name=Larkspur email=ada@larkspur.example --profile crm
              gatehouse create deals name='A line of instruments' amount:=1200.50 currency=EUR
              gatehouse create contacts --input - < contact.json
            """
    )

    @Argument(help: "The plural of the entity: contacts, deals.") var plural: String
    @OptionGroup var given: MemberArguments
    @OptionGroup var options: RecordOptions

    func run() async throws {
        let body = try given.body()
        let bytes = try await options.client.insist(
            "POST", RecordOptions.path(plural), contentType: "application/json", body, headers: options.headers)
        try RecordWriting.say(bytes, options.json)
    }
}

struct UpdateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change members of a record in a running gateway.",
        discussion: """
            Reads the record first, and changes it only as long as nobody else has: with --if-match as you have read it, with --whatever in any case.

            Examples:
              gatehouse update deals 01a2051b-dbf3-71f3-933c-ebe88a361cc2 stage=won --profile crm
              gatehouse update contacts 01a2051b-dbf3-71f3-933c-ebe88a361cc2 phone:=null
            """
    )

    @Argument(help: "The plural of the entity: contacts, deals.") var plural: String
    @Argument(help: "The id of the record.") var id: String
    @OptionGroup var given: MemberArguments
    @OptionGroup var state: KnownState
    @OptionGroup var options: RecordOptions

    func run() async throws {
        let (body, client) = (try given.body(), try options.client)
        let tag = try await state.tag(of: RecordOptions.path(plural, id), client, options.headers)
        let bytes = try await client.insist(
            "PATCH", RecordOptions.path(plural, id), contentType: "application/merge-patch+json", body, headers: options.headers + [("If-Match", tag)]
        )
        try RecordWriting.say(bytes, options.json)
    }
}

struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove a record of a running gateway.",
        discussion: """
            Shows the record that would go with --dry-run, and removes it only as long as nobody else has changed it.

            Examples:
              gatehouse delete tasks 01a2051b-dbf3-71f3-933c-ebe88a361cc2 --profile crm --dry-run
              gatehouse delete tasks 01a2051b-dbf3-71f3-933c-ebe88a361cc2 --profile crm
            """
    )

    @Argument(help: "The plural of the entity: contacts, deals.") var plural: String
    @Argument(help: "The id of the record.") var id: String
    @Flag(help: "Show what would go.") var dryRun = false
    @OptionGroup var state: KnownState
    @OptionGroup var options: RecordOptions

    func run() async throws {
        let client = try options.client
        if dryRun {
            let bytes = try await client.send("GET", RecordOptions.path(plural, id), headers: options.headers)
            Console.note("would be removed:")
            return try RecordWriting.say(bytes, options.json)
        }
        let tag = try await state.tag(of: RecordOptions.path(plural, id), client, options.headers)
        _ = try await client.insist("DELETE", RecordOptions.path(plural, id), headers: options.headers + [("If-Match", tag)])
        if options.json { Console.say(#"{"deleted":true}"#) } else { Console.say("deleted \(id)") }
    }
}

/// The state that a record has to be in for a change.
struct KnownState: ParsableArguments {
    @Option(help: ArgumentHelp("The ETag of the record as you have read it.", valueName: "etag")) var ifMatch: String?
    @Flag(help: "Whatever state the record is in.") var whatever = false

    func validate() throws {
        if ifMatch != nil, whatever { throw ValidationError("--if-match and --whatever exclude each other") }
    }

    func tag(of path: String, _ client: GatewayClient, _ headers: [(String, String)]) async throws -> String {
        if whatever { return "*" }
        if let ifMatch { return ifMatch.hasPrefix("\"") ? ifMatch : "\"\(ifMatch)\"" }
        guard let tag = try await client.object("GET", path + "?fields=id", headers: headers)["_meta"]?.objectValue?["etag"]?.stringValue else {
            throw CommandFailure(.failed, "the gateway's answer names no state of the record")
        }
        return tag
    }
}

enum RecordWriting {
    static func say(_ bytes: [UInt8], _ json: Bool) throws(CommandFailure) {
        if json { return Console.say(String(decoding: bytes, as: UTF8.self)) }
        guard let record = (try? JSONReader.read(bytes))?.objectValue else {
            throw CommandFailure(.failed, "the gateway's answer is not a JSON object")
        }
        RecordText.say(record)
    }
}

extension GatewayClient {
    /// Sends a change under a key of its own, and again under the same when nobody can say whether it arrived.
    func insist(
        _ method: String, _ path: String, contentType: String? = nil, _ body: JSONObject? = nil, headers: [(String, String)]
    ) async throws -> [UInt8] {
        let headers = headers + [("Idempotency-Key", "\"\(UUID().uuidString.lowercased())\"")]
        let bytes = body.map { JSONValue.object($0).encoded() } ?? []
        for wait in [0.2, 1] {
            do { return try await send(method, path, contentType: contentType, body: bytes, headers: headers) } catch let failure as CommandFailure {
                guard failure.kind == .unavailable else { throw failure }
                try await Task.sleep(for: .seconds(wait))
            }
        }
        return try await send(method, path, contentType: contentType, body: bytes, headers: headers)
    }
}
