import Vocabulary

/// Reads the lines of feed settings, and goes on after a wrong one: a person mends a file in one go.
struct FeedSettingsReading {
    private struct Word {
        let text: String
        let position: SourcePosition
    }

    private static let kinds = ["http", "syslog"]

    let file: String
    private(set) var feeds: [FeedSettings.Feed] = []
    private(set) var problems: [Diagnostic] = []

    init(file: String) { self.file = file }

    mutating func read(_ line: Substring.UnicodeScalarView, number: Int) {
        let words = words(line, number)
        guard let first = words.first else { return }
        do throws(Diagnostic) {
            let feed = try feed(first, words)
            if let other = feeds.first(where: { $0.name == feed.name }) {
                throw Diagnostic(words[1].position, "the name '\(feed.name)' stands in line \(other.position.line) already", hint: "choose another")
            }
            feeds.append(feed)
        } catch {
            problems.append(error)
        }
    }

    private func words(_ line: Substring.UnicodeScalarView, _ number: Int) -> [Word] {
        var words: [Word] = []
        var column = 1
        for part in line.split(omittingEmptySubsequences: false, whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" }) {
            if part.first == "#" { break }
            if !part.isEmpty { words.append(Word(text: String(part), position: SourcePosition(file: file, line: number, column: column))) }
            column += part.count + 1
        }
        return words
    }

    private func feed(_ kind: Word, _ words: [Word]) throws(Diagnostic) -> FeedSettings.Feed {
        guard Self.kinds.contains(kind.text) else {
            throw Diagnostic(kind.position, "'\(kind.text)' is no kind of feed", hint: Spelling.hint(for: kind.text, among: Self.kinds))
        }
        guard words.count >= 3 else {
            throw Diagnostic(kind.position, "a feed needs a name and an address", hint: "write '\(kind.text) NAME ADDRESS'")
        }
        let name = try name(words[1])
        let address = words[2]
        var options = try options(words[3...], known: kind.text == "http" ? ["token-file", "ca"] : ["ca"])
        let destination: FeedSettings.Destination
        let isTLS: Bool
        do throws(CollectorAddress.Problem) {
            if kind.text == "http" {
                let url = try CollectorAddress.http(address.text)
                destination = .http(url: url, token: options.removeValue(forKey: "token-file").map { TokenFile(path: $0.text) })
                isTLS = url.lowercased().hasPrefix("https:")
            } else {
                let server = try CollectorAddress.syslog(address.text)
                destination = .syslog(server)
                isTLS = server.isTLS
            }
        } catch {
            throw Diagnostic(address.position, error.message, hint: error.hint)
        }
        let authorities = options["ca"]
        if let authorities, !isTLS {
            throw Diagnostic(authorities.position, "'ca' says whom to trust over TLS, and this address is without", hint: "leave it out")
        }
        return FeedSettings.Feed(name: name, destination: destination, authorities: authorities?.text, position: kind.position)
    }

    private func name(_ word: Word) throws(Diagnostic) -> String {
        let isName = word.text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard isName, (1...40).contains(word.text.utf8.count) else {
            throw Diagnostic(word.position, "this is no name of a feed", hint: "a name is 1 to 40 of a-z, 0-9 and -")
        }
        return word.text
    }

    /// The paths of files, by option.
    private func options(_ words: ArraySlice<Word>, known: [String]) throws(Diagnostic) -> [String: Word] {
        var options: [String: Word] = [:]
        for word in words {
            let parts = word.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let option = String(parts[0])
            guard known.contains(option), parts.count == 2 else {
                throw Diagnostic(
                    word.position, "'\(option)' is no option of this feed", hint: Spelling.hint(for: option, among: known.map { $0 + "=" }))
            }
            guard parts[1].hasPrefix("/") else {
                throw Diagnostic(word.position, "'\(option)' needs the absolute path of a file", hint: "write \(option)=/…")
            }
            guard options[option] == nil else { throw Diagnostic(word.position, "'\(option)' stands there twice", hint: "leave one") }
            options[option] = Word(text: String(parts[1]), position: word.position)
        }
        return options
    }
}
