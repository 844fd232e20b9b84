/// Appends JSON to bytes and places the commas.
///
/// The caller answers for the structure: that a name precedes each value of an object and that what is begun is ended. The
/// result is then a JSON text without white space. Strings are escaped no more than RFC 8785 section 3.2.2.2 asks, so a
/// solidus, U+2028 and everything outside ASCII stand as they are.
package struct JSONWriter: Sendable {
    package var bytes: [UInt8]
    private var owesComma = false

    package init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        owesComma = false
    }

    package mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        owesComma = true
    }

    package mutating func beginArray() {
        separate()
        bytes.append(UInt8(ascii: "["))
        owesComma = false
    }

    package mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        owesComma = true
    }

    /// Ends a top-level value with LF, so that the next one stands on a line of its own without a comma (NDJSON).
    package mutating func endLine() {
        bytes.append(0x0A)
        owesComma = false
    }

    package mutating func name(_ name: String) {
        separate()
        name.withUTF8Bytes { appendQuoted($0) }
        bytes.append(UInt8(ascii: ":"))
        owesComma = false
    }

    /// Writes what `encodedName` made earlier: quotation marks, escaped name and colon, copied unchecked.
    package mutating func preEncodedName(_ encoded: [UInt8]) {
        separate()
        bytes.append(contentsOf: encoded)
        owesComma = false
    }

    /// The bytes for `preEncodedName`.
    package static func encodedName(_ name: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.name(name)
        return writer.bytes
    }

    package mutating func string(_ value: String) {
        separate()
        value.withUTF8Bytes { appendQuoted($0) }
        owesComma = true
    }

    /// The caller answers for the bytes being valid UTF-8; they are copied unchecked.
    package mutating func string(utf8: UnsafeRawBufferPointer) {
        separate()
        appendQuoted(utf8)
        owesComma = true
    }

    package mutating func number(_ value: Int64) {
        separate()
        appendDigits(value)
        owesComma = true
    }

    /// The caller answers for the text being a number of RFC 8259 section 6; PostgreSQL's `NaN` and `Infinity` are not.
    package mutating func number(text: String) {
        assert(JSONNumber(text: text) != nil, "not a JSON number")
        separate()
        text.withUTF8Bytes { bytes.append(contentsOf: $0) }
        owesComma = true
    }

    package mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: value ? Self.trueWord : Self.falseWord)
        owesComma = true
    }

    package mutating func null() {
        separate()
        bytes.append(contentsOf: Self.nullWord)
        owesComma = true
    }

    /// Copies one complete value that is JSON already, unchecked.
    package mutating func raw(_ value: [UInt8]) {
        separate()
        bytes.append(contentsOf: value)
        owesComma = true
    }

    /// Copies one complete value that is JSON already, unchecked.
    package mutating func raw(_ value: UnsafeRawBufferPointer) {
        separate()
        bytes.append(contentsOf: value)
        owesComma = true
    }

    private static let trueWord = Array("true".utf8)
    private static let falseWord = Array("false".utf8)
    private static let nullWord = Array("null".utf8)

    @inline(__always)
    private mutating func separate() {
        if owesComma {
            bytes.append(UInt8(ascii: ","))
        }
    }

    private mutating func appendQuoted(_ utf8: UnsafeRawBufferPointer) {
        var runStart = 0
        var stop = JSONStringScan.firstSpecial(in: utf8, from: 0)
        guard stop < utf8.count else {
            appendPlain(utf8)
            return
        }
        bytes.append(UInt8(ascii: "\""))
        while stop < utf8.count {
            if runStart < stop {
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: utf8[runStart..<stop]))
            }
            appendEscaped(utf8[stop])
            runStart = stop + 1
            stop = JSONStringScan.firstSpecial(in: utf8, from: runStart)
        }
        if runStart < stop {
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: utf8[runStart..<stop]))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Most strings need no escape; this makes room once for the string and its quotation marks.
    private mutating func appendPlain(_ utf8: UnsafeRawBufferPointer) {
        bytes.append(addingCapacity: utf8.count + 2) { output in
            output.withUnsafeMutableBufferPointer { buffer, count in
                buffer[count] = UInt8(ascii: "\"")
                UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[(count + 1)...])
                    .copyMemory(from: utf8)
                buffer[count + utf8.count + 1] = UInt8(ascii: "\"")
                count += utf8.count + 2
            }
        }
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(byte)
        default:
            bytes.append(UInt8(ascii: "u"))
            bytes.append(UInt8(ascii: "0"))
            bytes.append(UInt8(ascii: "0"))
            bytes.append(Hex.digit(byte >> 4))
            bytes.append(Hex.digit(byte & 0x0F))
        }
    }

    private mutating func appendDigits(_ value: Int64) {
        if value < 0 {
            bytes.append(UInt8(ascii: "-"))
        }
        var rest = value.magnitude
        // The greatest magnitude, 2^63, has 19 digits.
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var start = 20
            repeat {
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
                rest = quotient
            } while rest != 0
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: digits[start...]))
        }
    }
}
