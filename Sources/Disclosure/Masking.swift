package import Catalog

extension Mask {
    /// What remains of a value. Says `***` and nothing more where showing a part would show nearly all.
    package func apply(to value: String, type: FieldType) -> String {
        switch self {
        case .hidden, .redacted: return Self.blank
        case .initial: return value.count > 1 ? value.first.map { "\($0)." } ?? Self.blank : Self.blank
        case .year: return type == .date && value.utf8.count == 10 ? String(decoding: value.utf8.prefix(4), as: UTF8.self) : Self.blank
        case .last4:
            if let ending = Self.asciiEnding(of: value) { return ending }
            let characters = value.filter { $0.isLetter || $0.isNumber }
            return characters.count >= 8 ? Self.blank + characters.suffix(4) : Self.blank
        case .email:
            guard let at = value.lastIndex(of: "@"), let first = value.first, first != "@" else { return Self.blank }
            let domain = value[value.index(after: at)...]
            guard let start = domain.first, let dot = domain.lastIndex(of: ".") else { return Self.blank }
            // A local part or a domain of one letter would stand there whole.
            let local = value[..<at].count > 1 ? String(first) : ""
            let host = domain[..<dot].count > 1 ? String(start) : ""
            return "\(local)\(Self.blank)@\(host)\(Self.blank)\(domain[dot...])"
        }
    }

    /// The last four letters and digits of a value in ASCII, without the cost of telling characters of all scripts apart;
    /// `nil` for a value that has others.
    private static func asciiEnding(of value: String) -> String? {
        var kept: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                kept.append(byte)
            case 0x80...: return nil
            default: break
            }
        }
        return kept.count >= 8 ? blank + String(decoding: kept.suffix(4), as: UTF8.self) : blank
    }

    private static let blank = "***"
}
