/// Fills the number patterns of the locale tables.
///
/// `#` is a digit, `%` a digit other than 0, `@` a capital letter, `$` the word given. Where a day of birth is given,
/// the small letters `c`, `y`, `m` and `d` are two digits each of its century, year, month and day.
extension Dice {
    mutating func fill(_ pattern: String, word: String = "", born: SampleDay? = nil) -> String {
        var line = TextLine(capacity: pattern.utf8.count + word.utf8.count + 8)
        let birth = born?.parts
        for byte in pattern.utf8 {
            switch byte {
            case UInt8(ascii: "#"): line.append(byte: UInt8(ascii: "0") + UInt8(roll(10)))
            case UInt8(ascii: "%"): line.append(byte: UInt8(ascii: "1") + UInt8(roll(9)))
            case UInt8(ascii: "@"): line.append(byte: UInt8(ascii: "A") + UInt8(roll(26)))
            case UInt8(ascii: "$"): line.append(word)
            default:
                guard let birth, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) else {
                    line.append(byte: byte)
                    continue
                }
                switch byte {
                case UInt8(ascii: "c"): line.append(twoDigits: birth.year / 100)
                case UInt8(ascii: "y"): line.append(twoDigits: birth.year % 100)
                case UInt8(ascii: "m"): line.append(twoDigits: birth.month)
                case UInt8(ascii: "d"): line.append(twoDigits: birth.day)
                default: line.append(byte: byte)
                }
            }
        }
        return line.string
    }

    /// A phone number as people write it: mostly with the spacing of the country, often plain E.164. Always with `+`.
    mutating func phone(_ pattern: String) -> String {
        let full = fill(pattern)
        let manner = roll(100)
        if manner < 45 { return full }
        var line = TextLine(capacity: full.utf8.count)
        var gap = false
        for byte in full.utf8 {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "+") else {
                gap = true
                continue
            }
            if gap && manner >= 80 { line.append(byte: manner < 90 ? UInt8(ascii: " ") : UInt8(ascii: "-")) }
            gap = false
            line.append(byte: byte)
        }
        return line.string
    }
}
