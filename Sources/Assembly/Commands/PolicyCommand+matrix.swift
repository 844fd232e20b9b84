import ArgumentParser
import Catalog
import DataFormats
import Foundation
import Policies
import PolicyFiles
import Vocabulary

extension PolicyCommand {
    struct Matrix: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show who sees what: roles by fields of each entity.",
            discussion: """
                Each role comes for what it usually comes for. In the first row: R read, C create, U update, D delete, I import; a small
                letter where it is not always allowed. In the others: what is seen of a field at most; behind '~', where that is for some
                records only or asks for more proof, what is seen else; 'w' where it can be written. Roles that may do nothing with an entity are left out.

                Examples:
                  gatehouse policy matrix --entity contact
                  gatehouse policy matrix --html matrix.html
                """
        )

        @Argument(help: "The folder of policies.") var folder: String?
        @OptionGroup var option: PolicyFolderOption
        @Option(help: "This entity alone.") var entity: String?
        @Option(help: ArgumentHelp("Write a page for a browser to this file.", valueName: "file")) var html: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let loaded = try option.load(folder)
            if let entity, loaded.catalog.entity(named: entity) == nil {
                throw CommandFailure(
                    .invalid, "there is no entity '\(entity)'", hint: Spelling.hint(for: entity, among: loaded.catalog.entities.map(\.name)))
            }
            let matrices = loaded.catalog.entities.filter { entity == nil || $0.name == entity }.map { loaded.policies.matrix(of: $0) }
            if let html {
                guard FileManager.default.createFile(atPath: html, contents: Data(PolicyMatrix.page(matrices).utf8)) else {
                    throw CommandFailure(.failed, "\(html) cannot be written")
                }
                return Console.note("written to \(html)")
            }
            if json { return PolicyCommand.show(.array(matrices.map(Self.members))) }
            for (number, matrix) in matrices.enumerated() {
                if number > 0 { Console.say("") }
                Table.print(matrix.table.headings, matrix.table.rows)
            }
        }

        private static func members(_ matrix: PolicyMatrix) -> JSONValue {
            let roles = matrix.roles.enumerated().map { position, role -> JSONValue in
                let fields = matrix.entity.fields.enumerated().map { index, field -> JSONValue in
                    let cell = matrix.cells[index][position]
                    return .object([
                        "field": .string(field.name), "most": .string(cell.most.words), "least": .string(cell.least.words),
                        "writable": .bool(cell.isWritable),
                    ])
                }
                return .object([
                    "role": .string(role), "actions": .array(matrix.actions[position].map { .string($0) }), "fields": .array(fields),
                ])
            }
            return .object(["entity": .string(matrix.entity.name), "roles": .array(roles)])
        }
    }
}
