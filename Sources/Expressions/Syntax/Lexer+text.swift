extension Lexer {
    /// A string or bytes literal, if one stands here.
    mutating func textLiteral(at place: Place) throws(ExpressionProblem) -> Token? {
        var prefix = 0
        let isBytes = byte() | 0x20 == UInt8(ascii: "b")
        if isBytes { prefix += 1 }
        let isRaw = byte(prefix) | 0x20 == UInt8(ascii: "r")
        if isRaw { prefix += 1 }
        let quote = byte(prefix)
        guard quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
        advance(prefix)
        let isTriple = byte(1) == quote && byte(2) == quote
        let fence = [UInt8](repeating: quote, count: isTriple ? 3 : 1)
        advance(fence.count)
        var content: [UInt8] = []
        while !starts(with: fence) {
            guard !isAtEnd, isTriple || (byte() != UInt8(ascii: "\n") && byte() != UInt8(ascii: "\r")) else {
                throw ExpressionProblem(
                    place, "the string is not closed on its line",
                    hint: "close it with the quote it begins with, or write three quotes for several lines")
            }
            if byte() == UInt8(ascii: "\\"), !isRaw {
                try escape(into: &content, isBytes: isBytes)
            } else {
                // In a raw string a backslash is itself.
                content.append(byte())
                advance()
            }
        }
        advance(fence.count)
        // What is copied from the text is UTF-8, and so is what an escape of a string stands for.
        return Token(kind: isBytes ? .bytes(content) : .string(String(decoding: content, as: UTF8.self)), place: place)
    }

    private static let simpleEscapes: [UInt8: UInt8] = [
        UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D,
        UInt8(ascii: "t"): 0x09, UInt8(ascii: "v"): 0x0B, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "?"): 0x3F, UInt8(ascii: "\""): 0x22,
        UInt8(ascii: "'"): 0x27, UInt8(ascii: "`"): 0x60,
    ]

    private mutating func escape(into content: inout [UInt8], isBytes: Bool) throws(ExpressionProblem) {
        let place = place
        let letter = byte(1)
        if let simple = Self.simpleEscapes[letter] {
            content.append(simple)
            advance(2)
            return
        }
        let value: UInt32
        switch letter {
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
            value = try digits(2, after: 2, radix: 16, at: place)
        case UInt8(ascii: "u") where !isBytes:
            value = try digits(4, after: 2, radix: 16, at: place)
        case UInt8(ascii: "U") where !isBytes:
            value = try digits(8, after: 2, radix: 16, at: place)
        case UInt8(ascii: "0")...UInt8(ascii: "3"):
            value = try digits(3, after: 1, radix: 8, at: place)
        default:
            throw ExpressionProblem(
                place, "the string has an escape that does not exist",
                hint: isBytes
                    ? "bytes know \\n, \\\\, \\\", \\xHH, three octal digits and the like" : "write '\\\\' for a backslash, or a raw string r\"...\"")
        }
        if isBytes {
            content.append(UInt8(truncatingIfNeeded: value))
        } else {
            guard let scalar = Unicode.Scalar(value) else {
                throw ExpressionProblem(place, "the escape is no code point", hint: "surrogates and numbers over 10FFFF are none")
            }
            content += Array(String(Character(scalar)).utf8)
        }
    }

    private mutating func digits(_ count: Int, after start: Int, radix: UInt32, at place: Place) throws(ExpressionProblem) -> UInt32 {
        var value: UInt32 = 0
        for position in start..<(start + count) {
            guard let digit = byte(position).hexValue, digit < radix else {
                throw ExpressionProblem(place, "the escape needs \(count) \(radix == 8 ? "octal" : "hexadecimal") digits")
            }
            value = value * radix + digit
        }
        advance(start + count)
        return value
    }
}
