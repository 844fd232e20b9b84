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
        case .phone(let raw, let normalised): Array((PhoneNumber(raw)?.searchForm ?? normalised ?? raw).utf8)
        case .text(let text) where type == .text: Array(NameForm.whole(text).utf8)
        case .text(let text) where type == .email: Array(EmailAddress.searchForm(text).utf8)
        case .text(let text): Array(Normalisation.folded(text).utf8)
        default: value.plaintext
        }
    }

    /// Everything that a value has search tokens of, of one kind: its form, its words, or how these begin.
    package func searchTexts(of value: FieldValue, _ kind: SearchKind) -> [[UInt8]] {
        guard search.contains(kind) else { return [] }
        switch (kind, value) {
        case (.exact, _): return [searchForm(of: value)]
        case (.word, .text(let text)): return NameForm.words(text).map { Array($0.utf8) }
        case (.prefix, .text(let text)): return Array(Set(NameForm.words(text).flatMap { SearchPrefix.all(of: $0) })).map { Array($0.utf8) }
        default: return []
        }
    }
}
