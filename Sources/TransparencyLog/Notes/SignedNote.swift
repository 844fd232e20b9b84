package import Sealing

/// A text with signatures under it (C2SP signed-note 1.0.0): lines of text, an empty line, signature lines.
///
/// Reading one says nothing about who signed it; ``verify(_:)`` does.
package struct SignedNote: Sendable, Hashable, CustomStringConvertible {
    package static let greatestByteCount = 256 << 10
    /// The format asks for sixteen at least.
    package static let greatestSignatureCount = 100

    /// Ends in LF.
    package let text: String
    package private(set) var signatures: [NoteSignature]

    /// A note nobody has signed yet.
    ///
    /// - Throws: `noteMalformed` when the text does not end in LF, or has a control character other than LF.
    package init(text: String) throws(LogError) {
        guard text.utf8.last == 0x0A, Self.isClean(text.utf8), text.utf8.count <= Self.greatestByteCount else { throw .noteMalformed }
        self.text = text
        signatures = []
    }

    /// Reads a whole note: UTF-8, no control character but LF, one signature line at least, nothing after the last.
    ///
    /// The last empty line is the one before the signatures, so the text may have empty lines of its own.
    package init(_ bytes: [UInt8]) throws(LogError) {
        guard bytes.count <= Self.greatestByteCount, Self.isClean(bytes),
            let gap = bytes.indices.dropLast().last(where: { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A }),
            let text = String(validating: bytes[...gap], as: UTF8.self)
        else { throw .noteMalformed }
        self.text = text
        signatures = try NoteSignature.lines(Array(bytes[(gap + 2)...]))
    }

    package var description: String { text + "\n" + signatures.map { $0.line + "\n" }.joined() }

    /// Puts the key's signature under the note.
    ///
    /// - Parameter name: what the key signs as.
    package mutating func sign(as name: String, with key: borrowing SigningKey) throws(LogError) {
        let signer = try NoteKey(name: name, key: key.verifyingKey)
        try add(NoteSignature(of: signer, bytes: key.sign(Array(text.utf8))))
    }

    /// Puts a line under the note as it is; one that stands there already is not repeated.
    package mutating func add(_ line: NoteSignature) throws(LogError) {
        if signatures.contains(line) { return }
        guard signatures.count < Self.greatestSignatureCount else { throw .noteMalformed }
        signatures.append(line)
    }

    /// Verifies every line that a known key claims; lines of others are ignored.
    ///
    /// - Returns: the lines that verified, in their order; never none.
    /// - Throws: `noteForged` when a line of a known key does not verify, whatever the others do; `noteUnsigned` when no key is known.
    package func verify(_ keys: [NoteKey]) throws(LogError) -> [NoteSignature] {
        var verified: [NoteSignature] = []
        for line in signatures {
            let claimed = keys.filter(line.isOf)
            if claimed.isEmpty { continue }
            guard claimed.contains(where: { line.isValid(for: text, key: $0) }) else { throw .noteForged }
            verified.append(line)
        }
        guard !verified.isEmpty else { throw .noteUnsigned }
        return verified
    }

    private static func isClean(_ bytes: some Collection<UInt8>) -> Bool { bytes.allSatisfy { $0 >= 0x20 || $0 == 0x0A } }
}
