package import Vocabulary

/// Turns documents into a ``CompiledCatalog``, or into everything that is wrong with them.
///
/// The grammar is described in `policies/README.md`.
package enum CatalogCompiler {
    /// - Parameters:
    ///   - purposes: the document of `purposes.yaml`.
    ///   - entities: one document for each file of `catalog/`.
    package static func compile(purposes: SourceNode, entities: [SourceNode]) throws(Diagnostics) -> CompiledCatalog {
        var problems: [Diagnostic] = []
        let purposes = PurposeReader.read(purposes, &problems)
        var compiled: [(entity: Entity, source: SourceMapping)] = []
        for document in entities {
            do {
                let mapping = try document.mapping("an entity")
                if let entity = try EntityReader(purposes: purposes).read(mapping, &problems) { compiled.append((entity, mapping)) }
            } catch {
                problems.append(error)
            }
        }
        checkTogether(compiled, &problems)
        if !problems.isEmpty { throw Diagnostics(problems) }
        return CompiledCatalog(entities: compiled.map(\.entity).sorted { $0.name < $1.name }, purposes: purposes)
    }

    private static func checkTogether(_ compiled: [(entity: Entity, source: SourceMapping)], _ problems: inout [Diagnostic]) {
        var seen: [String: SourcePosition] = [:]
        for (entity, source) in compiled {
            for name in Set([entity.name, entity.plural]) {
                if let first = seen[name] {
                    problems.append(Diagnostic(source.position, "'\(name)' is already taken", hint: "see \(first)"))
                }
                seen[name] = source.position
            }
        }
        let byName = Dictionary(compiled.map { ($0.entity.name, $0.entity) }, uniquingKeysWith: { first, _ in first })
        var histories: [String: SourcePosition] = [:]
        for (entity, source) in compiled {
            do throws(Diagnostic) { try ConversionCheck.check(entity, source, byName) } catch { problems.append(error) }
            for field in entity.fields where field.type == .reference {
                if let target = field.referenceTo, byName[target] == nil {
                    problems.append(
                        Diagnostic(
                            position(of: field.name, in: source), "'\(field.name)' points to '\(target)', which is no entity",
                            hint: Spelling.hint(for: target, among: byName.keys.sorted())
                        )
                    )
                }
            }
            if case .via(let relations) = entity.subject {
                for relation in relations {
                    guard let field = entity.field(named: relation), let target = field.referenceTo.flatMap({ byName[$0] }) else {
                        problems.append(Diagnostic(source.position, "subject via '\(relation)', which is no reference of \(entity.name)"))
                        continue
                    }
                    if target.subject != .itself {
                        problems.append(
                            Diagnostic(
                                position(of: relation, in: source), "subject via '\(relation)', but a \(target.name) is not a person",
                                hint: "the entity it points to needs 'subject: self'"
                            )
                        )
                    }
                }
            }
            if let history = entity.historyOf, let first = histories.updateValue(source.position, forKey: "\(history.entity).\(history.field)") {
                problems.append(
                    Diagnostic(source.position, "'\(history.entity).\(history.field)' has a history already", hint: "see \(first)")
                )
            }
            if let history = entity.historyOf, byName[history.entity]?.field(named: history.field)?.storage != .plain {
                problems.append(
                    Diagnostic(source.position, "history_of '\(history.entity).\(history.field)', which is no plain field", hint: nil)
                )
            }
        }
    }

    private static func position(of field: String, in source: SourceMapping) -> SourcePosition {
        guard let fields = source["fields"], let mapping = try? fields.mapping("fields") else { return source.position }
        return mapping.members.first { (try? $0.key.text("")) == field }?.key.position ?? source.position
    }
}

/// Reads `purposes.yaml`.
enum PurposeReader {
    static func read(_ document: SourceNode, _ problems: inout [Diagnostic]) -> [String: Purpose] {
        var purposes: [String: Purpose] = [:]
        do throws(Diagnostic) {
            let top = try document.mapping("the purposes document")
            try top.refuseOthers(than: ["purposes"])
            for member in try top.required("purposes").mapping("purposes").members {
                do throws(Diagnostic) {
                    let name = try member.key.text("the name of a purpose")
                    let mapping = try member.value.mapping("purpose \(name)")
                    try mapping.refuseOthers(than: ["label", "basis", "direct_marketing", "despite_restriction", "sale_or_sharing", "dpv"])
                    let label = try mapping["label"]?.text("label")
                    let basis = try mapping.required("basis").choice("basis", of: LawfulBasis.self)
                    let exemption = try mapping["despite_restriction"]?.text("despite_restriction")
                    if exemption?.isEmpty == true {
                        throw Diagnostic(mapping.position, "despite_restriction is the sentence that says why", hint: "cite GDPR Art. 18(2)")
                    }
                    purposes[name] = Purpose(
                        name: name, label: label ?? name, basis: basis,
                        isDirectMarketing: try mapping["direct_marketing"]?.boolean("direct_marketing") ?? false,
                        restrictionExemption: exemption, isSaleOrSharing: try mapping["sale_or_sharing"]?.boolean("sale_or_sharing") ?? false,
                        vocabularyClass: try mapping["dpv"]?.text("dpv") ?? "Purpose"
                    )
                } catch {
                    problems.append(error)
                }
            }
        } catch {
            problems.append(error)
        }
        return purposes
    }
}
