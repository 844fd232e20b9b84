package import Vocabulary

/// What a backup is called: the moment at which it began, in UTC, and a few letters, `20261122t174105z-k3fd`. Their order is that of time.
package struct BackupID: Sendable, Hashable, Comparable, CustomStringConvertible {
    private let text: String
    package var description: String { text }

    private static let letters = Array("abcdefghijklmnopqrstuvwxyz234567")

    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 21, bytes[8] == UInt8(ascii: "t"), bytes[15] == UInt8(ascii: "z"), bytes[16] == UInt8(ascii: "-") else { return nil }
        let digits = bytes[0..<8] + bytes[9..<15]
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }), text.suffix(4).allSatisfy({ Self.letters.contains($0) }) else { return nil }
        self.text = String(text)
    }

    /// When it began, to the second.
    package var moment: Instant? {
        let digits = text.filter(\.isNumber).prefix(14).map(String.init)
        let parts = [0..<4, 4..<6, 6..<8, 8..<10, 10..<12, 12..<14].map { digits[$0].joined() }
        return Instant("\(parts[0])-\(parts[1])-\(parts[2])T\(parts[3]):\(parts[4]):\(parts[5])Z")
    }

    /// A new one.
    package static func make(at time: Instant) -> BackupID {
        // RFC 3339: 2026-11-22T17:41:05.123Z
        let digits = time.description.prefix(19).filter(\.isNumber)
        let end = String((0..<4).map { _ in letters.randomElement() ?? "a" })
        guard let id = BackupID("\(digits.prefix(8))t\(digits.suffix(6))z-\(end)") else { preconditionFailure("a moment has a year of four digits") }
        return id
    }

    package static func < (first: BackupID, second: BackupID) -> Bool { first.text < second.text }
}
