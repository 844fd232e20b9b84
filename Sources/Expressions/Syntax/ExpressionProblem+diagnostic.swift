package import Vocabulary

extension ExpressionProblem {
    /// The problem as one of the file that the expression is written in. Exact for an expression on one line; the line of the node
    /// for one below a `|` or `>`.
    package func diagnostic(in node: SourceNode) -> Diagnostic {
        var position = node.position
        if place.line == 1, case .scalar(_, let isQuoted) = node.content {
            position = SourcePosition(file: position.file, line: position.line, column: position.column + place.column - (isQuoted ? 0 : 1))
        }
        return Diagnostic(position, message, hint: hint)
    }
}
