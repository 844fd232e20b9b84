/// The header of an age file: for whom it is, and a code that only the file key makes.
struct AgeHeader {
    static let version = Array("age-encryption.org/v1\n".utf8)
    /// What the last line begins with, and no other.
    static let end = Array("---".utf8)
    /// A header of more is refused: enough for some ten thousand recipients, and little for a reader to keep.
    static let byteCountLimit = 1 << 20

    let stanzas: [AgeStanza]
    /// From the first byte to the three dashes; what the code is about.
    private let authenticated: [UInt8]
    private let code: [UInt8]

    /// A header for these recipients, with an ephemeral key for each.
    init(for recipients: [AgeRecipient], fileKey: borrowing AgeFileKey) {
        var stanzas: [AgeStanza] = []
        for recipient in recipients { stanzas.append(recipient.wrap(fileKey)) }
        self.init(stanzas, fileKey: fileKey)
    }

    /// A header of these stanzas, each of which holds the file key.
    init(_ stanzas: [AgeStanza], fileKey: borrowing AgeFileKey) {
        var text = Self.version
        for stanza in stanzas { stanza.append(to: &text) }
        text += Self.end
        self.stanzas = stanzas
        authenticated = text
        code = fileKey.authenticate(text)
    }

    /// Reads the header in front of a file, strictly; proves nothing yet.
    init(from file: [UInt8]) throws(AgeError) {
        guard file.starts(with: Self.version) else { throw .versionUnknown }
        var lines = AgeHeaderLines(file, from: Self.version.count)
        var stanzas: [AgeStanza] = []
        while true {
            let start = lines.position
            let line = try lines.next()
            if line.starts(with: Self.end) {
                guard line.dropFirst(3).first == UInt8(ascii: " "), let code = AgeBase64.decode(line.dropFirst(4)),
                    code.count == HMACSHA256.byteCount
                else { throw .headerMalformed }
                self.code = code
                authenticated = Array(file[0..<start + 3])
                break
            }
            let stanza = try AgeStanza(first: line, from: &lines)
            _ = try AgeX25519.share(of: stanza)
            stanzas.append(stanza)
        }
        guard !stanzas.isEmpty, lines.position <= Self.byteCountLimit else { throw .headerMalformed }
        // A passphrase opens a file alone or not at all: another recipient could else have made it.
        guard stanzas.count == 1 || !stanzas.contains(where: { $0.arguments[0] == AgePassphraseKey.stanzaType }) else { throw .headerMalformed }
        self.stanzas = stanzas
    }

    /// Whether whoever knows a passphrase opens the file, and nobody else.
    var isForPassphrase: Bool { stanzas.count == 1 && stanzas[0].arguments[0] == AgePassphraseKey.stanzaType }

    // MARK: Opening

    /// The file key, from the first stanza that is one of theirs; the header is genuine then.
    func fileKey(for identities: [AgeIdentity]) throws(AgeError) -> AgeFileKey {
        for stanza in stanzas {
            for identity in identities {
                guard let fileKey = try identity.unwrap(stanza) else { continue }
                guard isGenuine(fileKey) else { throw .headerForged }
                return fileKey
            }
        }
        throw .identityMissing
    }

    /// The file key of a file for a passphrase; the header is genuine then. Takes as much work as sealing did.
    func fileKey(for passphrase: borrowing SecretBytes) throws(AgeError) -> AgeFileKey {
        guard isForPassphrase else { throw .identityMissing }
        guard let fileKey = try AgePassphraseKey.unwrap(stanzas[0], with: passphrase) else { throw .passphraseWrong }
        guard isGenuine(fileKey) else { throw .headerForged }
        return fileKey
    }

    /// Whether the header is as whoever had the file key made it.
    func isGenuine(_ fileKey: borrowing AgeFileKey) -> Bool { isEqualInConstantTime(code, fileKey.authenticate(authenticated)) }

    /// The whole text; the payload follows it.
    var bytes: [UInt8] { authenticated + " ".utf8 + AgeBase64.encode(code) + "\n".utf8 }
}

/// The lines of a header, one after the other, without their line feeds.
struct AgeHeaderLines {
    private let file: [UInt8]
    private(set) var position: Int

    init(_ file: [UInt8], from position: Int) {
        self.file = file
        self.position = position
    }

    mutating func next() throws(AgeError) -> ArraySlice<UInt8> {
        guard let end = file[position...].firstIndex(of: UInt8(ascii: "\n")) else { throw .headerMalformed }
        defer { position = end + 1 }
        return file[position..<end]
    }
}
