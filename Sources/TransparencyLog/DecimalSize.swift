/// The one way in which sizes and positions are written in notes, proofs and paths: decimal, no sign, no leading zero.
enum DecimalSize {
    static func read(_ text: some Collection<UInt8>) -> Int? {
        guard let first = text.first, text.count == 1 || first != UInt8(ascii: "0"), text.count <= 19 else { return nil }
        var value = 0
        for digit in text {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            let (tenfold, isTooGreat) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooGreatNow) = tenfold.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
            guard !isTooGreat, !isTooGreatNow else { return nil }
            value = sum
        }
        return value
    }

    static func read(_ text: some StringProtocol) -> Int? { read(text.utf8) }
}
