/// An element of the XML that S3 services answer with: names, text and elements, and nothing else that XML can do.
///
/// Attributes are passed over, document types, instructions and CDATA sections are refused, and so is what does not end as it began.
struct XMLAnswer: Equatable {
    /// Without a namespace's prefix.
    let name: String
    /// The text directly in it, without what surrounds it when there are elements.
    var text = ""
    var elements: [XMLAnswer] = []

    func all(_ name: String) -> [XMLAnswer] { elements.filter { $0.name == name } }
    func text(of name: String) -> String? { elements.first { $0.name == name }?.text }

    private static let greatestDepth = 16

    /// The root; `nil` when the text is not of this kind.
    static func read(_ bytes: [UInt8]) -> XMLAnswer? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var reader = Reader(rest: text.utf8[...])
        return reader.document()
    }

    private struct Reader {
        var rest: Substring.UTF8View

        mutating func document() -> XMLAnswer? {
            skip("\u{FEFF}")
            skipSpace()
            if skip("<?xml") {
                guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return nil }
                rest = rest[rest.index(after: end)...]
                skipSpace()
            }
            guard let root = element(0) else { return nil }
            skipSpace()
            return rest.isEmpty ? root : nil
        }

        @discardableResult
        private mutating func skip(_ text: String) -> Bool {
            guard rest.starts(with: text.utf8) else { return false }
            rest = rest.dropFirst(text.utf8.count)
            return true
        }

        private mutating func skipSpace() { rest = rest.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) } }

        private mutating func name() -> String? {
            let name = rest.prefix {
                (0x30...0x3A).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || [0x2D, 0x2E, 0x5F].contains($0)
            }
            rest = rest.dropFirst(name.count)
            return name.isEmpty ? nil : String(Substring(name))
        }

        /// What stands before the end of a tag; the values are of no use here.
        private mutating func attributes() -> Bool {
            while true {
                skipSpace()
                guard let first = rest.first else { return false }
                if first == UInt8(ascii: ">") || first == UInt8(ascii: "/") { return true }
                guard name() != nil, skip("="), let quote = rest.first, quote == 0x22 || quote == 0x27 else { return false }
                rest = rest.dropFirst()
                guard let end = rest.firstIndex(of: quote) else { return false }
                rest = rest[rest.index(after: end)...]
            }
        }

        private mutating func element(_ depth: Int) -> XMLAnswer? {
            guard depth < greatestDepth, skip("<"), let name = name(), attributes() else { return nil }
            var element = XMLAnswer(name: name.split(separator: ":").last.map(String.init) ?? name)
            if skip("/") { return skip(">") ? element : nil }
            guard skip(">") else { return nil }
            while true {
                guard let text = text() else { return nil }
                element.text += text
                if skip("</") {
                    guard self.name() == name else { return nil }
                    skipSpace()
                    if !element.elements.isEmpty { element.text = "" }
                    return skip(">") ? element : nil
                }
                guard let inner = self.element(depth + 1) else { return nil }
                element.elements.append(inner)
            }
        }

        private static let named: [String: UInt8] = ["amp": 0x26, "lt": 0x3C, "gt": 0x3E, "quot": 0x22, "apos": 0x27]

        /// Up to the next tag.
        private mutating func text() -> String? {
            var bytes: [UInt8] = []
            while let byte = rest.first, byte != UInt8(ascii: "<") {
                rest = rest.dropFirst()
                guard byte == UInt8(ascii: "&") else {
                    bytes.append(byte)
                    continue
                }
                guard let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return nil }
                let reference = String(Substring(rest[..<end]))
                rest = rest[rest.index(after: end)...]
                if let character = Self.named[reference] {
                    bytes.append(character)
                } else {
                    let number = reference.hasPrefix("#x") ? UInt32(reference.dropFirst(2), radix: 16) : UInt32(reference.dropFirst(1))
                    guard reference.hasPrefix("#"), let scalar = number.flatMap(Unicode.Scalar.init) else { return nil }
                    bytes += String(Character(scalar)).utf8
                }
            }
            return rest.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
        }
    }
}
