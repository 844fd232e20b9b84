import ArgumentParser
import DataFormats
import Foundation
import Gateway
import SubjectRights
import Vocabulary

extension RequestCommand {
    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What an erasure would do: what goes, what stays, on which ground and until when.",
            discussion: """
                Nothing is changed. There is a plan once the person has shown who they are.

                Example: gatehouse request plan 019a… --json
                """
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The request's id.") var id: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            guard let request = UUIDv7(id) else { throw ValidationError("'\(id)' is not the id of a request") }
            let plan: JSONObject
            if let remote = try place.remote {
                plan = try await GatewayClient(remote).object("GET", "/v1/requests/\(request)/plan")
            } else {
                plan = try await place.withGateway { try await $0.planErasure(ofRequest: request, $1).object }
            }
            if json { return RequestCommand.print(plan) }
            Table.print(
                ["records", "in_all", "go", "stay_blank"],
                Table.objects(plan["entities"]).map {
                    [Table.text($0["entity"]), Table.text($0["records"]), Table.text($0["deleted"]), Table.text($0["blanked"])]
                })
            let kept = Table.objects(plan["entities"]).flatMap { Table.objects($0["kept"]) }
            if !kept.isEmpty {
                Console.say("")
                Table.print(
                    ["stays", "count", "until", "because"],
                    kept.map {
                        [Table.text($0["entity"]), Table.text($0["count"]), String(Table.text($0["until"]).prefix(10)), Table.text($0["basis"])]
                    })
            }
            let recipients = Table.objects(plan["recipients"]).map { "\(Table.text($0["name"])) (\(Table.text($0["told"])))" }
            if !recipients.isEmpty { Console.say("told: \(recipients.joined(separator: ", "))") }
            let held = plan["held"]?.objectValue?.members ?? []
            for member in held {
                Console.say("HELD: \(member.name) by \(Table.text(member.value)): stays, restricted (GDPR Art. 17(3)(e), 18(1)(c))")
            }
        }
    }

    struct Certificate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The signed certificate of an erasure, with the proof that the log tells of it.",
            discussion: """
                Recipients that have acknowledged since it was issued make another issue of it.

                Examples:
                  gatehouse request certificate 019a… > certificate.json
                  gatehouse certificate verify certificate.json --key documents.pub --log-key audit.pub
                """
        )
        @OptionGroup var place: PlaceOptions
        @Argument(help: "The request's id.") var id: String

        func run() async throws {
            guard let request = UUIDv7(id) else { throw ValidationError("'\(id)' is not the id of a request") }
            let bytes: [UInt8]
            if let remote = try place.remote {
                bytes = try await GatewayClient(remote).send("GET", "/v1/requests/\(request)/certificate")
            } else {
                bytes = try await place.withGateway { try await $0.erasureCertificate(request, $1).bytes }
            }
            Console.say(String(decoding: bytes, as: UTF8.self))
        }
    }
}
