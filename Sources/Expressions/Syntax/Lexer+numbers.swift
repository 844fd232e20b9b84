extension Lexer {
    /// A number, without a sign: `7`, `0x1F`, `7u`, `.5`, `1.5e-3`.
    mutating func number(at place: Place) throws(ExpressionProblem) -> Token.Kind {
        let start = offset
        let isHexadecimal = byte() == UInt8(ascii: "0") && byte(1) == UInt8(ascii: "x")
        var isDouble = false
        if isHexadecimal {
            advance(2)
            while byte().hexValue != nil { advance() }
        } else {
            takeDigits()
            if byte() == UInt8(ascii: "."), byte(1).isDigit {
                isDouble = true
                advance()
                takeDigits()
            }
            let signs = [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(byte(1)) ? 1 : 0
            if byte() | 0x20 == UInt8(ascii: "e"), byte(1 + signs).isDigit {
                isDouble = true
                advance(1 + signs)
                takeDigits()
            }
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        let isUnsigned = !isDouble && byte() | 0x20 == UInt8(ascii: "u")
        if isUnsigned { advance() }
        if byte().isNamePart { throw ExpressionProblem(place, "a number is followed by a name", hint: "put an operator or a space between them") }
        if isDouble {
            guard let value = Double(text), value.isFinite else { throw ExpressionProblem(place, "the number is too large for a double") }
            return .double(value)
        }
        let digits = isHexadecimal ? text.dropFirst(2) : text[...]
        guard !digits.isEmpty else { throw ExpressionProblem(place, "the number has no digits behind '0x'") }
        guard let value = UInt64(digits, radix: isHexadecimal ? 16 : 10) else {
            throw ExpressionProblem(place, "the number has more than 64 bits", hint: "write it as a double, such as 1e20")
        }
        return isUnsigned ? .uint(value) : .int(value)
    }

    private mutating func takeDigits() {
        while byte().isDigit { advance() }
    }
}
