extension Nanoseconds {
    private static let units: [(name: String, nanoseconds: UInt64)] = [
        ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000), ("ns", 1),
    ]

    /// Reads numbers with units, such as `1.5s`, `72h3m` or `-10ms`, and `0`. What is less than a nanosecond is cut off.
    package init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        if rest.elementsEqual("0".utf8) {
            self.init(0)
            return
        }
        guard !rest.isEmpty else { return nil }
        var sum: UInt64 = 0
        while !rest.isEmpty {
            guard let part = Self.part(&rest) else { return nil }
            let (next, isOver) = sum.addingReportingOverflow(part)
            guard !isOver else { return nil }
            sum = next
        }
        if isNegative {
            guard sum <= Int64.min.magnitude else { return nil }
            self.init(Int64(truncatingIfNeeded: 0 &- sum))
        } else {
            guard let count = Int64(exactly: sum) else { return nil }
            self.init(count)
        }
    }

    /// `5400s`, `1.5s`, `-0.000000001s`: seconds, with as many digits as it has.
    package var text: String {
        var bytes: [UInt8] = count < 0 ? [UInt8(ascii: "-")] : []
        let (seconds, nanoseconds) = count.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        bytes += String(seconds).utf8
        Digits.appendFraction(Int(nanoseconds), to: &bytes)
        bytes.append(UInt8(ascii: "s"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Takes one number with its unit off the front.
    private static func part(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        let whole = rest.prefix(while: Digits.contains)
        rest = rest[whole.endIndex...]
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: Digits.contains)
            rest = rest.dropFirst(1 + fraction.count)
        }
        let letters = rest.prefix { !Digits.contains($0) && $0 != UInt8(ascii: ".") }
        guard whole.count + fraction.count > 0, let unit = units.first(where: { $0.name.utf8.elementsEqual(letters) })?.nanoseconds else {
            return nil
        }
        rest = rest[letters.endIndex...]
        var count: UInt64 = 0
        for digit in whole {
            let (tens, isOver) = count.multipliedReportingOverflow(by: 10)
            let (sum, isOverSum) = tens.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
            guard !isOver, !isOverSum else { return nil }
            count = sum
        }
        let (product, isOver) = count.multipliedReportingOverflow(by: unit)
        // Each unit has fewer than 13 digits, so more of the fraction cannot matter.
        var (numerator, denominator) = (UInt64(0), UInt64(1))
        for digit in fraction.prefix(15) { (numerator, denominator) = (numerator * 10 + UInt64(digit - UInt8(ascii: "0")), denominator * 10) }
        let scaled = numerator.multipliedFullWidth(by: unit)
        // The numerator is less than the denominator, so the quotient is less than the unit and the division cannot overflow.
        let (sum, isOverSum) = product.addingReportingOverflow(denominator.dividingFullWidth(scaled).quotient)
        return isOver || isOverSum ? nil : sum
    }
}
