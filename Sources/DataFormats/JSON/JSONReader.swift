/// Reads JSON by RFC 8259 and takes none of its liberties.
///
/// Refused beyond the grammar: a byte-order mark (section 8.1), repeated member names (section 4), bytes that are not UTF-8
/// (section 8.1), and escapes of half a surrogate pair (section 8.2). Numbers are not converted, so none is too large.
package enum JSONReader {
    /// Reading and releasing a value recurse once a level; a greater `maximumDepth` than this counts as this.
    package static let greatestDepth = 512

    /// Reads exactly one value with white space around it.
    ///
    /// `maximumDepth` is the number of arrays and objects that may be open at once; with 0 only a scalar is accepted.
    package static func read(_ bytes: [UInt8], maximumDepth: Int = 32) throws(JSONError) -> JSONValue {
        try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) in
            try read(UnsafeRawBufferPointer(buffer), maximumDepth: maximumDepth)
        }
    }

    /// The same for bytes that the caller lends; the value keeps no pointer into them.
    package static func read(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int = 32) throws(JSONError) -> JSONValue {
        var parse = JSONParse(bytes, maximumDepth: min(maximumDepth, greatestDepth))
        do throws(JSONFailure) {
            return try parse.document()
        } catch {
            throw error.located(in: bytes)
        }
    }
}

/// A `JSONError` before its line and column are counted, which only failures pay for.
struct JSONFailure: Error {
    let code: JSONError.Code
    let offset: Int
    /// Reference tokens of RFC 6901, innermost first; only kept for `duplicateName`.
    var tokens: [String] = []

    func inside(_ token: @autoclosure () -> String) -> JSONFailure {
        guard code == .duplicateName else { return self }
        var outer = self
        outer.tokens.append(token())
        return outer
    }

    func located(in bytes: UnsafeRawBufferPointer) -> JSONError {
        var line = 1
        var column = 1
        for position in 0..<min(offset, bytes.count) {
            switch bytes[position] {
            case 0x0A:
                line += 1
                column = 1
            case 0x0D where position + 1 == bytes.count || bytes[position + 1] != 0x0A:
                line += 1
                column = 1
            case 0x80...0xBF:
                break
            default:
                column += 1
            }
        }
        return JSONError(code: code, offset: offset, line: line, column: column, pointer: pointer)
    }

    private var pointer: String? {
        guard code == .duplicateName else { return nil }
        var text = ""
        for token in tokens.reversed() {
            text.append("/")
            for scalar in token.unicodeScalars {
                switch scalar {
                case "~": text.append("~0")
                case "/": text.append("~1")
                default: text.unicodeScalars.append(scalar)
                }
            }
        }
        return text
    }
}
