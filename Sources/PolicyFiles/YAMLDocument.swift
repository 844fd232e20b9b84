package import Vocabulary
import Yams

/// YAML 1.2 text to a ``SourceNode`` with the place of every value.
package enum YAMLDocument {
    package static func read(_ text: String, file: String) throws(Diagnostic) -> SourceNode {
        let node: Node?
        do {
            node = try compose(yaml: text)
        } catch let error as YamlError {
            throw diagnostic(error, file)
        } catch {
            throw Diagnostic(SourcePosition(file: file, line: 1, column: 1), "this is not YAML")
        }
        guard let node else { throw Diagnostic(SourcePosition(file: file, line: 1, column: 1), "the file is empty") }
        var last = (line: 0, column: 0)
        return try convert(node, Source(file: file, lines: text.split(separator: "\n", omittingEmptySubsequences: false)), after: &last)
    }

    private struct Source {
        let file: String
        let lines: [Substring]

        /// Where the text of a block scalar begins: in a line below its `|` or `>`.
        func textBelow(_ position: SourcePosition) -> SourcePosition {
            for line in position.line..<max(position.line, lines.count) {
                guard let column = lines[line].utf8.firstIndex(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\r") }) else { continue }
                return SourcePosition(file: file, line: line + 1, column: lines[line].utf8.distance(from: lines[line].startIndex, to: column) + 1)
            }
            return position
        }
    }

    /// - Parameter last: where the node before this one stands.
    private static func convert(_ node: Node, _ source: Source, after last: inout (line: Int, column: Int)) throws(Diagnostic) -> SourceNode {
        let position = SourcePosition(file: source.file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        // INVARIANT: a document is walked in the order it is written. Yams puts the anchored node where an alias stood,
        // so a place that goes back is an alias; walking on would let few lines grow without bound.
        guard (position.line, position.column) >= last else {
            throw Diagnostic(position, "an alias points here, and aliases are not offered", hint: "write the value out")
        }
        last = (position.line, position.column)
        switch node {
        case .scalar(let scalar):
            let isQuoted = scalar.style == .doubleQuoted || scalar.style == .singleQuoted
            let isBlock = scalar.style == .literal || scalar.style == .folded
            return SourceNode(
                position: isBlock ? source.textBelow(position) : position, content: .scalar(scalar.string, isQuoted: isQuoted)
            )
        case .sequence(let sequence):
            var items: [SourceNode] = []
            for item in sequence { items.append(try convert(item, source, after: &last)) }
            return SourceNode(position: position, content: .sequence(items))
        case .mapping(let mapping):
            var members: [(key: SourceNode, value: SourceNode)] = []
            var seen: Set<String> = []
            for (key, value) in mapping {
                let member = (key: try convert(key, source, after: &last), value: try convert(value, source, after: &last))
                let name = try member.key.text("a member's name")
                if !seen.insert(name).inserted { throw Diagnostic(member.key.position, "'\(name)' is written twice") }
                members.append(member)
            }
            return SourceNode(position: position, content: .mapping(members))
        case .alias:
            throw Diagnostic(position, "aliases are not offered", hint: "write the value out")
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
