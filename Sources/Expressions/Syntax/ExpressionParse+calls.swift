/// Calls, and the macros that look like calls.
extension ExpressionParse {
    mutating func call(_ name: String, on target: Node?, at place: Place) throws(ExpressionProblem) -> Node {
        let opening = current.place
        let macro = target == nil ? nil : Comprehension.Macro(rawValue: name)
        try enter(at: opening)
        try advance()
        var arguments: [Node] = []
        let scope = macroVariables.count
        while current.kind != .symbol(.closeParenthesis) {
            arguments.append(try expression())
            if macro != nil, arguments.count == 1, case .variable(let variable) = arguments[0].kind { macroVariables.append(variable) }
            if try take(.comma) == nil { break }
            if current.kind == .symbol(.closeParenthesis) {
                throw ExpressionProblem(current.place, "a value is missing between ',' and ')'")
            }
        }
        macroVariables.removeLast(macroVariables.count - scope)
        try expect(.closeParenthesis, "a call needs a ')' or a ','")
        leave()
        if name == "has", target == nil { return try presence(arguments, at: place) }
        if let macro, let target, let node = try comprehension(macro, over: target, arguments, at: place) { return node }
        return Node(.call(name, target: target, arguments), at: place)
    }

    private func presence(_ arguments: [Node], at place: Place) throws(ExpressionProblem) -> Node {
        guard arguments.count == 1, case .select(let operand, let field) = arguments[0].kind else {
            throw ExpressionProblem(place, "has() asks for one field", hint: "write has(a.b)")
        }
        return Node(.has(operand, field), at: place)
    }

    /// `nil` when the number of arguments is that of no macro: then it is a call of a function that does not exist.
    private func comprehension(
        _ macro: Comprehension.Macro, over range: Node, _ arguments: [Node], at place: Place
    ) throws(ExpressionProblem) -> Node? {
        guard arguments.count == 2 || (macro == .map && arguments.count == 3) else { return nil }
        // A name with a dot before it is a variable that already exists.
        guard case .variable(let variable) = arguments[0].kind, lexer.bytes[arguments[0].place.offset] != UInt8(ascii: ".") else {
            throw ExpressionProblem(
                arguments[0].place, "the first argument of \(macro.rawValue)() is the name for the element",
                hint: "write list.\(macro.rawValue)(x, ...)")
        }
        let body = arguments[arguments.count - 1]
        return Node(
            .comprehension(
                Comprehension(
                    macro: macro, range: range, variable: variable, condition: arguments.count == 3 ? arguments[1] : nil, body: body)),
            at: place)
    }
}
