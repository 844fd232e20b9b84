import ArgumentParser
import DataFormats
import Foundation
import Sealing
import SubjectRights

extension CertificateCommand {
    struct Manifest: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify the manifest of an export and the files beside it, offline.",
            discussion: """
                Exits with 0 when the manifest is signed with the key and every file that it lists lies beside it, unchanged; else with 1.

                Example: gatehouse certificate manifest export/manifest.json --key documents.pub
                """
        )
        @Argument(help: "The manifest of an opened package.", completion: .file()) var file: String
        @Option(help: ArgumentHelp("A file with the key of documents; see 'gatehouse certificate key'.", valueName: "file"), completion: .file())
        var key: String
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let keys = try Verify.keys(key)
            guard let data = FileManager.default.contents(atPath: file) else { throw CommandFailure(.notFound, "\(file) cannot be read") }
            let manifest: JSONObject
            do throws(DocumentError) {
                manifest = try SignedDocument.verified(Array(data), by: keys, as: .exportManifest).document
            } catch {
                switch error {
                case .malformed: throw CommandFailure(.failed, "\(file) is no manifest of an export")
                case .unsigned:
                    throw CommandFailure(.failed, "\(file) is not signed with this key", hint: "is it the key of the gateway that made the export?")
                case .forged: throw CommandFailure(.failed, "\(file) was changed after it was signed")
                }
            }
            let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
            let files = Table.objects(manifest["files"])
            for listed in files {
                let name = Table.text(listed["name"])
                let bytes = FileManager.default.contents(atPath: folder.appendingPathComponent(name).path)
                guard let bytes else { throw CommandFailure(.failed, "\(name) is missing beside the manifest") }
                guard Hex.encode(SHA256.hash(Array(bytes))) == listed["sha256"]?.stringValue else {
                    throw CommandFailure(.failed, "\(name) was changed after the manifest was signed")
                }
            }
            if json { return Console.say(String(decoding: JSONValue.object(manifest).encoded(), as: UTF8.self)) }
            Console.say(
                "genuine: \(files.count) files for request \(Table.text(manifest["request"])), made \(Table.time(manifest["made_at"])) by "
                    + Table.text(manifest["controller"]))
        }
    }
}
