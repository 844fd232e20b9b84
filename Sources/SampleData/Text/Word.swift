/// A word in its own script with the ASCII form that stands for it in an e-mail address or a domain.
struct Word: Sendable {
    let native: String
    /// Small letters and digits only.
    let ascii: String

    /// Reads `Ольга=olha`, or `Zoë` alone where folding the diacritics of a Latin word is enough.
    init(_ entry: String) {
        let halves = entry.split(separator: "=", maxSplits: 1)
        native = halves.first.map(String.init) ?? ""
        ascii = Word.fold(halves.last.map(String.init) ?? "")
    }

    private static func fold(_ text: String) -> String {
        var line = TextLine(capacity: text.utf8.count)
        for character in text.lowercased() {
            if let byte = character.asciiValue {
                if character.isLetter || character.isNumber { line.append(byte: byte) }
            } else if let plain = plainLetters[character] {
                line.append(plain)
            }
        }
        return line.string
    }

    private static let plainLetters: [Character: String] = {
        let groups = [
            ("a", "àáâãäåāăąạảấầẩẫậắằẳẵặ"), ("c", "çćč"), ("d", "ďđð"), ("e", "èéêëēęěẹẻẽếềểễệ"), ("g", "ğģ"),
            ("i", "ìíîïīįıịỉĩ"), ("l", "łľĺ"), ("n", "ñńňņ"), ("o", "òóôõöøōőọỏốồổỗộơớờởỡợ"), ("r", "řŕ"),
            ("s", "śšşș"), ("t", "ťțţ"), ("u", "ùúûüūůűųụủũưứừửữự"), ("y", "ýÿỳỵỷỹ"), ("z", "źżž"),
            ("ss", "ß"), ("ae", "æ"), ("oe", "œ"), ("i", "i̇"),
        ]
        var letters: [Character: String] = [:]
        for (plain, accented) in groups {
            for character in accented { letters[character] = plain }
        }
        return letters
    }()
}

extension String {
    /// The entries of a table written as one text, parted by commas and line ends.
    var entries: [String] {
        split { $0 == "," || $0 == "\n" }.map(\.trimmed)
    }

    /// The lines of a table whose entries contain commas.
    var entryLines: [String] {
        split(separator: "\n").map(\.trimmed)
    }

    var words: [Word] { entries.map { Word($0) } }
}

extension Substring {
    var trimmed: String {
        let start = self.drop { $0 == " " }
        guard let last = start.lastIndex(where: { $0 != " " }) else { return "" }
        return String(start[...last])
    }
}
