/// Cuts the text of an expression into words, one at a time.
struct Lexer {
    let bytes: [UInt8]
    private(set) var offset = 0
    private var line = 1
    private var column = 1

    init(_ text: String) { bytes = Array(text.utf8) }

    var place: Place { Place(offset: offset, line: line, column: column) }

    /// The byte so many ahead; zero behind the end.
    func byte(_ ahead: Int = 0) -> UInt8 { offset + ahead < bytes.count ? bytes[offset + ahead] : 0 }

    var isAtEnd: Bool { offset >= bytes.count }

    mutating func advance(_ count: Int = 1) {
        for _ in 0..<min(count, bytes.count - offset) {
            if bytes[offset] == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if bytes[offset] & 0xC0 != 0x80 {
                column += 1
            }
            offset += 1
        }
    }

    mutating func next() throws(ExpressionProblem) -> Token {
        skipBlanks()
        let place = place
        guard !isAtEnd else { return Token(kind: .end, place: place) }
        let first = byte()
        if let literal = try textLiteral(at: place) { return literal }
        if first.isNameStart { return Token(kind: .identifier(takeName()), place: place) }
        if first.isDigit || (first == UInt8(ascii: ".") && byte(1).isDigit) { return Token(kind: try number(at: place), place: place) }
        if first == UInt8(ascii: "`") { return Token(kind: try quotedName(at: place), place: place) }
        for symbol in Token.Symbol.allCases where starts(with: symbol.rawValue.utf8) {
            advance(symbol.rawValue.utf8.count)
            return Token(kind: .symbol(symbol), place: place)
        }
        throw unexpected(at: place)
    }

    func starts(with text: some Collection<UInt8>) -> Bool { bytes[offset...].starts(with: text) }

    mutating func takeName() -> String {
        let start = offset
        while byte().isNamePart { advance() }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func skipBlanks() {
        while !isAtEnd {
            switch byte() {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0x0C: advance()
            case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "/"):
                while !isAtEnd, byte() != UInt8(ascii: "\n") { advance() }
            default: return
            }
        }
    }

    private mutating func quotedName(at place: Place) throws(ExpressionProblem) -> Token.Kind {
        advance()
        let start = offset
        while byte().isNamePart || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: " ")].contains(byte()) { advance() }
        let name = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard byte() == UInt8(ascii: "`"), !name.isEmpty else {
            throw ExpressionProblem(place, "the name between backticks is not one", hint: "it has letters, digits, '_', '.', '-', '/' and spaces")
        }
        advance()
        return .quotedName(name)
    }

    private func unexpected(at place: Place) -> ExpressionProblem {
        let hint: String? =
            switch byte() {
            case UInt8(ascii: "="): "equality is '=='"
            case UInt8(ascii: "&"): "and is '&&'"
            case UInt8(ascii: "|"): "or is '||'"
            default: nil
            }
        guard let scalar = String(decoding: bytes[offset...].prefix(4), as: UTF8.self).unicodeScalars.first else {
            return ExpressionProblem(place, "the expression ends too early")
        }
        let isPrintable = scalar.isASCII && scalar.value > 0x20 && scalar.value < 0x7F
        let code = String(scalar.value, radix: 16, uppercase: true)
        let name = isPrintable ? "'\(scalar)'" : "U+" + String(repeating: "0", count: max(0, 4 - code.count)) + code
        return ExpressionProblem(place, "the character \(name) means nothing here", hint: hint)
    }
}

extension UInt8 {
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
    var isNameStart: Bool {
        (self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z")) || (self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z"))
            || self == UInt8(ascii: "_")
    }
    var isNamePart: Bool { isNameStart || isDigit }

    /// The value of a hexadecimal digit.
    var hexValue: UInt32? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(self - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(self - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(self - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
