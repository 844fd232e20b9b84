import DataFormats
import Sealing

/// One signature line under a note, read but not verified: `— name base64`, where the base64 has a key id of four bytes before the signature.
package struct NoteSignature: Sendable, Hashable {
    package let name: String
    package let keyID: UInt32
    /// The signature alone; its length depends on the kind of key.
    package let bytes: [UInt8]

    private static let dash = Array("— ".utf8)

    init(of key: NoteKey, bytes: [UInt8]) {
        name = key.name
        keyID = key.id
        self.bytes = bytes
    }

    /// Reads a line without its LF; `nil` when it has another form.
    package init?(line: some StringProtocol) {
        let bytes = Array(line.utf8)
        guard bytes.starts(with: Self.dash) else { return nil }
        let parts = bytes.dropFirst(Self.dash.count).split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 2, NoteKey.isName(parts[0]), let name = String(validating: parts[0], as: UTF8.self),
            !name.contains(where: \.isWhitespace), let signed = Base64.decode(parts[1]), signed.count > 4
        else { return nil }
        self.name = name
        keyID = signed.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        self.bytes = Array(signed.dropFirst(4))
    }

    /// What a witness answers: one line or more, each ending in LF, at most as many as a note may have.
    package static func lines(_ bytes: [UInt8]) throws(LogError) -> [NoteSignature] {
        guard bytes.count <= SignedNote.greatestByteCount, bytes.last == 0x0A else { throw .noteMalformed }
        let lines = bytes.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.count <= SignedNote.greatestSignatureCount else { throw .noteMalformed }
        var signatures: [NoteSignature] = []
        for line in lines {
            guard let text = String(validating: line, as: UTF8.self), let signature = NoteSignature(line: text) else { throw .noteMalformed }
            signatures.append(signature)
        }
        return signatures
    }

    /// Without LF.
    package var line: String {
        let id = (0..<4).map { UInt8(truncatingIfNeeded: keyID >> UInt32(24 - 8 * $0)) }
        return "— \(name) \(Base64.encode(id + bytes))"
    }

    /// Whether the line claims to be of this key; the name is compared byte by byte.
    package func isOf(_ key: NoteKey) -> Bool { keyID == key.id && key.hasName(name) }

    /// Whether the line is of this key and verifies over the text.
    package func isValid(for text: String, key: NoteKey) -> Bool {
        guard isOf(key) else { return false }
        switch key.kind {
        case .note: return key.key.isValid(bytes, for: Array(text.utf8))
        case .cosignature: return Cosignature(self, of: text, by: key) != nil
        }
    }
}
