import ArgumentParser
import DataFormats
import Foundation
import Gateway
import PolicyFiles
import SubjectRights

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Say what is done with personal data: records of processing, a data map, words for people.",
        discussion: """
            Made from the catalog, the policies and processing.yaml: of the folder on this host, or with GATEHOUSE_URL and GATEHOUSE_TOKEN of a
            running gateway.

            Examples:
              gatehouse report processing
              gatehouse report datamap --format html --output datamap.html
              gatehouse report notice --format markdown
            """,
        subcommands: [Processing.self, Datamap.self, Notice.self]
    )

    enum Format: String, ExpressibleByArgument, CaseIterable { case markdown, html, json }

    struct Options: ParsableArguments {
        @Option(help: ArgumentHelp("The folder of policies; found by itself in a checkout.", valueName: "dir")) var policies: String?
        @Option(help: "markdown, html or json.") var format = Format.markdown
        @Option(help: ArgumentHelp("Write to this file.", valueName: "file")) var output: String?

        func run(_ report: ProcessingReport) async throws {
            let document = try await document(report)
            let text =
                switch format {
                case .markdown: document.markdown
                case .html: document.html
                case .json: String(decoding: JSONValue.object(document.object).encoded(), as: UTF8.self) + "\n"
                }
            guard let output else { return Console.write(text, to: 1) }
            guard FileManager.default.createFile(atPath: output, contents: Data(text.utf8)) else {
                throw CommandFailure(.failed, "\(output) cannot be written")
            }
            Console.note("written to \(output)")
        }

        private func document(_ report: ProcessingReport) async throws -> ReportDocument {
            if policies == nil, let remote = try RemoteGateway.named() {
                let object = try await GatewayClient(remote).object("GET", "/v1/reports/\(report.rawValue)")
                guard let document = ReportDocument(object) else { throw CommandFailure(.failed, "the gateway answered something else") }
                return document
            }
            let path = try PolicyLocation.find(policies, nil)
            do {
                let folder = try PolicyFolder.load(path)
                return report.document(folder.catalog, folder.policies, folder.processing)
            } catch {
                throw CommandFailure(error)
            }
        }
    }

    struct Processing: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The record of processing activities (GDPR Art. 30).",
            discussion: "Example: gatehouse report processing --format html --output processing.html"
        )
        @OptionGroup var options: Options

        func run() async throws { try await options.run(.processing) }
    }

    struct Datamap: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every field: what it is, where it rests, what for, who sees it, when it goes.",
            discussion: "Example: gatehouse report datamap --format html --output datamap.html"
        )
        @OptionGroup var options: Options

        func run() async throws { try await options.run(.datamap) }
    }

    struct Notice: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What people are to be told (GDPR Art. 13, 14), as a draft.",
            discussion: "Example: gatehouse report notice --format markdown --output notice.md"
        )
        @OptionGroup var options: Options

        func run() async throws { try await options.run(.notice) }
    }
}
