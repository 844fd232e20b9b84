/// The shape of addresses that mail systems accept in practice (RFC 5321 without quoted local parts, RFC 6531 letters).
package enum EmailAddress {
    package static func isWellFormed(_ text: String) -> Bool {
        guard text.utf8.count <= 254, let at = text.lastIndex(of: "@") else { return false }
        let local = text[..<at]
        let domain = text[text.index(after: at)...]
        guard !local.isEmpty, local.utf8.count <= 64, local.first != ".", local.last != ".", !local.contains("..") else { return false }
        guard local.unicodeScalars.allSatisfy(isLocal) else { return false }
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2 else { return false }
        return labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
                && label.unicodeScalars.allSatisfy { isLetterOrDigit($0) || $0 == "-" }
        }
    }

    /// What two writings of one address have in common: case folded (no mail system tells addresses apart by it), compatible
    /// characters made one, and a domain in its own letters where it was written in the ASCII form of RFC 5890. What stands
    /// behind a plus stays: it is another address.
    package static func searchForm(_ text: String) -> String {
        let folded = Normalisation.folded(text)
        guard folded.contains("xn--"), let at = folded.lastIndex(of: "@") else { return folded }
        let labels = folded[folded.index(after: at)...].split(separator: ".", omittingEmptySubsequences: false).map { label -> String in
            guard label.hasPrefix("xn--"), let decoded = Punycode.decode(label.dropFirst(4)) else { return String(label) }
            return Normalisation.folded(decoded)
        }
        return String(folded[...at]) + labels.joined(separator: ".")
    }

    private static func isLocal(_ scalar: Unicode.Scalar) -> Bool {
        isLetterOrDigit(scalar) || "!#$%&'*+-/=?^_`{|}~.".unicodeScalars.contains(scalar)
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            ? ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
            : scalar.properties.isAlphabetic || scalar.properties.generalCategory == .nonspacingMark
    }
}

/// http and https addresses with a host (RFC 3986, shape only).
package enum WebAddress {
    package static func isWellFormed(_ text: String) -> Bool {
        let lower = text.lowercased()
        let rest: Substring
        if lower.hasPrefix("https://") {
            rest = text.dropFirst(8)
        } else if lower.hasPrefix("http://") {
            rest = text.dropFirst(7)
        } else {
            return false
        }
        let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return !host.isEmpty && !host.contains("@")
            && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "<" && $0 != ">" && $0 != "\"" && $0.value != 0x7F }
    }
}

/// The name of a user or team.
package enum AccountName {
    package static func isWellFormed(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count), let first = text.unicodeScalars.first else { return false }
        return isLetterOrDigit(first) && text.unicodeScalars.allSatisfy { isLetterOrDigit($0) || "._-@".unicodeScalars.contains($0) }
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
    }
}

/// Decimal amounts that survive any number of round trips.
package enum DecimalAmount {
    /// The amount as PostgreSQL would print it after `numeric(20,4)` without trailing zeros lost or added: digits as
    /// written, no plus, no leading zeros, no minus zero. `nil` when it is no amount.
    package static func canonical(_ text: String) -> String? {
        let isNegative = text.hasPrefix("-")
        let parts = (isNegative ? text.dropFirst() : text[...]).split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = parts.first, !whole.isEmpty, whole.count <= 16, whole.allSatisfy(isDigit) else {
            return nil
        }
        let fraction = parts.count == 2 ? parts[1] : ""
        guard parts.count == 1 || (!fraction.isEmpty && fraction.count <= 4 && fraction.allSatisfy(isDigit)) else { return nil }
        let trimmed = whole.drop { $0 == "0" }
        let digits = (trimmed.isEmpty ? "0" : String(trimmed)) + (fraction.isEmpty ? "" : "." + fraction)
        return (isNegative && digits.contains { $0 != "0" && $0 != "." } ? "-" : "") + digits
    }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
}
