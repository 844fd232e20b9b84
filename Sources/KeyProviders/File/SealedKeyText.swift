import DataFormats
import Sealing

/// A sealed key as a file of text: what it is, what one has to know to open it, the sealed key, and a digest of all that.
///
/// ```
/// gatehouse-wrapping-key-1
/// name 0197…-1-0
/// root 5f0c…
/// key <Base64URL of a KeyEnvelope>
/// check <Hex of BLAKE2b-128 over the lines above>
/// ```
///
/// The digest has no key: it tells a damaged file from a wrong passphrase, and nothing about who wrote it. That only opening the key
/// tells, which binds the first line and all fields as associated data.
struct SealedKeyText {
    struct Field: Equatable {
        let name: String
        let value: String
    }

    /// The first line: what kind of key, and the version of the format.
    let word: String
    let fields: [Field]
    let sealed: [UInt8]

    /// What the sealed key is bound to.
    static func label(_ word: String, _ fields: [Field]) -> [UInt8] {
        Array("\(word)\n".utf8) + fields.flatMap { Array("\($0.name) \($0.value)\n".utf8) }
    }

    init(word: String, fields: [Field], sealing key: SymmetricKey, under wrapping: SymmetricKey) {
        self.word = word
        self.fields = fields
        sealed = KeyEnvelope.wrap(key, under: wrapping, label: Self.label(word, fields))
    }

    /// `nil` when this is not the key that sealed it, or the file says something else than it did then.
    func open(under wrapping: SymmetricKey) -> SymmetricKey? {
        KeyEnvelope.unwrap(sealed, under: wrapping, label: Self.label(word, fields))
    }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    // MARK: Text

    var text: [UInt8] {
        let body = Self.label(word, fields) + Array("key \(Base64URL.encode(sealed))\n".utf8)
        return body + Array("check \(Self.check(body))\n".utf8)
    }

    private static func check(_ body: some Collection<UInt8>) -> String { Hex.encode(Blake2b.hash(Array(body), byteCount: 16)) }

    /// - Parameters:
    ///   - word: the first line that is wanted.
    ///   - names: the fields that have to be there, in this order; which of these lists it is, the reader looks for.
    /// - Throws: `malformed`, with the file's path.
    init(reading bytes: [UInt8], word: String, names: [[String]], path: String) throws(KeyProviderError) {
        guard bytes.starts(with: Array("\(word)\n".utf8)) else {
            throw KeyProviderError(.malformed, "\(path) does not begin with '\(word)'", hint: Self.hint)
        }
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        // What follows the last line break, the digest, the key.
        guard lines.count >= 4, lines.removeLast().isEmpty, let check = Self.value("check", of: lines.removeLast()),
            Self.check(bytes.dropLast("check \(check)\n".utf8.count)) == check,
            let key = Self.value("key", of: lines.removeLast()), let sealed = Base64URL.decode(key)
        else { throw .damaged(path) }
        var fields: [Field] = []
        for line in lines.dropFirst() {
            guard let space = line.firstIndex(of: " ") else { throw .damaged(path) }
            fields.append(Field(name: String(line[..<space]), value: String(line[line.index(after: space)...])))
        }
        guard names.contains(fields.map(\.name)) else { throw .damaged(path) }
        self.word = word
        self.fields = fields
        self.sealed = sealed
    }

    static let hint = "put it back from a backup of the keys folder; nothing was changed"

    private static func value(_ name: String, of line: String) -> String? {
        line.hasPrefix("\(name) ") ? String(line.dropFirst(name.count + 1)) : nil
    }
}

extension KeyProviderError {
    static func damaged(_ path: String) -> KeyProviderError {
        KeyProviderError(.malformed, "\(path) was cut short or changed", hint: SealedKeyText.hint)
    }
}
