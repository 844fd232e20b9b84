import ArgumentParser
import DataFormats
import Foundation
import Sealing

/// What the commands that work on records of a running gateway have in common.
struct RecordOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A gateway by the name of its profile; else GATEHOUSE_URL or GATEHOUSE_PROFILE.", valueName: "name"))
    var profile: String?

    @Option(help: ArgumentHelp("What the records are needed for: a purpose of the gateway's policies.", valueName: "name"))
    var purpose: String?

    @Option(help: ArgumentHelp("Why, in words; kept in the audit trail.", valueName: "text"))
    var reason: String?

    @Flag(help: "Print JSON.")
    var json = false

    var client: GatewayClient {
        get throws {
            guard let remote = try RemoteGateway.named(profile) else {
                throw CommandFailure(
                    .invalid, "no gateway is named",
                    hint: "gatehouse profile add NAME --url … --token-file …, then --profile NAME or GATEHOUSE_PROFILE")
            }
            return try GatewayClient(remote)
        }
    }

    var headers: [(String, String)] { [("Purpose", purpose), ("Reason", reason)].compactMap { name, value in value.map { (name, $0) } } }

    static func path(_ plural: String, _ id: String? = nil) -> String {
        "/v1/" + GatewayClient.encode(plural) + (id.map { "/" + GatewayClient.encode($0) } ?? "")
    }
}

/// Members of a record, as they are given to a command.
struct MemberArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("name=text, or name:=JSON for anything but text; name:=null empties a field.", valueName: "member"))
    var members: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "A JSON object of members; - is standard input. Keeps values out of lists of processes and of the shell's history.", valueName: "file"))
    var input: String?

    /// The body of a request.
    func body() throws(CommandFailure) -> JSONObject {
        var body = JSONObject()
        if let input {
            let bytes = try ByteInput(input).readSecret().withBytes { Array($0) }
            do {
                guard let object = try JSONReader.read(bytes).objectValue else { throw JSONFailure.noObject }
                body = object
            } catch {
                throw CommandFailure(.invalid, "\(input == "-" ? "standard input" : input) is no JSON object")
            }
        }
        for argument in members {
            let (name, value) = try Self.read(argument)
            guard body[name] == nil else { throw CommandFailure(.invalid, "\(name) is given twice") }
            body[name] = value
        }
        guard !body.isEmpty else { throw CommandFailure(.invalid, "no members are given", hint: "given_name=Ada, or --input FILE") }
        return body
    }

    private enum JSONFailure: Error { case noObject }

    static func read(_ argument: String) throws(CommandFailure) -> (String, JSONValue) {
        guard let sign = argument.firstIndex(of: "="), sign != argument.startIndex else {
            throw CommandFailure(.invalid, "a member has the form name=text or name:=JSON", hint: "given_name=Ada")
        }
        let value = argument[argument.index(after: sign)...]
        guard argument[argument.index(before: sign)] == ":" else { return (String(argument[..<sign]), .string(String(value))) }
        let name = String(argument[..<argument.index(before: sign)])
        guard !name.isEmpty, let read = try? JSONReader.read(Array(value.utf8)) else {
            throw CommandFailure(.invalid, "what follows \(name):= is no JSON", hint: "\(name)=text is for text")
        }
        return (name, read)
    }
}
