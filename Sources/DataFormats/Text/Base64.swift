/// Base 64 with the standard alphabet and padding (RFC 4648 section 4), as signed notes and proofs use it.
///
/// Each sequence of bytes has exactly one text: `decode` refuses missing padding, white space, and last digits whose unused bits
/// are not zero. Time depends on the content of what is refused; do not compare secrets by it.
package enum Base64 {
    package static func encode(_ bytes: [UInt8]) -> String {
        var text = Base64URL.encode(bytes).utf8.map(standard)
        while !text.count.isMultiple(of: 4) { text.append(UInt8(ascii: "=")) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for every text that `encode` does not write.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        var digits = Array(text)
        for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
        guard !digits.contains(UInt8(ascii: "-")), !digits.contains(UInt8(ascii: "_")) else { return nil }
        for position in digits.indices {
            switch digits[position] {
            case UInt8(ascii: "+"): digits[position] = UInt8(ascii: "-")
            case UInt8(ascii: "/"): digits[position] = UInt8(ascii: "_")
            default: break
            }
        }
        return Base64URL.decode(digits)
    }

    package static func decode(_ text: some StringProtocol) -> [UInt8]? { decode(text.utf8) }

    private static func standard(_ digit: UInt8) -> UInt8 {
        switch digit {
        case UInt8(ascii: "-"): UInt8(ascii: "+")
        case UInt8(ascii: "_"): UInt8(ascii: "/")
        default: digit
        }
    }
}
