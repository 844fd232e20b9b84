/// Finds the bytes at which copying a JSON string must pause, eight bytes at a step.
enum JSONStringScan {
    private static let everyByte: UInt64 = 0x0101_0101_0101_0101
    private static let everyHighBit: UInt64 = 0x8080_8080_8080_8080

    /// The offset of the first quotation mark, reverse solidus or control character (below U+0020), or `bytes.count`.
    @inline(__always)
    static func firstSpecial(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        let end = bytes.count
        var position = start
        while position &+ 8 <= end {
            // SAFETY: eight bytes from `position` lie inside the buffer.
            let word = UInt64(littleEndian: (base + position).loadUnaligned(as: UInt64.self))
            let marks = specials(in: word)
            if marks != 0 {
                return position &+ (marks.trailingZeroBitCount &>> 3)
            }
            position &+= 8
        }
        while position < end {
            let byte = bytes[position]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                return position
            }
            position &+= 1
        }
        return end
    }

    /// Sets the high bit of bytes that are special. A borrow may mark bytes after the first special one too, never one
    /// before it, so the lowest mark is exact.
    @inline(__always)
    private static func specials(in word: UInt64) -> UInt64 {
        let quotes = word ^ (everyByte &* 0x22)
        let solidi = word ^ (everyByte &* 0x5C)
        let controls = (word &- (everyByte &* 0x20)) & ~word
        return (controls | ((quotes &- everyByte) & ~quotes) | ((solidi &- everyByte) & ~solidi)) & everyHighBit
    }
}
