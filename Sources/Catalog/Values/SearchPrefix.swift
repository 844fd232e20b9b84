/// The beginnings of words that prefix search knows.
package enum SearchPrefix {
    /// In Unicode scalars of the normal form. Few lengths, because each is a token in the vault that tells how often it occurs; what
    /// lies between two lengths is looked up by the shorter, and told apart by opening.
    package static let lengths = [2, 3, 4, 6, 8]
    package static let minimum = 2

    /// The beginnings that a word is found by. The whole word is none of them: it has its own token.
    package static func all(of word: String) -> [String] {
        let scalars = Array(word.unicodeScalars)
        return lengths.prefix { $0 < scalars.count }.map { text(scalars[..<$0]) }
    }

    /// What the beginning of a word is looked up by; `nil` when it is too short.
    package static func lookUp(_ beginning: String) -> String? {
        let scalars = Array(beginning.unicodeScalars)
        return lengths.last { $0 <= scalars.count }.map { text(scalars[..<$0]) }
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
