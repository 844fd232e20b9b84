/// Names, literals, and what may follow them: fields, indexes and calls.
extension ExpressionParse {
    mutating func member() throws(ExpressionProblem) -> Node { try members(of: try primary()) }

    /// `.field`, `.function(...)` and `[index]` behind an operand, any number of them.
    mutating func members(of operand: Node) throws(ExpressionProblem) -> Node {
        var node = operand
        var count = 0
        while true {
            if let place = try take(.dot) {
                count += 1
                try checkDepth(count, at: place)
                node = try selection(of: node)
            } else if let place = try take(.openBracket) {
                count += 1
                try checkDepth(count, at: place)
                try enter(at: place)
                let index = try expression()
                try expect(.closeBracket, "an index needs a ']'")
                leave()
                node = Node(.index(node, index), at: place)
            } else if case .symbol(.openBrace) = current.kind, Self.isQualifiedName(node) {
                throw ExpressionProblem(
                    current.place, "messages such as Type{...} are not part of this language", hint: "write a map: {\"name\": value}")
            } else {
                return node
            }
        }
    }

    private mutating func selection(of operand: Node) throws(ExpressionProblem) -> Node {
        let place = current.place
        switch current.kind {
        case .quotedName(let name):
            try advance()
            return Node(.select(operand, name), at: place)
        case .identifier(let name) where !Words.keywords.contains(name):
            try advance()
            guard current.kind == .symbol(.openParenthesis) else { return Node(.select(operand, name), at: place) }
            return try call(name, on: operand, at: place)
        case .symbol(.question):
            throw ExpressionProblem(place, "optional values are not part of this language", hint: "ask has(a.b) before a.b")
        default:
            throw ExpressionProblem(place, "a '.' needs the name of a field behind it, but \(current.name) stands here")
        }
    }

    private static func isQualifiedName(_ node: Node) -> Bool {
        switch node.kind {
        case .variable: true
        case .select(let operand, _): isQualifiedName(operand)
        default: false
        }
    }

    private mutating func primary() throws(ExpressionProblem) -> Node {
        let token = current
        let place = token.place
        switch token.kind {
        case .int(let magnitude):
            guard let value = Int64(exactly: magnitude) else { throw Self.tooLarge(at: place) }
            return try literal(.int(value))
        case .uint(let value): return try literal(.uint(value))
        case .double(let value): return try literal(.double(value))
        case .string(let value): return try literal(.string(value))
        case .bytes(let value): return try literal(.bytes(value))
        case .identifier("true"): return try literal(.bool(true))
        case .identifier("false"): return try literal(.bool(false))
        case .identifier("null"): return try literal(.null)
        case .identifier(let name): return try named(name, at: place)
        case .symbol(.dot):
            try advance()
            guard case .identifier(let name) = current.kind else {
                throw ExpressionProblem(place, "a '.' needs a name behind it, but \(current.name) stands here")
            }
            return try rootName(name, at: place)
        case .symbol(.openParenthesis):
            try advance()
            try enter(at: place)
            let node = try expression()
            try expect(.closeParenthesis, "a '(' needs a ')'")
            leave()
            return node
        case .symbol(.openBracket): return try list(at: place)
        case .symbol(.openBrace): return try map(at: place)
        case .end: throw ExpressionProblem(place, "the expression ends where a value is expected")
        case .symbol, .quotedName:
            throw ExpressionProblem(place, "\(token.name) stands where a value is expected")
        }
    }

    private mutating func literal(_ value: Value) throws(ExpressionProblem) -> Node {
        let place = current.place
        try advance()
        return Node(.literal(value), at: place)
    }

    private mutating func named(_ name: String, at place: Place) throws(ExpressionProblem) -> Node {
        if Words.keywords.contains(name) || Words.reserved.contains(name) {
            throw ExpressionProblem(place, "'\(name)' is a reserved word", hint: "reserved words may name fields, but no variables")
        }
        try advance()
        guard current.kind == .symbol(.openParenthesis) else { return Node(.variable(name), at: place) }
        return try call(name, on: nil, at: place)
    }

    /// `.name` means the variable that an expression is given, whatever the macros around call theirs.
    private mutating func rootName(_ name: String, at place: Place) throws(ExpressionProblem) -> Node {
        if macroVariables.contains(name) {
            throw ExpressionProblem(place, "'.\(name)' is hidden by the macro's variable '\(name)'", hint: "give the macro's variable another name")
        }
        return try named(name, at: place)
    }

    private mutating func list(at place: Place) throws(ExpressionProblem) -> Node {
        try enter(at: place)
        try advance()
        var elements: [Node] = []
        while current.kind != .symbol(.closeBracket) {
            try refuseOptional()
            elements.append(try expression())
            if try take(.comma) == nil { break }
        }
        try expect(.closeBracket, "a list needs a ']' or a ','")
        leave()
        return Node(.list(elements), at: place)
    }

    private mutating func map(at place: Place) throws(ExpressionProblem) -> Node {
        try enter(at: place)
        try advance()
        var entries: [(key: Node, value: Node)] = []
        while current.kind != .symbol(.closeBrace) {
            try refuseOptional()
            let key = try expression()
            try expect(.colon, "a map's key needs a ':'")
            entries.append((key, try expression()))
            if try take(.comma) == nil { break }
        }
        try expect(.closeBrace, "a map needs a '}' or a ','")
        leave()
        return Node(.map(entries), at: place)
    }

    private func refuseOptional() throws(ExpressionProblem) {
        guard current.kind == .symbol(.question) else { return }
        throw ExpressionProblem(current.place, "optional values are not part of this language")
    }
}

private enum Words {
    /// Never a name of any kind.
    static let keywords: Set<String> = ["false", "in", "null", "true"]
    /// No variable or function, but maybe a field.
    static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "namespace", "package", "return", "var",
        "void", "while",
    ]
}
