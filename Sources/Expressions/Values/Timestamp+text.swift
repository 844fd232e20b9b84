import Vocabulary

extension Timestamp {
    /// Reads an RFC 3339 date-time with any offset; digits of the second beyond nanoseconds are cut off.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = Digits.number(bytes[0..<4]), let month = Digits.number(bytes[5..<7]), let day = Digits.number(bytes[8..<10]),
            let date = CalendarDate(year: year, month: month, day: day),
            let hour = Digits.number(bytes[11..<13]), hour < 24, let minute = Digits.number(bytes[14..<16]), minute < 60,
            let second = Digits.number(bytes[17..<19]), second < 60
        else { return nil }
        var rest = bytes[19...]
        var nanoseconds: Int32 = 0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix(while: Digits.contains)
            guard !digits.isEmpty else { return nil }
            for place in 0..<9 {
                nanoseconds = nanoseconds * 10 + (place < digits.count ? Int32(digits[digits.startIndex + place] - UInt8(ascii: "0")) : 0)
            }
            rest = rest[digits.endIndex...]
        }
        let offset: Int
        if rest.elementsEqual("Z".utf8) || rest.elementsEqual("z".utf8) {
            offset = 0
        } else {
            guard rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-"), let seconds = Self.offset(rest) else { return nil }
            offset = seconds
        }
        let inDay = hour * 3600 + minute * 60 + second
        self.init(seconds: Int64(date.daysSince1970) * 86_400 + Int64(inDay - offset), nanoseconds: nanoseconds)
    }

    /// `2009-02-13T23:31:30.5Z`, in UTC, with as many digits behind the second as it has.
    package var text: String {
        let days = seconds.flooredQuotient(86_400)
        let inDay = Int(seconds - days * 86_400)
        var bytes = [UInt8]()
        CalendarDate(daysSince1970: Int32(truncatingIfNeeded: days)).append(to: &bytes)
        for (mark, number) in [("T", inDay / 3600), (":", inDay / 60 % 60), (":", inDay % 60)] {
            bytes += mark.utf8
            Digits.append(number, width: 2, to: &bytes)
        }
        Digits.appendFraction(Int(nanoseconds), to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Seconds of `+hh:mm`, `-hh:mm` or `hh:mm`.
    static func offset(_ text: some Collection<UInt8>) -> Int? {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = Array(isNegative || text.first == UInt8(ascii: "+") ? text.dropFirst() : text[...])
        guard digits.count == 5, digits[2] == UInt8(ascii: ":"), let hours = Digits.number(digits[0..<2]), hours < 24,
            let minutes = Digits.number(digits[3..<5]), minutes < 60
        else { return nil }
        return (hours * 3600 + minutes * 60) * (isNegative ? -1 : 1)
    }
}

/// Decimal digits of times.
enum Digits {
    static func contains(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    /// A number of a few digits and nothing else.
    static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.count <= 9, digits.allSatisfy(contains) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    static func append(_ number: Int, width: Int, to bytes: inout [UInt8]) {
        let digits = Array(String(number).utf8)
        bytes += repeatElement(UInt8(ascii: "0"), count: max(0, width - digits.count))
        bytes += digits
    }

    /// Nanoseconds as a fraction of a second without zeros at its end; nothing for none.
    static func appendFraction(_ nanoseconds: Int, to bytes: inout [UInt8]) {
        guard nanoseconds > 0 else { return }
        var digits: [UInt8] = []
        append(nanoseconds, width: 9, to: &digits)
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        bytes.append(UInt8(ascii: "."))
        bytes += digits
    }
}

extension Int64 {
    /// The quotient rounded down, by a positive divisor.
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
