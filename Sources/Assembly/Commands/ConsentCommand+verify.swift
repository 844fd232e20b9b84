import ArgumentParser
import DataFormats
import Foundation
import SubjectRights
import TransparencyLog

extension ConsentCommand {
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify a receipt of a consent, offline.",
            discussion: """
                Needs the file and the gateway's public key for documents: no database, no network. Exits with 0 when the receipt is whole and
                signed with the key, else with 1.

                Example: gatehouse consent verify receipt.json --key documents.pub
                """
        )
        @Argument(help: "A receipt.") var file: String
        @Option(help: ArgumentHelp("A file with the public key; see 'gatehouse certificate key'.", valueName: "file")) var key: String
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let keys = try keys()
            guard let bytes = FileManager.default.contents(atPath: file) else { throw CommandFailure(.notFound, "\(file) cannot be read") }
            let receipt: SignedDocument
            do { receipt = try SignedDocument.verified(Array(bytes), by: keys, as: .consentReceipt) } catch {
                switch error {
                case .malformed: throw CommandFailure(.failed, "\(file) is no receipt of a consent")
                case .unsigned:
                    throw CommandFailure(.failed, "\(file) is not signed with this key", hint: "is it the key of the gateway that issued it?")
                case .forged: throw CommandFailure(.failed, "\(file) was changed after it was signed")
                }
            }
            let document = receipt.document
            if json { return Console.say(String(decoding: JSONValue.object(document).encoded(), as: UTF8.self)) }
            Console.say(
                """
                genuine: issued \(Table.time(document["issued_at"])), purpose \(Table.text(document["purpose"])), \
                \(Table.text(document["state"]))\(document["in_force"] == true ? ", in force then" : ", not in force then")
                """)
        }

        private func keys() throws -> [NoteKey] {
            guard let data = FileManager.default.contents(atPath: key) else { throw CommandFailure(.notFound, "\(key) cannot be read") }
            let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
            let keys = lines.compactMap { try? NoteKey($0) }
            guard !keys.isEmpty, keys.count == lines.count else {
                throw CommandFailure(.invalid, "\(key) holds no public key", hint: "a line such as name+hash+key")
            }
            return keys
        }
    }
}
