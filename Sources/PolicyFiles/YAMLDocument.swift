import Vocabulary
import Yams

/// YAML 1.2 text to a ``SourceNode`` with the place of every value.
enum YAMLDocument {
    static func read(_ text: String, file: String) throws(Diagnostic) -> SourceNode {
        let node: Node?
        do {
            node = try compose(yaml: text)
        } catch let error as YamlError {
            throw diagnostic(error, file)
        } catch {
            throw Diagnostic(SourcePosition(file: file, line: 1, column: 1), "this is not YAML")
        }
        guard let node else { throw Diagnostic(SourcePosition(file: file, line: 1, column: 1), "the file is empty") }
        return try convert(node, file)
    }

    private static func convert(_ node: Node, _ file: String) throws(Diagnostic) -> SourceNode {
        let position = SourcePosition(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        switch node {
        case .scalar(let scalar):
            let isQuoted = scalar.style == .doubleQuoted || scalar.style == .singleQuoted
            return SourceNode(position: position, content: .scalar(scalar.string, isQuoted: isQuoted))
        case .sequence(let sequence):
            var items: [SourceNode] = []
            for item in sequence { items.append(try convert(item, file)) }
            return SourceNode(position: position, content: .sequence(items))
        case .mapping(let mapping):
            var members: [(key: SourceNode, value: SourceNode)] = []
            var seen: Set<String> = []
            for (key, value) in mapping {
                let member = (key: try convert(key, file), value: try convert(value, file))
                let name = try member.key.text("a member's name")
                if !seen.insert(name).inserted { throw Diagnostic(member.key.position, "'\(name)' is written twice") }
                members.append(member)
            }
            return SourceNode(position: position, content: .mapping(members))
        case .alias:
            throw Diagnostic(position, "aliases are not offered here", hint: "write the value out")
        }
    }

    private static func diagnostic(_ error: YamlError, _ file: String) -> Diagnostic {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            Diagnostic(SourcePosition(file: file, line: mark.line, column: mark.column), "this is not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            Diagnostic(
                SourcePosition(file: file, line: context.mark.line, column: context.mark.column),
                "written twice: " + duplicates.sorted().joined(separator: ", ")
            )
        default:
            Diagnostic(SourcePosition(file: file, line: 1, column: 1), "this is not YAML")
        }
    }
}
