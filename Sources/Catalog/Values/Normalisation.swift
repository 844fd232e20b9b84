import Foundation

/// The forms in which values are compared and searched.
package enum Normalisation {
    /// Unicode NFKC with case folded, runs of white space made one and trimmed. Two writings of one name become one.
    package static func folded(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            return text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        let compatible = text.precomposedStringWithCompatibilityMapping.lowercased()
        return compatible.precomposedStringWithCompatibilityMapping.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

extension Field {
    /// What a search token is made of, and what an opened value is compared by.
    package func searchForm(of value: FieldValue) -> [UInt8] {
        switch value {
        case .phone(let raw, let normalised): Array((normalised ?? String(raw.filter { $0.isASCII && $0.isNumber })).utf8)
        case .text(let text): Array(Normalisation.folded(text).utf8)
        default: value.plaintext
        }
    }
}
