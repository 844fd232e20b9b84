package import Vocabulary
import Catalog
import Expressions
import Identity

/// Reads `cases/*.yaml`. What the policies or the catalog do not know is told with its place, as in the policies.
package enum PolicyCaseReader {
    package static func read(_ documents: [SourceNode], for policies: CompiledPolicies) throws(Diagnostics) -> [PolicyCase] {
        var problems: [Diagnostic] = []
        var cases: [PolicyCase] = []
        var seen: [String: SourcePosition] = [:]
        for document in documents {
            do throws(Diagnostic) {
                let mapping = try document.mapping("a file of cases")
                try mapping.refuseOthers(than: PolicyWords.caseFile)
                guard case .sequence(let items) = try mapping.required("cases").content else {
                    throw Diagnostic(mapping.position, "cases has to be a list")
                }
                for item in items {
                    do throws(Diagnostic) {
                        let one = try CaseReading(policies: policies, resource: mapping["on"]).read(item)
                        if let first = seen.updateValue(one.position, forKey: one.name) {
                            throw Diagnostic(one.position, "case '\(one.name)' is written twice", hint: "see \(first)")
                        }
                        cases.append(one)
                    } catch {
                        problems.append(error)
                    }
                }
            } catch {
                problems.append(error)
            }
        }
        if !problems.isEmpty { throw Diagnostics(problems) }
        return cases
    }
}

/// One case on its way from a document.
private struct CaseReading {
    let policies: CompiledPolicies
    /// What the file's cases are about, unless a case says otherwise.
    let resource: SourceNode?

    /// Noon of a Monday: cases that name no time do not depend on the day they are run.
    private static let time = Instant(microseconds: 1_780_315_200_000_000)

    func read(_ node: SourceNode) throws(Diagnostic) -> PolicyCase {
        let mapping = try node.mapping("a case")
        try mapping.refuseOthers(than: PolicyWords.policyCase)
        let name = try mapping.required("name").text("name")
        guard let resourceNode = mapping["on"] ?? resource else { throw Diagnostic(mapping.position, "case '\(name)' needs 'on'") }
        let resource = try resourceNode.text("on")
        let known = policies.catalog.entities.map(\.name) + SystemResource.allCases.map(\.rawValue)
        guard known.contains(resource) else {
            throw Diagnostic(resourceNode.position, "'\(resource)' is no entity", hint: Spelling.hint(for: resource, among: known))
        }
        let entity = policies.catalog.entity(named: resource)
        let records = try records(mapping, entity)
        return PolicyCase(
            name: name, position: mapping.position, request: try CallerReading(policies: policies, time: Self.time).read(mapping.required("as")),
            actions: try actions(mapping.required("do")), resource: resource, records: records,
            expectation: try expectation(mapping.required("expect"), entity, records.count)
        )
    }

    private func actions(_ node: SourceNode) throws(Diagnostic) -> [Action] {
        guard case .sequence(let items) = node.content else { return [try node.choice("action", of: Action.self)] }
        var actions: [Action] = []
        for item in items { actions.append(try item.choice("action", of: Action.self)) }
        if actions.isEmpty { throw Diagnostic(node.position, "a case does one thing at least") }
        return actions
    }

    // MARK: Given

    private func records(_ mapping: SourceMapping, _ entity: Entity?) throws(Diagnostic) -> [RecordFacts] {
        for name in ["given", "records", "person"] {
            if entity == nil, let node = mapping[name] { throw Diagnostic(node.position, "'\(name)' goes with an entity") }
        }
        guard let entity else { return [RecordFacts()] }
        let person = try mapping["person"].map { node throws(Diagnostic) in try self.person(node, entity) }
        if let node = mapping["records"] {
            if let given = mapping["given"] { throw Diagnostic(given.position, "a case has either 'given' or 'records'") }
            guard case .sequence(let items) = node.content, !items.isEmpty else { throw Diagnostic(node.position, "records has to be a list") }
            var records: [RecordFacts] = []
            for item in items { records.append(try record(item, entity, person)) }
            return records
        }
        guard let node = mapping["given"] else { return [try record([], entity, person)] }
        return [try record(node, entity, person)]
    }

    private func record(_ node: SourceNode, _ entity: Entity, _ person: PersonFacts?) throws(Diagnostic) -> RecordFacts {
        try record(node.mapping("given").members, entity, person)
    }

    private func record(
        _ members: [(key: SourceNode, value: SourceNode)], _ entity: Entity, _ common: PersonFacts?
    ) throws(Diagnostic) -> RecordFacts {
        var facts = RecordFacts()
        var own: PersonFacts?
        for member in members {
            let name = try member.key.text("a field's name")
            if name == "person" {
                own = try person(member.value, entity)
                continue
            }
            facts.values[name] = try RecordReading(entity: entity).value(of: member.key, member.value)
        }
        let isAboutSomebody =
            switch entity.subject {
            case .itself: true
            case .via(let relations): relations.contains { facts.values[$0] != nil }
            case .nobody: false
            }
        facts.person = own ?? common ?? (isAboutSomebody ? PersonFacts() : nil)
        return facts
    }

