/// A number exactly as its author wrote it, so that a `numeric` of forty digits passes through unharmed.
///
/// INVARIANT: `text` matches the grammar of RFC 8259 section 6. Equality is equality of the texts.
package struct JSONNumber: Sendable, Hashable {
    package let text: String

    /// Nil unless the whole text is one number of RFC 8259 section 6: no plus sign, no leading zero, no white space.
    package init?(text: String) {
        let isNumber = text.withUTF8Bytes { bytes in
            JSONNumberGrammar.scan(bytes, from: 0) == .complete(end: bytes.count)
        }
        guard isNumber else { return nil }
        self.text = text
    }

    package init(_ value: Int64) {
        text = value.description
    }

    package init(_ value: Int) {
        text = value.description
    }

    /// The shortest text that reads back as the same double, in the ECMAScript form; nil for an infinity or a NaN.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        var bytes: [UInt8] = []
        ECMAScriptNumber.append(value, to: &bytes)
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// For the reader, which has scanned the bytes already.
    init(scanned bytes: UnsafeRawBufferPointer) {
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// The value if it is written without fraction and exponent and fits; `1.0` and `1e2` are not integers here.
    package var integer: Int64? {
        Int64(text)
    }

    /// The nearest double; an infinity when the magnitude is too great for one.
    package var double: Double {
        Double(text) ?? .nan
    }
}

/// The grammar of RFC 8259 section 6 over bytes.
enum JSONNumberGrammar {
    enum Scan: Equatable {
        /// A number ends before this offset; what follows it is not looked at, except that a digit after a leading zero
        /// is refused.
        case complete(end: Int)
        /// The byte at this offset, or the end of the bytes, stands where a digit is due or where none may be.
        case broken(at: Int)
    }

    static func scan(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Scan {
        var position = start
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") {
            position += 1
        }
        guard isDigit(bytes, position) else { return .broken(at: position) }
        if bytes[position] == UInt8(ascii: "0") {
            position += 1
            guard !isDigit(bytes, position) else { return .broken(at: position) }
        } else {
            skipDigits(bytes, &position)
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            guard isDigit(bytes, position) else { return .broken(at: position) }
            skipDigits(bytes, &position)
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            guard isDigit(bytes, position) else { return .broken(at: position) }
            skipDigits(bytes, &position)
        }
        return .complete(end: position)
    }

    private static func isDigit(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Bool {
        position < bytes.count && bytes[position] &- UInt8(ascii: "0") < 10
    }

    private static func skipDigits(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) {
        while isDigit(bytes, position) {
            position += 1
        }
    }
}
