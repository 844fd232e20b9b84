/// Where something stands in a file a person wrote; lines and columns count from 1.
package struct SourcePosition: Sendable, Hashable, CustomStringConvertible {
    package let file: String
    package let line: Int
    package let column: Int

    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String { "\(file):\(line):\(column)" }
}

/// What is wrong in a file, where, and what to do about it.
package struct Diagnostic: Error, Sendable, Hashable, CustomStringConvertible {
    package let position: SourcePosition
    package let message: String
    package let hint: String?

    package init(_ position: SourcePosition, _ message: String, hint: String? = nil) {
        self.position = position
        self.message = message
        self.hint = hint
    }

    package var description: String { "\(position): \(message)" + (hint.map { "\n  hint: \($0)" } ?? "") }
}

/// Everything that is wrong at once: a person mends a file in one go.
package struct Diagnostics: Error, Sendable, CustomStringConvertible {
    package let all: [Diagnostic]
    package init(_ all: [Diagnostic]) { self.all = all }
    package var description: String { all.map(\.description).joined(separator: "\n") }
}

/// A document with positions, whatever notation it was written in.
package struct SourceNode: Sendable {
    package enum Content: Sendable {
        case scalar(String, isQuoted: Bool)
        case sequence([SourceNode])
        case mapping([(key: SourceNode, value: SourceNode)])
    }

    package let position: SourcePosition
    package let content: Content

    package init(position: SourcePosition, content: Content) {
        self.position = position
        self.content = content
    }

    package func text(_ what: String) throws(Diagnostic) -> String {
        guard case .scalar(let text, _) = content else { throw Diagnostic(position, "\(what) has to be a single value") }
        return text
    }

    package func boolean(_ what: String) throws(Diagnostic) -> Bool {
        switch content {
        case .scalar("true", false): return true
        case .scalar("false", false): return false
        default: throw Diagnostic(position, "\(what) has to be true or false")
        }
    }

    package func integer(_ what: String) throws(Diagnostic) -> Int {
        guard case .scalar(let text, _) = content, let value = Int(text) else {
            throw Diagnostic(position, "\(what) has to be a whole number")
        }
        return value
    }

    package func texts(_ what: String) throws(Diagnostic) -> [(text: String, position: SourcePosition)] {
        guard case .sequence(let items) = content else {
            throw Diagnostic(position, "\(what) has to be a list", hint: "write [one, two]")
        }
        var result: [(text: String, position: SourcePosition)] = []
        for item in items { result.append((try item.text("each item of \(what)"), item.position)) }
        return result
    }

    package func choice<Choice: RawRepresentable & CaseIterable>(_ what: String, of _: Choice.Type) throws(Diagnostic) -> Choice
    where Choice.RawValue == String {
        let text = try text(what)
        guard let choice = Choice(rawValue: text) else {
            throw Diagnostic(
                position, "\(what) '\(text)' is not known",
                hint: Spelling.hint(for: text, among: Choice.allCases.map(\.rawValue))
            )
        }
        return choice
    }

    package func mapping(_ what: String) throws(Diagnostic) -> SourceMapping {
        guard case .mapping(let members) = content else { throw Diagnostic(position, "\(what) has to be a mapping") }
        return SourceMapping(what: what, position: position, members: members)
    }
}

extension SourceNode {
    /// Whether both say the same, wherever it stands; comments and layout do not count, the order of members does.
    package func saysSame(as other: SourceNode) -> Bool {
        switch (content, other.content) {
        case (.scalar(let left, let isLeftQuoted), .scalar(let right, let isRightQuoted)): left == right && isLeftQuoted == isRightQuoted
        case (.sequence(let left), .sequence(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.saysSame(as: $1) }
        case (.mapping(let left), .mapping(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.key.saysSame(as: $1.key) && $0.value.saysSame(as: $1.value) }
        default: false
        }
    }
}

/// The members of a mapping, each to be asked for by name; whatever nobody knows is an error.
package struct SourceMapping: Sendable {
    package let what: String
    package let position: SourcePosition
    package let members: [(key: SourceNode, value: SourceNode)]

    package subscript(_ name: String) -> SourceNode? {
        for member in members {
            if case .scalar(let text, _) = member.key.content, text == name { return member.value }
        }
        return nil
    }

    package func required(_ name: String) throws(Diagnostic) -> SourceNode {
        guard let value = self[name] else { throw Diagnostic(position, "\(what) needs '\(name)'") }
        return value
    }

    package func refuseOthers(than known: [String]) throws(Diagnostic) {
        for member in members {
            let key = try member.key.text("a member name of \(what)")
            if !known.contains(key) {
                throw Diagnostic(member.key.position, "'\(key)' is not known in \(what)", hint: Spelling.hint(for: key, among: known))
            }
        }
    }
}

/// "Did you mean": the nearest of a list of words.
package enum Spelling {
    package static func hint(for word: String, among known: [String]) -> String {
        if let nearest = nearest(to: word, among: known) { return "did you mean '\(nearest)'?" }
        return "one of " + known.joined(separator: ", ")
    }

    /// - Returns: `nil` when none is near.
    package static func nearest(to word: String, among known: [String]) -> String? {
        let ranked = known.map { (distance($0, word), $0) }.sorted { $0 < $1 }
        return ranked.first.flatMap { $0.0 <= max(2, word.count / 3) ? $0.1 : nil }
    }

    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var previous = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let replaced = previous + (a == b ? 0 : 1)
                previous = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
