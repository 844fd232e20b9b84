import Identity
import ArgumentParser
import DataFormats
import Gateway
import HTTPInterface
import NIOSSL
import Sealing
import Vocabulary

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Issue, list, rotate and revoke API keys.", subcommands: [Issue.self, List.self, Rotate.self, Revoke.self]
    )

    struct Issue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an API key; its secret is shown this once.",
            discussion: """
                Examples:
                  gatehouse token issue --role sales-rep --user ann --team north
                  gatehouse token issue --role integration-app --scope contact:read --network 192.0.2.0/24
                  gatehouse token issue --role sales-rep --role support-agent --acts-for-users
                  gatehouse token issue --role integration-app --certificate client.pem
                  gatehouse token issue --role integration-app --purpose sales --expires 2027-01-01T00:00:00Z --json
                """
        )

        @OptionGroup var place: PlaceOptions
        @Option(help: "A role of policies/roles.yaml; may be given several times.") var role: [String]
        @Option(help: "The person who uses the key.") var user: String?
        @Option(help: "A team of that person; may be given several times.") var team: [String] = []
        @Option(help: ArgumentHelp("What policies may know of the owner; may be given several times.", valueName: "name=value"))
        var attribute: [String] = []
        @Option(help: "The purpose of requests that declare none.") var purpose: String?
        @Option(help: ArgumentHelp("All that the key may be used for; may be given several times.", valueName: "resource:action"))
        var scope: [String] = []
        @Option(help: ArgumentHelp("From where the key is taken; may be given several times.", valueName: "address/bits"))
        var network: [String] = []
        @Flag(help: "For a program that names, in On-Behalf-Of, the user it asks for.") var actsForUsers = false
        @Option(help: ArgumentHelp("A client certificate in PEM that opens the key, which then has no secret.", valueName: "file"))
        var certificate: String?
        @Flag(help: "For rules that require step-up; ends after a quarter of an hour.") var stepUp = false
        @Option(help: ArgumentHelp("When the key ends.", valueName: "time")) var expires: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            var order = CredentialOrder(roles: role, user: user)
            order.teams = team
            order.purpose = purpose
            order.isSteppedUp = stepUp
            if !scope.isEmpty { order.scopes = scope }
            order.networks = network
            order.actsForUsers = actsForUsers
            order.certificate = try certificate.map { try Self.digest(ofCertificate: $0) }
            for text in attribute {
                let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { throw ValidationError("--attribute takes name=value") }
                order.attributes[parts[0], default: []].append(parts[1])
            }
            if let expires {
                guard let instant = Instant(expires) else { throw ValidationError("--expires takes a time such as 2027-01-01T00:00:00Z") }
                order.expiresAt = instant
            }
            let members = try await issue(order)
            if json { return Console.say(String(decoding: JSONValue.object(members).encoded(), as: UTF8.self)) }
            if certificate != nil {
                Console.say(Table.text(members["id"]))
                return Console.note(
                    "key \(Table.text(members["id"])) for \(Table.text(members["roles"])): whoever connects with the certificate has it")
            }
            Console.say(Table.text(members["token"]))
            Console.note("key \(Table.text(members["id"])) for \(Table.text(members["roles"])): keep it now, it is not shown again")
        }

        /// The first certificate of a file; its own, and not that of an authority behind it.
        private static func digest(ofCertificate path: String) throws -> String {
            guard let first = try? NIOSSLCertificate.fromPEMFile(path).first, let bytes = try? first.toDERBytes() else {
                throw CommandFailure(.invalid, "\(path) holds no certificate in PEM", hint: "the file that the client shows, without its key")
            }
            return Hex.encode(SHA256.hash(bytes))
        }

        private func issue(_ order: CredentialOrder) async throws -> JSONObject {
            if let remote = try place.remote {
                let body = JSONValue.object(CredentialCoding.object(order)).encoded()
                return try await GatewayClient(remote).object("POST", "/v1/tokens", contentType: "application/json", body: body)
            }
            return try await place.withGateway(makesTenant: true) { gateway, context in
                let (key, record) = try await gateway.issueCredential(order, context)
                var members = CredentialCoding.object(record)
                if record.certificate == nil { members["token"] = .string(key.revealed) }
                return members
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the tenant's API keys.", discussion: "Example: gatehouse token list --json"
        )

        @OptionGroup var place: PlaceOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let items: [JSONObject]
            if let remote = try place.remote {
                items = (try await GatewayClient(remote).object("GET", "/v1/tokens")["data"]?.arrayValue ?? []).compactMap(\.objectValue)
            } else {
                items = try await place.withGateway { gateway, context in
                    try await gateway.listCredentials(context).map { CredentialCoding.object($0) }
                }
            }
            if json { return Console.say(String(decoding: JSONValue.array(items.map { .object($0) }).encoded(), as: UTF8.self)) }
            let columns = [
                "id", "roles", "user", "teams", "scopes", "networks", "purpose", "created_at", "used_at", "expires_at", "revoked_at",
                "certificate_sha256",
            ]
            Table.print(columns, items.map { item in columns.map { Table.text(item[$0]) } })
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a key another secret, shown this once; the one before is taken for a while.",
            discussion: """
                Examples:
                  gatehouse token rotate abcdefgh2345
                  gatehouse token rotate abcdefgh2345 --overlap-seconds 0
                """
        )

        @OptionGroup var place: PlaceOptions
        @Argument(help: "The key's id: the twelve characters behind ghk_.") var id: String
        @Option(help: "For how long the secret before is taken; 0 when somebody else may know it.") var overlapSeconds = 86_400
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let (id, overlap) = (id, overlapSeconds)
            let members: JSONObject
            if let remote = try place.remote {
                let body = JSONValue.object(["overlap_seconds": .number(JSONNumber(overlap))]).encoded()
                members = try await GatewayClient(remote).object(
                    "POST", "/v1/tokens/\(GatewayClient.encode(id))/rotate", contentType: "application/json", body: body)
            } else {
                members = try await place.withGateway { gateway, context in
                    let (key, until) = try await gateway.rotateCredential(id, overlap: .seconds(overlap), context)
                    return [
                        "id": .string(id), "token": .string(key.revealed), "previous_until": until.map { .string($0.description) } ?? .null,
                    ]
                }
            }
            if json { return Console.say(String(decoding: JSONValue.object(members).encoded(), as: UTF8.self)) }
            Console.say(Table.text(members["token"]))
            let until = members["previous_until"]?.stringValue
            Console.note(until.map { "the secret before is taken until \($0)" } ?? "the secret before is taken no more")
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke an API key: refused from the next request on.", discussion: "Example: gatehouse token revoke abcdefgh2345"
        )

        @OptionGroup var place: PlaceOptions
        @Argument(help: "The key's id: the twelve characters behind ghk_.") var id: String

        func run() async throws {
            if let remote = try place.remote {
                _ = try await GatewayClient(remote).send("DELETE", "/v1/tokens/\(GatewayClient.encode(id))")
            } else {
                try await place.withGateway { gateway, context in try await gateway.revokeCredential(id, context) }
            }
            Console.note("revoked \(id)")
        }
    }
}

extension PlaceOptions {
    /// Runs something as the operator on this host.
    func withGateway<Value: Sendable>(
        makesTenant: Bool = false, reason: String? = nil, _ body: @escaping @Sendable (RecordGateway, RequestContext) async throws -> Value
    )
        async throws -> Value
    {
        let tenant = tenant ?? "default"
        return try await Runtime.with(runtime, progress: { Console.note($0) }) { runtime in
            do { return try await body(runtime.gateway, runtime.hostContext(tenant: tenant, makesTenant: makesTenant, reason: reason)) } catch let
                refusal as Refusal
            {
                throw CommandFailure(refusal)
            }
        }
    }
}
