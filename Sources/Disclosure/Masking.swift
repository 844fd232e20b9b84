package import Catalog

extension Mask {
    /// What remains of a value. Says `***` and nothing more where showing a part would show nearly all.
    package func apply(to value: String, type: FieldType) -> String {
        switch self {
        case .hidden, .redacted: return Self.blank
        case .initial: return value.count > 1 ? value.first.map { "\($0)." } ?? Self.blank : Self.blank
        case .year: return type == .date && value.count == 10 ? String(value.prefix(4)) : Self.blank
        case .last4:
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

    private static let blank = "***"
}
