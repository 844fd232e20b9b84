package import Catalog
import Expressions
package import Vocabulary

/// Turns policy documents into ``CompiledPolicies``, or into everything that is wrong with them.
package enum PolicyCompiler {
    /// - Parameters:
    ///   - roles: the document of `roles.yaml`.
    ///   - documents: one for each file of `access/`.
    ///   - limits: the document of `limits.yaml`; without one the standard limits hold.
    package static func compile(
        roles: SourceNode, documents: [SourceNode], catalog: CompiledCatalog, limits: SourceNode? = nil
    ) throws(Diagnostics) -> CompiledPolicies {
        var problems: [Diagnostic] = []
        var declared = DeclaredRoles()
        do throws(Diagnostic) { declared = try DeclaredRoles(roles, catalog) } catch { problems.append(error) }
        let names = declared.names
        var permitted = Limits.standard
        if let limits {
            do throws(Diagnostic) { permitted = try LimitsReader.read(limits, roles: names) } catch { problems.append(error) }
        }
        let attributes = declared.attributes
        let everyName = Set(catalog.entities.flatMap { $0.fields.map(\.name) })
        var rules: [Rule] = []
        var seen: [String: SourcePosition] = [:]
        var policies: [String: SourcePosition] = [:]
        var smallestGroups: [String: Int] = [:]
        var definitions: [String: [String: String]] = [:]
        for document in documents {
            do throws(Diagnostic) {
                let mapping = try document.mapping("a policy")
                try mapping.refuseOthers(than: PolicyWords.policy)
                let resourceNode = try mapping.required("policy")
                let resource = try resourceNode.text("policy")
                let known = catalog.entities.map(\.name) + SystemResource.allCases.map(\.rawValue)
                guard resource == "*" || known.contains(resource) else {
                    throw Diagnostic(
                        resourceNode.position, "policy for '\(resource)', which is no entity", hint: Spelling.hint(for: resource, among: known)
                    )
                }
                if let first = policies.updateValue(resourceNode.position, forKey: resource) {
                    throw Diagnostic(resourceNode.position, "there are two policies for '\(resource)'", hint: "see \(first)")
                }
                if let node = mapping["smallest_group"] {
                    let size = try node.integer("smallest_group")
                    guard (1...1000).contains(size) else { throw Diagnostic(node.position, "smallest_group is 1 to 1000 people") }
                    smallestGroups[resource] = size
                }
                guard case .sequence(let items) = try mapping.required("rules").content else {
                    throw Diagnostic(mapping.position, "rules has to be a list")
                }
                let conditions = ConditionReader(resource: resource, catalog: catalog, attributes: attributes)
                let named = conditions.definitions(mapping["let"], &problems)
                for member in try mapping["let"]?.mapping("let").members ?? [] {
                    definitions[resource, default: [:]][try member.key.text("a name of let")] = try member.value.text("let")
                }
                let derived = conditions.derivedRoles(mapping["roles_derived"], named, roles: names, &problems)
                let reader = RuleReader(
                    resource: resource == "*" ? nil : resource, entity: catalog.entity(named: resource), catalog: catalog, roles: names,
                    derived: derived, everyName: everyName, conditions: conditions, definitions: named
                )
                for item in items {
                    do throws(Diagnostic) {
                        let rule = try reader.read(item)
                        if let first = seen.updateValue(item.position, forKey: rule.name) {
                            throw Diagnostic(item.position, "rule '\(rule.name)' is written twice", hint: "see \(first)")
                        }
                        rules.append(rule)
                    } catch {
                        problems.append(error)
                    }
                }
            } catch {
                problems.append(error)
            }
        }
        if !problems.isEmpty { throw Diagnostics(problems) }
        return CompiledPolicies(declared, rules: rules, smallestGroups: smallestGroups, definitions: definitions, catalog: catalog, limits: permitted)
    }
}
