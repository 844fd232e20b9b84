/// The JSON Canonicalization Scheme of RFC 8785: one sequence of bytes for a value, fit to be signed or hashed.
///
/// Every number becomes a double (section 3.2.2.3); digits beyond its precision are lost, as the scheme demands. What must
/// survive exactly, such as a `numeric`, belongs into a string.
package enum CanonicalJSON {
    package static func bytes(of value: JSONValue) throws(CanonicalJSONError) -> [UInt8] {
        var writer = JSONWriter()
        try write(value, into: &writer)
        return writer.bytes
    }

    private static func write(_ value: JSONValue, into writer: inout JSONWriter) throws(CanonicalJSONError) {
        switch value {
        case .null, .bool, .string:
            value.write(into: &writer)
        case .number(let number):
            try write(number, into: &writer)
        case .array(let elements):
            writer.beginArray()
            for element in elements {
                try write(element, into: &writer)
            }
            writer.endArray()
        case .object(let object):
            writer.beginObject()
            for member in object.members.sorted(by: { precedes($0.name, $1.name) }) {
                writer.name(member.name)
                try write(member.value, into: &writer)
            }
            writer.endObject()
        }
    }

    private static func write(_ number: JSONNumber, into writer: inout JSONWriter) throws(CanonicalJSONError) {
        if let integer = number.integer, integer.magnitude <= 1 << 53 {
            writer.number(integer)
            return
        }
        let double = number.double
        guard double.isFinite else { throw CanonicalJSONError(code: .numberOutOfRange) }
        var text: [UInt8] = []
        ECMAScriptNumber.append(double, to: &text)
        writer.raw(text)
    }

    /// Orders by UTF-16 code units (section 3.2.3), found from the UTF-8 bytes.
    ///
    /// The two orders differ only where one name has a character beyond U+FFFF (in UTF-16 a surrogate, D800 to DFFF) and
    /// the other one from U+E000 to U+FFFF; such characters differ in their first byte already.
    static func precedes(_ left: String, _ right: String) -> Bool {
        left.withUTF8Bytes { left in
            right.withUTF8Bytes { right in precedes(left, right) }
        }
    }

    static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        for position in 0..<min(left.count, right.count) where left[position] != right[position] {
            return rank(left[position]) < rank(right[position])
        }
        return left.count < right.count
    }

    private static func rank(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 0xEE, 0xEF: byte + 0x10
        case 0xF0...0xF4: byte - 2
        default: byte
        }
    }
}

/// Why a value has no canonical form; says nothing of the value.
package struct CanonicalJSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The raw values are wire codes: documented, stable and never reused.
    package enum Code: String, Sendable, CaseIterable {
        case numberOutOfRange = "number-out-of-range"
    }

    package let code: Code

    package var description: String {
        switch code {
        case .numberOutOfRange: "a number is too great for the canonical form"
        }
    }
}
