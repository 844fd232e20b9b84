import Catalog
import Expressions
import Vocabulary

/// Reads the expressions of one policy document, each for every entity that the document speaks of.
struct ConditionReader {
    /// An entity, a system resource, or `*`.
    let resource: String
    let catalog: CompiledCatalog
    let attributes: [String: AttributeKind]

    /// Named parts of conditions by the entity they were checked for.
    typealias Definitions = [String: [String: Node]]

    /// What the expressions are compiled for: the entities, or the one resource without records.
    private var targets: [(name: String, scope: ExpressionScope)] {
        let variables = RequestBindings.variables(attributes: attributes)
        let entities = resource == "*" ? catalog.entities : catalog.entity(named: resource).map { [$0] } ?? []
        if entities.isEmpty { return [(resource, ExpressionScope(variables: variables, columns: nil))] }
        return entities.map { entity in
            // A decision comes before any key is fetched: sealed columns cannot be asked.
            let columns = entity.columns.map { $0.isSealed ? Column($0.name, $0.kind, isSealed: true) : $0 }
            let byName = Dictionary(columns.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
            return (entity.name, ExpressionScope(variables: variables, columns: byName))
        }
    }

    func conditions(_ node: SourceNode, _ what: String, _ definitions: Definitions) throws(Diagnostic) -> [String: Condition] {
        let text = try node.text(what)
        var compiled: [String: Condition] = [:]
        for (name, scope) in targets {
            do throws(ExpressionProblem) {
                compiled[name] = try Condition.compile(text, scope: scope, definitions: definitions[name] ?? [:])
            } catch {
                throw diagnostic(error, node, name)
            }
        }
        return compiled
    }

    /// Reads `let`: each name may be used by those after it and by conditions.
    func definitions(_ node: SourceNode?, _ problems: inout [Diagnostic]) -> Definitions {
        var definitions: Definitions = [:]
        guard let node else { return definitions }
        do throws(Diagnostic) {
            for member in try node.mapping("let").members {
                let name = try member.key.text("a name of let")
                var isUnderstood = false
                // What is wrong is told once, here, and not again wherever the name is used.
                defer { if !isUnderstood { stand(in: name, &definitions) } }
                do throws(Diagnostic) {
                    guard Self.isName(name) else {
                        throw Diagnostic(member.key.position, "'\(name)' cannot be a name", hint: "a-z 0-9 _, beginning with a letter")
                    }
                    guard !["principal", "record", "request", "now"].contains(name) else {
                        throw Diagnostic(member.key.position, "'\(name)' has a meaning already")
                    }
                    let text = try member.value.text(name)
                    for (target, scope) in targets {
                        do throws(ExpressionProblem) {
                            let known = definitions[target] ?? [:]
                            definitions[target, default: [:]][name] = try Condition.definition(text, scope: scope, definitions: known)
                        } catch {
                            throw diagnostic(error, member.value, target)
                        }
                    }
                    isUnderstood = true
                } catch {
                    problems.append(error)
                }
            }
        } catch {
            problems.append(error)
        }
        return definitions
    }

    private func stand(in name: String, _ definitions: inout Definitions) {
        for (target, scope) in targets where definitions[target]?[name] == nil {
            definitions[target, default: [:]][name] = try? Condition.definition("dyn(true)", scope: scope)
        }
    }

    /// Reads `roles_derived`.
    func derivedRoles(
        _ node: SourceNode?, _ definitions: Definitions, roles: Set<String>, _ problems: inout [Diagnostic]
    ) -> [String: DerivedRole] {
        var derived: [String: DerivedRole] = [:]
        guard let node else { return derived }
        do throws(Diagnostic) {
            for member in try node.mapping("roles_derived").members {
                do throws(Diagnostic) {
                    let name = try member.key.text("the name of a derived role")
                    if roles.contains(name) { throw Diagnostic(member.key.position, "'\(name)' is a role already", hint: "see roles.yaml") }
                    let mapping = try member.value.mapping("derived role \(name)")
                    try mapping.refuseOthers(than: ["from", "when"])
                    derived[name] = DerivedRole(
                        name: name, position: member.key.position, from: try RoleNames.read(mapping.required("from"), "from", among: roles).plain,
                        conditions: try conditions(mapping.required("when"), "when", definitions)
                    )
                } catch {
                    problems.append(error)
                }
            }
        } catch {
            problems.append(error)
        }
        return derived
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first) else { return false }
        return text.utf8.count <= 48 && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F || (0x30...0x39).contains($0) }
    }

    private func diagnostic(_ problem: ExpressionProblem, _ node: SourceNode, _ target: String) -> Diagnostic {
        let diagnostic = problem.diagnostic(in: node)
        var hint = diagnostic.hint
        if problem.message.hasSuffix("is sealed and cannot be searched for") {
            hint = "a policy decides before any key is fetched: it can ask for plain fields only"
        }
        if resource == "*" { hint = (hint.map { $0 + "; " } ?? "") + "a policy for '*' has to fit every entity, and this does not fit \(target)" }
        return Diagnostic(diagnostic.position, diagnostic.message, hint: hint)
    }
}

/// Reads a list of roles.
enum RoleNames {
    /// - Returns: plain roles, or `nil` for `*`; and the other names, which have to be `others`.
    static func read(
        _ node: SourceNode, _ what: String, among roles: Set<String>, others: Set<String> = []
    ) throws(Diagnostic) -> (plain: Set<String>?, others: Set<String>) {
        var plain: Set<String>? = []
        var found: Set<String> = []
        for item in try node.texts(what) {
            if item.text == "*" {
                plain = nil
            } else if roles.contains(item.text) {
                plain?.insert(item.text)
            } else if others.contains(item.text) {
                found.insert(item.text)
            } else {
                throw Diagnostic(
                    item.position, "role '\(item.text)' is not known", hint: Spelling.hint(for: item.text, among: (roles.union(others)).sorted())
                )
            }
        }
        return (plain, found)
    }
}
