package import Catalog
import Foundation
package import Policies
package import SubjectRights
package import Vocabulary

/// What a folder of policies says, compiled.
package struct PolicyFolder: Sendable {
    package let catalog: CompiledCatalog
    package let policies: CompiledPolicies
    package let processing: ProcessingDeclaration
    package let notices: Notices
    /// What `regulations/*.yaml` says; a folder need not have any, and then nobody can ask for anything.
    package let regulations: Regulations
    /// The documents that do not change while a gateway runs: purposes and processing first, then entities, then notices.
    private let declaration: [SourceNode]

    /// Reads `purposes.yaml`, `processing.yaml`, `roles.yaml`, `catalog/*.yaml`, `notices/*.yaml`, `access/*.yaml`, `regulations/*.yaml`
    /// and, if it is there, `limits.yaml` below a folder.
    package static func load(_ folder: String) throws(Diagnostics) -> PolicyFolder {
        let roles = try document(folder, "roles.yaml")
        let declaration = try [document(folder, "purposes.yaml"), document(folder, "processing.yaml")] + documents(folder, "catalog")
        let declared = try CatalogCompiler.compile(purposes: declaration[0], entities: Array(declaration.dropFirst(2)))
        let words = try FileManager.default.fileExists(atPath: folder + "/notices") ? documents(folder, "notices") : []
        let notices = try NoticeReader.read(words, purposes: declared.purposes)
        let catalog = declared.retiring(notices.retired)
        let processing = try ProcessingReader.read(declaration[1], purposes: catalog.purposes)
        let limits = try FileManager.default.fileExists(atPath: folder + "/limits.yaml") ? document(folder, "limits.yaml") : nil
        let policies = try PolicyCompiler.compile(roles: roles, documents: documents(folder, "access"), catalog: catalog, limits: limits)
        return PolicyFolder(
            catalog: catalog, policies: policies, processing: processing, notices: notices, regulations: try regulations(of: folder),
            declaration: declaration + words)
    }

    /// The same, and every case of `cases/*.yaml` holds: what a gateway serves.
    package static func loadTested(_ folder: String) throws(Diagnostics) -> PolicyFolder {
        let loaded = try load(folder)
        let report = loaded.policies.run(try cases(of: folder, for: loaded.policies), guards: false)
        if !report.isPassed { throw Diagnostics(report.failures) }
        return loaded
    }

    /// What the folder says now, to be put in force in a gateway that serves this one.
    ///
    /// - Throws: whatever is wrong; also when the catalog or the purposes say something else, which the tables and the running
    ///   gateway would not follow.
    package func reloaded(from folder: String) throws(Diagnostics) -> PolicyFolder {
        let new = try Self.loadTested(folder)
        if let changed = new.firstDifference(from: self) {
            throw Diagnostics([
                Diagnostic(changed, "the catalog and the purposes cannot change while the gateway runs", hint: "restart it to take this over")
            ])
        }
        return new
    }

    private func firstDifference(from running: PolicyFolder) -> SourcePosition? {
        if let changed = zip(declaration, running.declaration).first(where: { !$0.saysSame(as: $1) }) { return changed.0.position }
        return declaration.count == running.declaration.count ? nil : declaration.last?.position
    }

    /// What `cases/*.yaml` says; a folder need not have any.
    package static func cases(of folder: String, for policies: CompiledPolicies) throws(Diagnostics) -> [PolicyCase] {
        guard FileManager.default.fileExists(atPath: folder + "/cases") else { return [] }
        return try PolicyCaseReader.read(documents(folder, "cases"), for: policies)
    }

    private static func regulations(of folder: String) throws(Diagnostics) -> Regulations {
        guard FileManager.default.fileExists(atPath: folder + "/regulations") else { return Regulations([]) }
        var (all, problems) = ([Regulation](), [Diagnostic]())
        for document in try documents(folder, "regulations") {
            do throws(Diagnostics) {
                let regulation = try RegulationReader.read(document)
                if all.contains(where: { $0.name == regulation.name }) {
                    problems.append(Diagnostic(document.position, "regulation '\(regulation.name)' is declared twice"))
                }
                all.append(regulation)
            } catch {
                problems += error.all
            }
        }
        if !problems.isEmpty { throw Diagnostics(problems) }
        return Regulations(all)
    }

    /// The catalog alone, for commands that decide nothing.
    package static func loadCatalog(_ folder: String) throws(Diagnostics) -> CompiledCatalog {
        try CatalogCompiler.compile(purposes: document(folder, "purposes.yaml"), entities: documents(folder, "catalog"))
    }

    /// One YAML document with positions, for other files of the same kind (import mappings).
    package static func document(at path: String) throws(Diagnostics) -> SourceNode {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Diagnostics([Diagnostic(SourcePosition(file: path, line: 1, column: 1), "this file cannot be read")])
        }
        guard let text = String(bytes: data, encoding: .utf8) else {
            throw Diagnostics([Diagnostic(SourcePosition(file: path, line: 1, column: 1), "this file is not UTF-8")])
        }
        do { return try YAMLDocument.read(text, file: path) } catch { throw Diagnostics([error]) }
    }

    private static func document(_ folder: String, _ name: String) throws(Diagnostics) -> SourceNode {
        try document(at: folder + "/" + name)
    }

    private static func documents(_ folder: String, _ name: String) throws(Diagnostics) -> [SourceNode] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/" + name)) ?? []).sorted()
        var documents: [SourceNode] = []
        var problems: [Diagnostic] = []
        for file in names where file.hasSuffix(".yaml") {
            do throws(Diagnostics) { documents.append(try document(folder, name + "/" + file)) } catch { problems += error.all }
        }
        if documents.isEmpty, problems.isEmpty {
            problems.append(Diagnostic(SourcePosition(file: folder + "/" + name, line: 1, column: 1), "there is no .yaml file in this folder"))
        }
        if !problems.isEmpty { throw Diagnostics(problems) }
        return documents
    }
}
