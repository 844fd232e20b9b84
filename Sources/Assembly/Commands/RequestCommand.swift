import ArgumentParser
import DataFormats
import Foundation
import Gateway
import HTTPInterface
import SubjectRights
import Vocabulary

struct RequestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: "Answer what people ask for: access, erasure, rectification, restriction, objection, opt-out.",
        discussion: """
            A request goes: open, verify who asks, approve (what cannot be undone, by somebody else), run. Officers work on a running
            gateway with a credential of their own (GATEHOUSE_URL, GATEHOUSE_TOKEN); on the host requests can be opened, listed and shown.

            What people say of themselves comes from a file or standard input (-), never from the command line.

            Examples:
              gatehouse request open erasure --regulation gdpr --details person.json
              gatehouse request list --overdue
              gatehouse request verify 019a… --send-code
              gatehouse request approve 019a…
              gatehouse request run 019a…
            """,
        subcommands: [
            Open.self, List.self, Show.self, Verify.self, Confirm.self, Approve.self, Run.self, Export.self, Extend.self, Refuse.self, Withdraw.self,
            Plan.self, Certificate.self,
        ]
    )

    static let kinds = RequestKind.allCases.map(\.rawValue)

    /// One request, on a running gateway.
    struct Which: ParsableArguments {
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The request's id.") var id: String
        @Option(help: ArgumentHelp("Refuse when the request has changed since this version.", valueName: "number")) var ifVersion: Int?
        @Flag(help: "Print JSON.") var json = false

        var request: UUIDv7 {
            get throws {
                guard let uuid = UUIDv7(id) else { throw ValidationError("'\(id)' is not the id of a request") }
                return uuid
            }
        }

        /// Takes a step, as the officer whose credential it is.
        func take(_ step: RequestStep, _ body: JSONObject? = nil) async throws -> JSONObject {
            let request = try request
            guard let remote = try place.remote else {
                throw CommandFailure(
                    .denied, "requests are worked on by officers with a credential of their own, not by whoever runs the host (rule second-person)",
                    hint: "set GATEHOUSE_URL and GATEHOUSE_TOKEN")
            }
            return try await GatewayClient(remote).object(
                "POST", "/v1/requests/\(request)/\(step.rawValue)", contentType: body == nil ? nil : "application/json",
                body: body.map { JSONValue.object($0).encoded() } ?? [],
                headers: [GatewayClient.idempotencyKey()] + (ifVersion.map { [("If-Match", "\"\($0)\"")] } ?? [])
            )
        }

        /// Says what has become of it.
        func tell(_ object: JSONObject) {
            if json { return RequestCommand.print(object) }
            Console.say("\(Table.text(object["id"]))  \(Table.text(object["kind"]))  \(RequestCommand.stateWithReason(object))")
            Console.note("next: \(Table.text(object["next"]))")
        }
    }

    static func print(_ object: JSONObject) { Console.say(String(decoding: JSONValue.object(object).encoded(), as: UTF8.self)) }

    static func stateWithReason(_ object: JSONObject) -> String {
        let state = Table.text(object["state"])
        let (says, citation) = (Table.text(object["reason_says"]), Table.text(object["reason_citation"]))
        return says.isEmpty ? state : "\(state): \(says) (\(citation))"
    }

    /// A JSON object from a file, or from standard input for `-`.
    static func object(at path: String) throws -> JSONObject {
        let data = path == "-" ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: path)
        guard let data else { throw CommandFailure(.invalid, "the file of details cannot be read") }
        guard data.count <= 1 << 20, let object = (try? JSONReader.read(Array(data)))?.objectValue else {
            throw CommandFailure(.invalid, "the details are not a JSON object", hint: #"{"email": "…", "family_name": "…"}"#)
        }
        return object
    }
}
