import Catalog
import DataFormats
package import Vocabulary

/// `contact.vcf`: a person's own record as a vCard 4.0 (RFC 6350), for an address book.
///
/// Fields are recognised by their names in the default catalog, and e-mail addresses, numbers and pages by their type as well.
package enum ContactCard {
    package static let fileName = "contact.vcf"

    package static func append(_ record: ExportedRecord, _ plan: ExportPlan.PlannedEntity, madeAt: Instant, to bytes: inout [UInt8]) {
        var shown: [String: FieldValue] = [:]
        for (planned, value) in zip(plan.fields, record.values) {
            if case .shown(let value) = value { shown[planned.field.name] = value }
        }
        func text(_ name: String) -> String { shown[name].map { escaped($0.exportText) } ?? "" }

        var lines = ["BEGIN:VCARD", "VERSION:4.0", "UID:urn:uuid:\(record.id)"]
        let name = ["given_name", "middle_name", "family_name"].map(text).filter { !$0.isEmpty }.joined(separator: " ")
        // The one property that every card has (section 6.2.1).
        lines.append("FN:" + ([name, text("email")].first { !$0.isEmpty } ?? "?"))
        if !name.isEmpty {
            lines.append("N:" + [text("family_name"), text("given_name"), text("middle_name"), text("honorific"), ""].joined(separator: ";"))
        }
        for planned in plan.fields {
            let value = text(planned.field.name)
            guard !value.isEmpty else { continue }
            switch planned.field.type {
            case .email: lines.append("EMAIL:" + value)
            case .phone: lines.append((planned.field.name == "mobile" ? "TEL;TYPE=cell:" : "TEL;TYPE=voice:") + value)
            case .url: lines.append("URL:" + (shown[planned.field.name]?.exportText ?? "").filter { !$0.isWhitespace })
            default: break
            }
        }
        let address = ["street", "city", "region", "postal_code", "country"].map(text)
        if address.contains(where: { !$0.isEmpty }) { lines.append("ADR:;;" + address.joined(separator: ";")) }
        if case .date(let date)? = shown["birth_date"] { lines.append("BDAY:" + "\(date)".filter { $0 != "-" }) }
        if shown["job_title"] != nil { lines.append("TITLE:" + text("job_title")) }
        if shown["company"] != nil { lines.append("ORG:" + text("company")) }
        lines.append("REV:" + "\(madeAt)".prefix(19).filter { $0 != "-" && $0 != ":" } + "Z")
        lines.append("END:VCARD")
        for line in lines { appendFolded(line, to: &bytes) }
    }

    /// Section 3.4; other control characters have no place in a value.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", ",", ";":
                result.unicodeScalars.append("\\")
                result.unicodeScalars.append(scalar)
            case "\n": result += "\\n"
            case "\r": break
            default: result.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
            }
        }
        return result
    }

    /// Lines of at most 75 octets (section 3.2); no character is cut in two.
    private static func appendFolded(_ line: String, to bytes: inout [UInt8]) {
        var column = 0
        for scalar in line.unicodeScalars {
            let width = UTF8.width(scalar)
            if column + width > 75 {
                bytes += "\r\n ".utf8
                column = 1
            }
            bytes += String(scalar).utf8
            column += width
        }
        bytes += "\r\n".utf8
    }
}
