/// A length of time as operators write it: whole minutes, hours, days or weeks, `30m`, `48h`, `7d`, `2w`.
package struct BackupSpan: Sendable, Equatable, CustomStringConvertible {
    package let minutes: Int
    /// As it was written.
    package let description: String

    /// Ten years: more is a mistake.
    private static let limit = 10 * 366 * 24 * 60

    init?(_ text: some StringProtocol) {
        let factors: [Character: Int] = ["m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60]
        guard let factor = text.last.flatMap({ factors[$0] }), let count = WrittenNumber.read(text.dropLast()),
            count <= Self.limit / factor
        else { return nil }
        minutes = count * factor
        description = String(text)
    }

    var microseconds: Int64 { Int64(minutes) * 60_000_000 }
}

/// A number from one on, without sign, leading zeros or more than nine digits.
enum WrittenNumber {
    static func read(_ text: some StringProtocol) -> Int? {
        guard text.count <= 9, text.first != "0", text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int(text)
    }
}
