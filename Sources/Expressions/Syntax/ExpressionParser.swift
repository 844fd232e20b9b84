/// Reads the Common Expression Language without its protocol buffers: no messages, enums or optionals.
///
/// Macros become nodes of their own. Sums and products lean to the left as they are written, so a chain of them is as deep as
/// it is long; chains of `&&` and of `||` are balanced. Everything else nests no deeper than ``largestDepth``.
package enum ExpressionParser {
    /// In UTF-8 bytes.
    package static let largestText = 4096
    package static let largestDepth = 64

    package static func parse(_ text: String) throws(ExpressionProblem) -> Node {
        let start = Place(offset: 0, line: 1, column: 1)
        guard text.utf8.count <= largestText else {
            var lexer = Lexer(text)
            lexer.advance(largestText)
            throw ExpressionProblem(lexer.place, "the expression is longer than \(largestText) bytes", hint: "split it into several conditions")
        }
        var parse = ExpressionParse(lexer: Lexer(text), current: Token(kind: .end, place: start))
        return try parse.whole()
    }
}

/// One parse: recursive descent with one token at hand.
struct ExpressionParse {
    var lexer: Lexer
    var current: Token
    /// Variables of the macros around, which a leading dot reaches past.
    var macroVariables: [String] = []
    private var depth = 0

    init(lexer: Lexer, current: Token) {
        self.lexer = lexer
        self.current = current
    }

    mutating func whole() throws(ExpressionProblem) -> Node {
        try advance()
        if current.kind == .end { throw ExpressionProblem(current.place, "the expression is empty") }
        let node = try expression()
        guard current.kind == .end else { throw ExpressionProblem(current.place, "\(current.name) is not expected here", hint: hint) }
        return node
    }

    /// `a ? b : c`, where c may be the next of the kind.
    mutating func expression() throws(ExpressionProblem) -> Node {
        var chain: [(condition: Node, value: Node, place: Place)] = []
        while true {
            let operand = try disjunction()
            guard let place = try take(.question) else {
                return chain.reversed().reduce(operand) { Node(.conditional($1.condition, $1.value, $0), at: $1.place) }
            }
            try checkDepth(chain.count + 1, at: place)
            let value = try disjunction()
            try expect(.colon, "a condition's '?' needs a ':'")
            chain.append((operand, value, place))
        }
    }

    /// Takes the symbol if it is the next word, and answers where it stood.
    mutating func take(_ symbol: Token.Symbol) throws(ExpressionProblem) -> Place? {
        guard current.kind == .symbol(symbol) else { return nil }
        let place = current.place
        try advance()
        return place
    }

    mutating func expect(_ symbol: Token.Symbol, _ message: String) throws(ExpressionProblem) {
        guard try take(symbol) != nil else {
            throw ExpressionProblem(current.place, "\(message), but \(current.name) stands here", hint: hint)
        }
    }

    mutating func advance() throws(ExpressionProblem) { current = try lexer.next() }

    mutating func enter(at place: Place) throws(ExpressionProblem) {
        try checkDepth(1, at: place)
        depth += 1
    }

    mutating func leave() { depth -= 1 }

    func checkDepth(_ more: Int, at place: Place) throws(ExpressionProblem) {
        guard depth + more <= ExpressionParser.largestDepth else {
            throw ExpressionProblem(
                place, "the expression is nested deeper than \(ExpressionParser.largestDepth) levels", hint: "split it into several conditions")
        }
    }

    private var hint: String? {
        switch current.kind {
        case .identifier("and"): "and is '&&'"
        case .identifier("or"): "or is '||'"
        case .identifier("not"): "not is '!'"
        case .symbol(.question): "optional values are not part of this language"
        case .symbol(.openBrace): "messages such as Type{...} are not part of this language"
        default: nil
        }
    }
}
