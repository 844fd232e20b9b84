/// A parsed expression: what was written, and where each part of it stands.
package final class Node: Sendable {
    package let kind: Kind
    /// Where the node's own token stands: an operator, a name, the bracket of an index.
    package let place: Place
    /// What a call calls, looked up once; `nil` for a name that is no function, and for every other kind.
    let function: Function?

    package enum Kind: Sendable {
        case literal(Value)
        case variable(String)
        /// `operand.field`
        case select(Node, String)
        /// `has(operand.field)`
        case has(Node, String)
        case index(Node, Node)
        case list([Node])
        case map([(key: Node, value: Node)])
        case unary(UnaryOperator, Node)
        case binary(BinaryOperator, Node, Node)
        case conditional(Node, Node, Node)
        /// `function(arguments)`, or `target.function(arguments)`.
        case call(String, target: Node?, [Node])
        /// A macro over a list or the keys of a map.
        case comprehension(Comprehension)
    }

    package init(_ kind: Kind, at place: Place) {
        self.kind = kind
        self.place = place
        if case .call(let name, _, _) = kind { function = Function(rawValue: name) } else { function = nil }
    }
}

/// `range.all(variable, body)` and its sisters.
package struct Comprehension: Sendable {
    package enum Macro: String, Sendable, CaseIterable {
        case all, exists, exists_one, map, filter
    }

    package let macro: Macro
    package let range: Node
    package let variable: String
    /// The filter of a `map` with three arguments.
    package let condition: Node?
    package let body: Node

    package init(macro: Macro, range: Node, variable: String, condition: Node?, body: Node) {
        self.macro = macro
        self.range = range
        self.variable = variable
        self.condition = condition
        self.body = body
    }
}

package enum UnaryOperator: String, Sendable, CaseIterable {
    case not = "!"
    case negate = "-"
}

package enum BinaryOperator: String, Sendable, CaseIterable {
    case or = "||"
    case and = "&&"
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case contained = "in"
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case remainder = "%"
}

/// A place in the text of an expression; offsets count UTF-8 bytes from 0, lines and columns (in characters) from 1.
package struct Place: Sendable, Hashable {
    package let offset: Int
    package let line: Int
    package let column: Int

    package init(offset: Int, line: Int, column: Int) {
        self.offset = offset
        self.line = line
        self.column = column
    }
}

/// Why an expression was not accepted: one sentence, where, and what to do about it.
package struct ExpressionProblem: Error, Sendable, Equatable, CustomStringConvertible {
    package let place: Place
    package let message: String
    package let hint: String?

    package init(_ place: Place, _ message: String, hint: String? = nil) {
        self.place = place
        self.message = message
        self.hint = hint
    }

    package var description: String { "\(place.line):\(place.column): \(message)" + (hint.map { "\n  hint: \($0)" } ?? "") }
}
