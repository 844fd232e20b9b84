import Foundation

/// The form in which names are compared and searched: one for every common writing of a name.
///
/// Compatible characters are made one (NFKC), case is folded, and Latin, Greek and Cyrillic letters lose their accents, so that
/// `Müller`, `MULLER` and a `Muller` out of an old system are one name; `Mueller` is another. In other scripts a mark is part of
/// the letter, and stays: Hindi vowels, Thai tones, the voicing of kana.
package enum NameForm {
    /// The whole of it; runs of white space made one, and none at the ends.
    package static func whole(_ text: String) -> String {
        folded(text).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// Its words, each once. An apostrophe inside of a word joins (`O'Brien` is one word), a hyphen parts (`Anna-Lena` is two).
    /// A script without spaces makes one word.
    ///
    /// - Parameter limit: how many words are looked at; a value beyond it is no name.
    package static func words(_ text: String, limit: Int = 12) -> [String] {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        var joint: Unicode.Scalar?
        func finish() {
            if !word.isEmpty, !words.contains(String(word)) { words.append(String(word)) }
            word = String.UnicodeScalarView()
            joint = nil
        }
        for scalar in folded(text).unicodeScalars {
            if isPartOfWord(scalar) {
                // The dot of Catalan stands between two l, and nowhere else inside of a word.
                if joint == middleDot, scalar != "l" { finish() }
                joint = nil
                word.append(scalar)
            } else if joint == nil, let last = word.last, scalar == "'" || (scalar == middleDot && last == "l") {
                joint = scalar
            } else {
                finish()
            }
            if words.count == limit { return words }
        }
        finish()
        return words
    }

    private static let middleDot: Unicode.Scalar = "\u{B7}"

    private static func isPartOfWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) }
        return switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark, .spacingMark, .enclosingMark,
            .decimalNumber, .letterNumber, .otherNumber:
            true
        default: false
        }
    }

    // MARK: Folding

    private static func folded(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "`") }) { return text.lowercased() }
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where !isIgnored(scalar) { plain.append(punctuation(scalar)) }
        var letters = String.UnicodeScalarView()
        var losesMarks = false
        for scalar in String(plain).decomposedStringWithCompatibilityMapping.unicodeScalars {
            if scalar.properties.generalCategory == .nonspacingMark {
                if !losesMarks { letters.append(scalar) }
                continue
            }
            losesMarks = isAccented(scalar)
            for lower in scalar.properties.lowercaseMapping.unicodeScalars {
                if let spelt = spelling[lower] { letters.append(contentsOf: spelt.unicodeScalars) } else { letters.append(lower) }
            }
        }
        return String(letters).precomposedStringWithCompatibilityMapping
    }

    /// What no reader sees: joiners, marks of direction, soft hyphens, the stretching of Arabic letters.
    private static func isIgnored(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isDefaultIgnorableCodePoint || scalar == "\u{640}" || scalar == "\u{FEFF}"
    }

    /// Apostrophes and hyphens come in many characters, and people type the one that they find.
    private static func punctuation(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "\u{60}", "\u{B4}", "\u{2B9}", "\u{2BB}", "\u{2BC}", "\u{2BD}", "\u{2018}", "\u{2019}", "\u{201B}", "\u{2032}", "\u{FF07}": "'"
        case "\u{2010}"..."\u{2015}", "\u{2212}", "\u{FE58}", "\u{FE63}", "\u{FF0D}": "-"
        default: scalar
        }
    }

    /// Letters of Latin, Greek and Cyrillic, whose marks are accents.
    private static func isAccented(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x41...0x5A, 0x61...0x7A, 0xC0...0x2AF, 0x1D00...0x1DBF, 0x1E00...0x1EFF, 0x2C60...0x2C7F, 0xA720...0xA7FF, 0xAB30...0xAB6F: true
        case 0x370...0x3FF, 0x1F00...0x1FFF: true
        case 0x400...0x52F, 0x1C80...0x1C8F, 0x2DE0...0x2DFF, 0xA640...0xA69F: true
        default: false
        }
    }

    /// Letters that no decomposition takes to plain ones, as they are written where they are missing.
    private static let spelling: [Unicode.Scalar: String] = [
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t", "ŋ": "n", "ĸ": "k",
        "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y", "ɛ": "e", "ɔ": "o", "ς": "σ", "\u{2BC}": "'",
    ]
}
