/// Bech32 (BIP 173) as age writes its keys: checksum constant 1, any length, one case for a whole text.
///
/// The bytes may be a secret, so they go from one lent memory to another, and what lies between is wiped.
enum Bech32 {
    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    private static let generator: [UInt32] = [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3]
    private static let checksumCount = 6

    /// How long the text of `byteCount` bytes is.
    static func textCount(prefix: StaticString, byteCount: Int) -> Int {
        prefix.utf8CodeUnitCount + 1 + symbolCount(byteCount) + checksumCount
    }

    /// Writes the text, in the case of its prefix, into exactly ``textCount(prefix:byteCount:)`` bytes.
    static func encode(_ bytes: UnsafeRawBufferPointer, prefix: StaticString, into text: UnsafeMutableRawBufferPointer) {
        precondition(text.count == textCount(prefix: prefix, byteCount: bytes.count), "a text has one length")
        var checksum = Checksum(prefix: prefix)
        var position = 0
        func write(_ byte: UInt8) {
            text[position] = byte
            position += 1
        }
        func write(symbol: UInt8) {
            let letter = alphabet[Int(symbol)]
            write(prefix.isUpperCase ? uppercased(letter) : letter)
        }
        prefix.withUTF8Buffer { for letter in $0 { write(letter) } }
        write(UInt8(ascii: "1"))
        var bits: UInt32 = 0
        var bitCount = 0
        for byte in bytes {
            bits = (bits << 8 | UInt32(byte)) & 0xFFF
            bitCount += 8
            while bitCount >= 5 {
                bitCount -= 5
                let symbol = UInt8(bits >> UInt32(bitCount) & 31)
                checksum.append(symbol)
                write(symbol: symbol)
            }
        }
        if bitCount > 0 {
            let symbol = UInt8(bits << UInt32(5 - bitCount) & 31)
            checksum.append(symbol)
            write(symbol: symbol)
        }
        for symbol in checksum.symbols() { write(symbol: symbol) }
    }

    /// Reads a text with exactly this prefix, in the prefix's case, that fills `bytes`; false, and `bytes` wiped, when it is none.
    static func decode(_ text: UnsafeRawBufferPointer, prefix: StaticString, into bytes: UnsafeMutableRawBufferPointer) -> Bool {
        guard text.count == textCount(prefix: prefix, byteCount: bytes.count) else { return false }
        let prefixCount = prefix.utf8CodeUnitCount
        guard prefix.withUTF8Buffer({ text.starts(with: $0) }), text[prefixCount] == UInt8(ascii: "1") else { return false }
        var checksum = Checksum(prefix: prefix)
        var isGenuine = true
        var bits: UInt32 = 0
        var bitCount = 0
        var written = 0
        let dataEnd = text.count - checksumCount
        for index in prefixCount + 1..<text.count {
            guard let symbol = symbol(text[index], isUpperCase: prefix.isUpperCase) else {
                isGenuine = false
                break
            }
            checksum.append(symbol)
            guard index < dataEnd else { continue }
            bits = (bits << 5 | UInt32(symbol)) & 0xFFF
            bitCount += 5
            if bitCount >= 8, written < bytes.count {
                bitCount -= 8
                bytes[written] = UInt8(truncatingIfNeeded: bits >> UInt32(bitCount))
                written += 1
            }
        }
        // What is left of the last symbol is padding, which has to be zero.
        if isGenuine, checksum.isValid, bits & (1 << UInt32(bitCount) - 1) == 0 { return true }
        wipe(bytes)
        return false
    }

    private static func symbolCount(_ byteCount: Int) -> Int { (byteCount * 8 + 4) / 5 }

    private static func symbol(_ byte: UInt8, isUpperCase: Bool) -> UInt8? {
        let isLetter = byte & 0xDF >= UInt8(ascii: "A") && byte & 0xDF <= UInt8(ascii: "Z")
        if isLetter, (byte & 0x20 == 0) != isUpperCase { return nil }
        return alphabet.firstIndex(of: isLetter ? byte | 0x20 : byte).map { UInt8($0) }
    }

    private static func uppercased(_ letter: UInt8) -> UInt8 {
        letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z") ? letter & 0xDF : letter
    }

    /// The remainder over everything so far, begun with the prefix in lower case.
    private struct Checksum {
        private var remainder: UInt32 = 1

        init(prefix: StaticString) {
            prefix.withUTF8Buffer { prefix in
                let lower = prefix.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
                for byte in lower { append(byte >> 5) }
                append(0)
                for byte in lower { append(byte & 31) }
            }
        }

        mutating func append(_ symbol: UInt8) {
            let top = remainder >> 25
            remainder = (remainder & 0x1FF_FFFF) << 5 ^ UInt32(symbol)
            for (bit, factor) in generator.enumerated() where top >> UInt32(bit) & 1 == 1 { remainder ^= factor }
        }

        var isValid: Bool { remainder == 1 }

        /// What has to follow so that the whole is valid.
        func symbols() -> [UInt8] {
            var padded = self
            for _ in 0..<checksumCount { padded.append(0) }
            let wanted = padded.remainder ^ 1
            return (0..<checksumCount).map { UInt8(wanted >> UInt32(5 * (checksumCount - 1 - $0)) & 31) }
        }
    }
}

extension StaticString {
    fileprivate var isUpperCase: Bool {
        withUTF8Buffer { $0.contains { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") } }
    }
}
