import ArgumentParser
import DataFormats
import Foundation
import HTTPInterface
import Sealing
import Vocabulary

extension RequestCommand {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Answer a request for access or portability with a sealed package.",
            discussion: """
                Everything about the person goes into a ZIP file that is sealed with age, for a passphrase that the person was told, or for the
                person's own key. You see nothing of it. The link is good for one download within seven days, which can be
                repeated twice within an hour, should it break off; with --mail only the person's own
                mailbox gets it. Doing it again makes a new package, and the earlier link leads nowhere.

                Examples:
                  gatehouse request export 019a… --recipient age1… --mail
                  gatehouse request export 019a… --passphrase-file - < words.txt
                  gatehouse request export 019a… --recipient age1… -o export.zip.age
                """
        )
        @OptionGroup var which: Which
        @Option(help: ArgumentHelp("A file with the passphrase; - for standard input.", valueName: "file"), completion: .file())
        var passphraseFile: String?
        @Option(help: ArgumentHelp("The requester's own public key.", valueName: "age1…")) var recipient: String?
        @Flag(help: "Send the link to the address on the person's record, and show it to nobody else.") var mail = false
        @Option(name: .shortAndLong, help: ArgumentHelp("Fetch the package right away into this file.", valueName: "file"), completion: .file())
        var output: String?

        func validate() throws {
            guard (passphraseFile == nil) != (recipient == nil) else { throw ValidationError("give either --passphrase-file or --recipient") }
            guard output == nil || !mail else { throw ValidationError("give either --output or --mail: the link is the person's alone, or yours") }
        }

        func run() async throws {
            var body: JSONObject = [:]
            if let recipient { body["recipient"] = .string(recipient) }
            if let passphraseFile { body["passphrase"] = .string(try Self.passphrase(at: passphraseFile)) }
            if mail { body["mail"] = true }
            if let output, FileManager.default.fileExists(atPath: output) {
                throw CommandFailure(.invalid, "\(output) is there already", hint: "name another file, or remove it")
            }
            let id = try which.request
            guard let remote = try which.place.remote else {
                throw CommandFailure(
                    .denied, "requests are worked on by officers with a credential of their own, not by whoever runs the host",
                    hint: "set GATEHOUSE_URL and GATEHOUSE_TOKEN")
            }
            let client = try GatewayClient(remote)
            let object = try await client.object(
                "POST", "/v1/requests/\(id)/export", contentType: "application/json", body: JSONValue.object(body).encoded(),
                headers: [GatewayClient.idempotencyKey()] + (which.ifVersion.map { [("If-Match", "\"\($0)\"")] } ?? [])
            )
            if let output, let token = object["link"]?.stringValue?.split(separator: "/").last {
                // The link names where people reach the gateway, which need not be how this command does.
                let package = try await client.send("POST", "/downloads/\(token)", contentType: "application/octet-stream")
                guard FileManager.default.createFile(atPath: output, contents: Data(package), attributes: [.posixPermissions: 0o600]) else {
                    throw CommandFailure(.unfit, "\(output) cannot be written", hint: "the link is good for an hour: \(Table.text(object["link"]))")
                }
            }
            if which.json { return RequestCommand.print(object) }
            let records = object["records"]?.objectValue?.members ?? []
            Table.print(["entity", "records"], records.map { [$0.name, Table.text($0.value)] })
            if mail {
                Console.note("the link was sent to the person; it is good for one download until \(Table.text(object["expires_at"]))")
            } else if let output {
                Console.note("\(output): open it with 'age -d -o export.zip \(output)'")
            } else {
                Console.say(Table.text(object["link"]))
                Console.note("good for one download until \(Table.text(object["expires_at"])); tell the passphrase on another way")
            }
        }

        /// The first line, so that a file with an end of line is no other passphrase.
        private static func passphrase(at path: String) throws -> String {
            let data = path == "-" ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: path)
            guard let data, let text = String(validating: data, as: UTF8.self) else {
                throw CommandFailure(.invalid, "the file with the passphrase cannot be read")
            }
            return String(text.prefix { $0 != "\n" && $0 != "\r\n" })
        }
    }
}
