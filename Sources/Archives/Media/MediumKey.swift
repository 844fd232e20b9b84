/// Which names objects may have: those that are the same on every medium, in every listing and under every file system.
enum MediumKey {
    /// S3 takes 1,024 bytes with the repository's prefix, file systems 255 a word.
    static let greatestByteCount = 512
    static let greatestWord = 160

    /// - Throws: `misconfigured` when this is no key.
    static func words(_ key: String) throws(MediumError) -> [String] {
        let words = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard key.utf8.count <= greatestByteCount, words.allSatisfy({ isWord($0) && !$0.isEmpty }) else { throw noKey }
        return words
    }

    /// What every key with this prefix begins with: whole words, and the beginning of one, which may be empty.
    static func prefix(_ prefix: String) throws(MediumError) -> (words: [String], beginning: String) {
        var words = prefix.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let beginning = words.popLast() ?? ""
        guard prefix.utf8.count <= greatestByteCount, words.allSatisfy({ isWord($0) && !$0.isEmpty }), isWord(beginning) else {
            throw noKey
        }
        return (words, beginning)
    }

    /// Whether a file or folder of this name may be part of a key.
    static func isWord(_ text: String) -> Bool {
        text.utf8.first != UInt8(ascii: ".") && text.utf8.count <= greatestWord
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || [0x2E, 0x5F, 0x2D].contains($0) }
    }

    private static var noKey: MediumError {
        // It may be anything: it is not repeated.
        MediumError(.misconfigured, "an object", "its name is no key")
    }
}
