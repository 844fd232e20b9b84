import DataFormats
package import Sealing

/// A public key under the name it signs notes with (C2SP signed-note): `name+<8 hex digits>+<base64>`.
///
/// The id hashes the name, too: the same Ed25519 key under another name is another note key. A log signs each epoch under that
/// epoch's name; ``of(_:)`` gives the note key of another one.
package struct NoteKey: Sendable, Hashable, CustomStringConvertible {
    /// What a signature says; the number is the type byte of C2SP.
    package enum Kind: UInt8, Sendable {
        /// Ed25519 over the text.
        case note = 0x01
        /// Ed25519 over the text and a time: a witness has seen the checkpoint (C2SP tlog-cosignature, version 1).
        case cosignature = 0x04
    }

    package let name: String
    package let kind: Kind
    package let key: VerifyingKey
    /// The first four bytes of SHA-256 over the name, LF, the type byte and the key.
    package let id: UInt32

    package init(name: String, key: VerifyingKey, kind: Kind = .note) throws(LogError) {
        guard Self.isName(name.utf8), !name.contains(where: \.isWhitespace) else { throw .nameMalformed }
        self.name = name
        self.kind = kind
        self.key = key
        let digest = SHA256.hash(Array(name.utf8) + [0x0A, kind.rawValue] + key.bytes)
        id = digest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Reads `name+id+key` and nothing around it.
    package init(_ text: String) throws(LogError) {
        let parts = text.utf8.split(separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let name = String(parts[0]), let id = Hex.decode(Array(parts[1])), id.count == 4,
            let typed = Base64.decode(parts[2]), let first = typed.first, let kind = Kind(rawValue: first),
            let key = VerifyingKey(bytes: typed.dropFirst())
        else { throw .keyMalformed }
        do throws(LogError) { try self.init(name: name, key: key, kind: kind) } catch { throw .keyMalformed }
        guard self.idBytes == id else { throw .keyMalformed }
    }

    package var description: String { "\(name)+\(Hex.encode(idBytes))+\(Base64.encode([kind.rawValue] + key.bytes))" }

    var idBytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: id >> UInt32(24 - 8 * $0)) } }

    /// The same key as another log's or another epoch's name has it.
    package func of(_ origin: LogOrigin) throws(LogError) -> NoteKey {
        try NoteKey(name: origin.description, key: key, kind: kind)
    }

    /// Bytes that a name may have; spaces beyond ASCII are looked for where there is a string.
    static func isName(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "+") && $0 != 0x7F }
    }

    func hasName(_ other: String) -> Bool { name.utf8.elementsEqual(other.utf8) }
}
