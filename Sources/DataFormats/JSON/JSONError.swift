/// Why and where bytes are not an acceptable JSON text.
///
/// Carries nothing of the text, with one exception: `pointer`, which is set for a repeated member name only. A member name
/// can be personal, so `description` leaves it out.
package struct JSONError: Error, Hashable, Sendable {
    /// The raw values are wire codes: documented, stable and never reused.
    package enum Code: String, Sendable, CaseIterable {
        case unexpectedEnd = "unexpected-end"
        case unexpectedByte = "unexpected-byte"
        case trailingBytes = "trailing-bytes"
        case byteOrderMark = "byte-order-mark"
        case invalidUTF8 = "invalid-utf8"
        case invalidEscape = "invalid-escape"
        case loneSurrogate = "lone-surrogate"
        case controlCharacter = "control-character"
        case invalidNumber = "invalid-number"
        case duplicateName = "duplicate-name"
        case tooDeep = "too-deep"
    }

    package let code: Code
    /// Bytes before the offending one; the length of the text when it ended too early.
    package let offset: Int
    /// Counts from 1; LF, CR LF and a CR by itself each end a line.
    package let line: Int
    /// Counts from 1, in Unicode scalars from the beginning of the line.
    package let column: Int
    /// Where the second member of a repeated name stands, as a JSON Pointer (RFC 6901); nil for every other code.
    package let pointer: String?
}

extension JSONError: CustomStringConvertible {
    package var description: String {
        "\(code.sentence) at line \(line), column \(column)"
    }
}

extension JSONError.Code {
    var sentence: String {
        switch self {
        case .unexpectedEnd: "the JSON text ends too early"
        case .unexpectedByte: "the JSON text has an unexpected byte"
        case .trailingBytes: "the JSON text is followed by other bytes"
        case .byteOrderMark: "the JSON text begins with a byte-order mark"
        case .invalidUTF8: "a string is not valid UTF-8"
        case .invalidEscape: "a string has an unknown escape"
        case .loneSurrogate: "a string has half of a surrogate pair"
        case .controlCharacter: "a string has a control character that is not escaped"
        case .invalidNumber: "a number is malformed"
        case .duplicateName: "an object has two members with the same name"
        case .tooDeep: "the JSON text is nested too deeply"
        }
    }
}
