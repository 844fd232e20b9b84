/// Something that an operator decides, and where its value is looked for: a flag, then the environment, then the configuration file.
struct Setting: Sendable {
    enum Kind: Sendable {
        case text
        case number(ClosedRange<Int>)
        case choice([String])
        /// A file that is read.
        case file
        /// A file with a secret in it, for its owner's eyes only. Secrets themselves are never settings.
        case secretFile
        /// Where a database is; not shown, because the environment may carry a password in it.
        case database
        /// A secret that the environment alone may carry: the token of whoever runs a command.
        case token
    }

    /// The environment variable.
    let variable: String
    let kind: Kind
    /// What holds when nobody says anything; `nil` for nothing.
    let fallback: String?
    let meaning: String

    /// As it stands in the file: its parts may be nested at any `_`, as `backup: {repository: /srv/backups}`.
    var key: String { Self.key(of: variable) }

    static func key(of variable: String) -> String {
        (variable.hasPrefix(prefix) ? String(variable.dropFirst(prefix.count)) : variable).lowercased()
    }

    static let prefix = "GATEHOUSE_"

    init(_ variable: String, _ kind: Kind = .text, _ fallback: String? = nil, _ meaning: String) {
        self.variable = variable
        self.kind = kind
        self.fallback = fallback
        self.meaning = meaning
    }

    /// What is wrong with a value, as far as its form goes.
    func problem(_ value: String) -> String? {
        switch kind {
        case .number(let range):
            if let number = Int(value), range.contains(number) { return nil }
            return "is '\(value)', and a whole number from \(range.lowerBound) to \(range.upperBound) is asked for"
        case .choice(let words): return words.contains(value) ? nil : "is '\(value)', and one of \(words.joined(separator: ", ")) is asked for"
        case .text, .file, .secretFile, .database, .token: return nil
        }
    }

    /// Whether the value may be shown.
    var isShown: Bool {
        switch kind {
        case .database, .token: false
        case .text, .number, .choice, .file, .secretFile: true
        }
    }
}