    private func person(_ node: SourceNode, _ entity: Entity) throws(Diagnostic) -> PersonFacts {
        if entity.subject == .nobody { throw Diagnostic(node.position, "a \(entity.name) is about nobody") }
        let mapping = try node.mapping("person")
        try mapping.refuseOthers(than: PolicyWords.person)
        return PersonFacts(
            consents: try purposes(mapping["consents"], "consents"), isRestricted: try mapping["restricted"]?.boolean("restricted") ?? false,
            objections: try purposes(mapping["objects_to"], "objects_to"),
            hasOptedOut: try mapping["opted_out"]?.boolean("opted_out") ?? false,
            limitsSensitiveUse: try mapping["limits"]?.boolean("limits") ?? false
        )
    }

    private func purposes(_ node: SourceNode?, _ what: String) throws(Diagnostic) -> Set<String> {
        var names: Set<String> = []
        for item in try node?.texts(what) ?? [] {
            guard policies.catalog.purposes[item.text] != nil else {
                throw Diagnostic(
                    item.position, "purpose '\(item.text)' is not declared",
                    hint: Spelling.hint(for: item.text, among: policies.catalog.purposes.keys.sorted())
                )
            }
            names.insert(item.text)
        }
        return names
    }

    // MARK: Expected

    private func expectation(_ node: SourceNode, _ entity: Entity?, _ count: Int) throws(Diagnostic) -> PolicyCase.Expectation {
        let mapping = try node.mapping("expect")
        try mapping.refuseOthers(than: PolicyWords.expectation)
        var expectation = PolicyCase.Expectation(position: mapping.position)
        expectation.outcome = try mapping["decision"]?.choice("decision", of: Verdict.Outcome.self)
        expectation.needs = try mapping["needs"]?.choice("needs", of: Obligation.self)
        if let rule = mapping["rule"] {
            let name = try rule.text("rule")
            let known = policies.rules.map(\.name) + ["default-deny"]
            guard known.contains(name) else {
                throw Diagnostic(rule.position, "there is no rule '\(name)'", hint: Spelling.hint(for: name, among: known))
            }
            expectation.rule = name
        }
        if let node = mapping["visible"] {
            var visible: [Int] = []
            for item in try node.texts("visible") {
                guard let index = Int(item.text), (0..<count).contains(index) else {
                    throw Diagnostic(item.position, "'\(item.text)' is no record of the case", hint: "they count from 0")
                }
                visible.append(index)
            }
            expectation.visible = visible.sorted()
        }
        guard (expectation.outcome == nil) != (expectation.visible == nil) else {
            throw Diagnostic(mapping.position, "expect needs either 'decision' or 'visible'")
        }
        expectation.fields = try fields(mapping, entity)
        return expectation
    }

    private func fields(_ mapping: SourceMapping, _ entity: Entity?) throws(Diagnostic) -> [PolicyCase.FieldExpectation] {
        var fields: [PolicyCase.FieldExpectation] = []
        func add(_ name: String, _ position: SourcePosition, _ wanted: PolicyCase.FieldExpectation.Wanted) throws(Diagnostic) -> Field {
            guard let entity else { throw Diagnostic(position, "only records have fields") }
            guard let index = entity.position(of: name) else {
                throw Diagnostic(
                    position, "'\(name)' is no field of \(entity.name)", hint: Spelling.hint(for: name, among: entity.fields.map(\.name))
                )
            }
            fields.append(.init(name: name, index: index, wanted: wanted, position: position))
            return entity.fields[index]
        }
        let lists: [(String, PolicyCase.FieldExpectation.Wanted)] = [
            ("clear", .seen(.clear)), ("hidden", .seen(.hidden)), ("write", .written(true)), ("not_write", .written(false)),
        ]
        for (member, wanted) in lists {
            for item in try mapping[member]?.texts(member) ?? [] { _ = try add(item.text, item.position, wanted) }
        }
        for member in try mapping["masked"]?.mapping("masked").members ?? [] {
            let mask = try member.value.choice("mask", of: Mask.self)
            let field = try add(member.key.text("a field's name"), member.key.position, .seen(mask == .hidden ? .hidden : .masked(mask)))
            if !mask.fits(field.type) {
                throw Diagnostic(member.value.position, "mask \(mask.rawValue) does not fit '\(field.name)' of type \(field.type.rawValue)")
            }
        }
        return fields
    }
}
