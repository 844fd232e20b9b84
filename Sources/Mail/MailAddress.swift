/// An address that can stand in an envelope and a header as it is: one at sign, no white space, no control, nothing that either would read
/// as its own syntax.
package struct MailAddress: Sendable, Hashable, CustomStringConvertible {
    package let text: String
    /// Has letters beyond ASCII, which only servers with SMTPUTF8 take (RFC 6531).
    let needsUnicode: Bool

    package init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count), (1...255).contains(parts[1].utf8.count), text.utf8.count <= 254 else {
            return nil
        }
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .unassigned, .privateUse: false
            default: !"<>()[],;:\\\"".unicodeScalars.contains(scalar)
            }
        }
        guard isPlain else { return nil }
        self.text = text
        needsUnicode = !text.utf8.allSatisfy { $0 < 0x80 }
    }

    package var description: String { "redacted" }
}
