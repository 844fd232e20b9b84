import CSodium

/// What age makes of a passphrase for one file (scrypt, RFC 7914): a salt, and the key that wraps the file's key.
///
/// Making one takes a quarter of a gigabyte and about a second at the work factor that is written, on purpose: never on a thread that
/// others wait for.
package struct AgePassphraseKey: Sendable {
    static let stanzaType = Array("scrypt".utf8)
    static let saltByteCount = 16
    /// log2 of the cost, as the `age` program writes it.
    package static let workFactor = 18
    /// More than this is refused in what is read: a file must not take the reader's memory away.
    static let greatestWorkFactor = 22
    private static let label = Array("age-encryption.org/v1/scrypt".utf8)
    /// The wrap key serves one file key, so its nonce may be all zero.
    private static let nonce = [UInt8](repeating: 0, count: AEADCipher.nonceByteCount)

    private let salt: [UInt8]
    private let workFactor: Int
    private let key: SymmetricKey

    /// A key with a new salt. `nil` when the memory cannot be had.
    package static func make(from passphrase: borrowing SecretBytes, workFactor: Int = Self.workFactor) -> AgePassphraseKey? {
        let salt = randomBytes(count: saltByteCount)
        return derive(passphrase, salt, workFactor).map { AgePassphraseKey(salt: salt, workFactor: workFactor, key: $0) }
    }

    /// The stanza that holds the file key; it has to be the only one of its header.
    func wrap(_ fileKey: borrowing AgeFileKey) -> AgeStanza {
        var body = [UInt8](repeating: 0, count: AgeFileKey.byteCount + AEADCipher.tagByteCount)
        key.withBytes { key in
            fileKey.withBytes { fileKey in
                AEADCipher.chacha20Poly1305.seal(
                    fileKey, key: Self.start(key), nonce: Self.nonce, associatedData: UnsafeBufferPointer(start: nil, count: 0), into: &body
                )
            }
        }
        return AgeStanza([Self.stanzaType, AgeBase64.encode(salt), Array(String(workFactor).utf8)], body: body)
    }

    /// The file key from a stanza; `nil` when it is of another type, or the passphrase another one.
    static func unwrap(_ stanza: AgeStanza, with passphrase: borrowing SecretBytes) throws(AgeError) -> AgeFileKey? {
        guard stanza.arguments[0] == stanzaType else { return nil }
        guard stanza.arguments.count == 3, let salt = AgeBase64.decode(stanza.arguments[1]), salt.count == saltByteCount,
            let factor = workFactor(stanza.arguments[2]), stanza.body.count == AgeFileKey.byteCount + AEADCipher.tagByteCount
        else { throw .headerMalformed }
        guard factor <= greatestWorkFactor, let key = derive(passphrase, salt, factor) else { throw .workFactorExcessive }
        var isOurs = false
        let fileKey = SecretBytes(count: AgeFileKey.byteCount) { fileKey in
            isOurs = key.withBytes { key in
                AEADCipher.chacha20Poly1305.open(
                    stanza.body, count: AgeFileKey.byteCount, key: start(key), nonce: nonce,
                    associatedData: UnsafeBufferPointer(start: nil, count: 0), into: fileKey
                )
            }
        }
        return isOurs ? AgeFileKey(fileKey) : nil
    }

    /// `^[1-9][0-9]*$`, and a number at all.
    private static func workFactor(_ text: [UInt8]) -> Int? {
        guard text.first != UInt8(ascii: "0"), text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int(String(decoding: text, as: UTF8.self))
    }

    private static func derive(_ passphrase: borrowing SecretBytes, _ salt: [UInt8], _ workFactor: Int) -> SymmetricKey? {
        _ = Sodium.isReady
        let salt = label + salt
        var isDerived = false
        let key = SecretBytes(count: SymmetricKey.byteCount) { key in
            guard let output = key.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            isDerived = passphrase.withBytes { passphrase in
                crypto_pwhash_scryptsalsa208sha256_ll(
                    start(passphrase), passphrase.count, salt, salt.count, 1 << UInt64(workFactor), 8, 1, output, key.count
                ) == 0
            }
        }
        return isDerived ? SymmetricKey(key) : nil
    }

    private static func start(_ bytes: UnsafeRawBufferPointer) -> UnsafePointer<UInt8> {
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { preconditionFailure("neither is ever empty") }
        return start
    }
}
