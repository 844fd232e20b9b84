/// The text form of an age file: base64 in lines of 64 columns between two lines that say what it is.
enum AgeArmor {
    static let begin = Array("-----BEGIN AGE ENCRYPTED FILE-----".utf8)
    static let end = Array("-----END AGE ENCRYPTED FILE-----".utf8)
    static let columnCount = 64
    /// What a full line stands for.
    static let lineByteCount = 48
    /// How much white space may stand before the first line, and behind the last.
    static let whitespaceLimit = 1024

    static func canBegin(with byte: UInt8) -> Bool { byte == begin[0] || isWhitespace(byte) }

    static func isWhitespace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte) }

    // MARK: Base64

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")
    /// The six bits of a character; 0xFF for what is none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// Appends the line of at most 48 bytes, with its line feed.
    static func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        var from = 0
        while from + 3 <= bytes.count {
            let group = Int(bytes[from]) << 16 | Int(bytes[from + 1]) << 8 | Int(bytes[from + 2])
            text.append(alphabet[group >> 18])
            text.append(alphabet[group >> 12 & 63])
            text.append(alphabet[group >> 6 & 63])
            text.append(alphabet[group & 63])
            from += 3
        }
        if from < bytes.count {
            let second = from + 1 < bytes.count ? bytes[from + 1] : nil
            let group = Int(bytes[from]) << 16 | Int(second ?? 0) << 8
            text.append(alphabet[group >> 18])
            text.append(alphabet[group >> 12 & 63])
            text.append(second == nil ? padding : alphabet[group >> 6 & 63])
            text.append(padding)
        }
        text.append(UInt8(ascii: "\n"))
    }

    /// Appends what a line stands for; false when it is not written in the one way in which it can be.
    static func append(_ line: UnsafeRawBufferPointer, decodedTo bytes: inout [UInt8]) -> Bool {
        guard line.count.isMultiple(of: 4), line.count <= columnCount else { return false }
        var paddingCount = 0
        while paddingCount < min(2, line.count), line[line.count - 1 - paddingCount] == padding { paddingCount += 1 }
        var group: UInt32 = 0
        var count = 0
        for index in 0..<line.count - paddingCount {
            let value = values[Int(line[index])]
            guard value != 0xFF else { return false }
            group = group << 6 | UInt32(value)
            count += 1
            guard count == 4 else { continue }
            bytes.append(UInt8(truncatingIfNeeded: group >> 16))
            bytes.append(UInt8(truncatingIfNeeded: group >> 8))
            bytes.append(UInt8(truncatingIfNeeded: group))
            (group, count) = (0, 0)
        }
        // Bits that stand for nothing are zero.
        switch paddingCount {
        case 1:
            guard group & 3 == 0 else { return false }
            bytes.append(UInt8(truncatingIfNeeded: group >> 10))
            bytes.append(UInt8(truncatingIfNeeded: group >> 2))
        case 2:
            guard group & 15 == 0 else { return false }
            bytes.append(UInt8(truncatingIfNeeded: group >> 4))
        default: break
        }
        return true
    }
}
