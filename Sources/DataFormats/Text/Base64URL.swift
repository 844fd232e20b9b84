/// Base 64 with the URL and filename safe alphabet (RFC 4648 section 5), without padding, as JOSE and cursors use it.
///
/// Each sequence of bytes has exactly one text: `decode` refuses padding, white space, and last digits whose unused bits
/// are not zero (RFC 4648 section 3.5). Time depends on the content of what is refused; do not compare secrets by it.
package enum Base64URL {
    package static func encode(_ bytes: [UInt8]) -> String {
        let length = (bytes.count * 4 + 2) / 3
        return String(unsafeUninitializedCapacity: length) { output in
            var accumulator: UInt32 = 0
            var pendingBits = 0
            var written = 0
            for byte in bytes {
                accumulator = accumulator << 8 | UInt32(byte)
                pendingBits += 8
                while pendingBits >= 6 {
                    pendingBits -= 6
                    output[written] = digit(UInt8(truncatingIfNeeded: accumulator >> UInt32(pendingBits)) & 0x3F)
                    written += 1
                }
            }
            if pendingBits > 0 {
                output[written] = digit(UInt8(truncatingIfNeeded: accumulator << UInt32(6 - pendingBits)) & 0x3F)
                written += 1
            }
            return written
        }
    }

    /// Nil for every text that `encode` does not write.
    package static func decode(_ text: String) -> [UInt8]? {
        text.withUTF8Bytes { decode($0) }
    }

    package static func decode(_ text: [UInt8]) -> [UInt8]? {
        text.withUnsafeBytes { decode($0) }
    }

    private static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var accumulator: UInt32 = 0
        var pendingBits = 0
        for digit in text {
            guard let value = value(of: digit) else { return nil }
            accumulator = accumulator << 6 | UInt32(value)
            pendingBits += 6
            if pendingBits >= 8 {
                pendingBits -= 8
                bytes.append(UInt8(truncatingIfNeeded: accumulator >> UInt32(pendingBits)))
            }
        }
        guard accumulator & (1 << UInt32(pendingBits) - 1) == 0 else { return nil }
        return bytes
    }

    @inline(__always)
    private static func digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "-")
        default: UInt8(ascii: "_")
        }
    }

    @inline(__always)
    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
