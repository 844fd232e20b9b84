package import Catalog
package import Expressions
package import Vocabulary

/// Reads what cases and `policy explain` say of a record: its plain fields, which are all that conditions can ask.
package struct RecordReading {
    let entity: Entity

    package init(entity: Entity) { self.entity = entity }

    /// A field given as text.
    package func value(_ name: String, _ text: String) throws(Diagnostic) -> Value {
        let position = SourcePosition(file: entity.name, line: 1, column: 1)
        return try value(
            of: SourceNode(position: position, content: .scalar(name, isQuoted: true)),
            SourceNode(position: position, content: .scalar(text, isQuoted: false))
        )
    }

    func value(of key: SourceNode, _ node: SourceNode) throws(Diagnostic) -> Value {
        let name = try key.text("a field's name")
        if case .scalar("null", isQuoted: false) = node.content { return .null }
        if name == "id" {
            guard let id = RecordID(try node.text("id")) else { throw Diagnostic(node.position, "id is not the id of a record") }
            return .string(id.description)
        }
        guard let field = entity.field(named: name) else {
            let plain = entity.fields.filter { !$0.isSealed }.map(\.name)
            throw Diagnostic(key.position, "'\(name)' is no field of \(entity.name)", hint: Spelling.hint(for: name, among: plain))
        }
        guard !field.isSealed else {
            throw Diagnostic(
                key.position, "'\(name)' is sealed, so no condition can ask for it", hint: "leave it out; 'expect' says who sees it"
            )
        }
        do throws(ValueProblem) { return try field.read(text: node.textOrEmpty).expressionValue } catch {
            throw Diagnostic(node.position, error.detail)
        }
    }
}

extension SourceNode {
    /// The text of a scalar; a list or mapping has none, which no field takes for a value.
    fileprivate var textOrEmpty: String { if case .scalar(let text, _) = content { text } else { "\0" } }
}
