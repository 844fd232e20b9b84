/// Opens a file of age version 1, binary or armored, while it comes: whoever takes the output often needs memory for a chunk, however
/// long the file is.
///
/// Nothing comes out before the header has proved genuine, and of a chunk nothing before the whole of it has. Only after ``finish()`` it
/// is certain that what came out is all of it. A reader that has thrown goes on throwing the same; what had come out before can be taken.
package struct AgeReader: ~Copyable {
    /// How the file key is got from the header. Called once.
    private let unwrap: (AgeHeader) throws(AgeError) -> AgeFileKey
    /// Whether the file turned out to be for a passphrase; `nil` while its header is not there.
    package private(set) var isForPassphrase: Bool?

    private var form: Form?
    /// The header and the nonce, as far as they have come.
    private var front = AgeFront()
    /// There once the header has proved genuine.
    private var payload: AgePayloadReader?
    private var failure: AgeError?

    private enum Form {
        case binary
        case armored(AgeArmorReader)
    }

    /// A file for one of these identities.
    package init(identities: [AgeIdentity]) { unwrap = { (header) throws(AgeError) in try header.fileKey(for: identities) } }

    /// A file for a passphrase. Opening takes as much work as sealing did, so it is not for a thread that others wait for.
    package init(passphrase: consuming SecretBytes) {
        let held = Held(passphrase)
        unwrap = { (header) throws(AgeError) in try header.fileKey(for: held.secret) }
    }

    /// A file for a passphrase that is asked for once it turns out that the file is for one.
    ///
    /// - Parameter ask: `nil` when nobody told it.
    package init(asking ask: @escaping () -> SecretBytes?) {
        unwrap = { (header) throws(AgeError) in
            guard header.isForPassphrase else { throw .identityMissing }
            guard let passphrase = ask() else { throw .passphraseMissing }
            return try header.fileKey(for: passphrase)
        }
    }

    /// What a closure cannot hold by itself.
    private final class Held {
        let secret: SecretBytes
        init(_ secret: consuming SecretBytes) { self.secret = secret }
    }

    /// Takes what comes next of the file.
    package mutating func write(_ sealed: UnsafeRawBufferPointer) throws(AgeError) {
        if let failure { throw failure }
        guard let first = sealed.first else { return }
        do throws(AgeError) {
            // A binary file begins with a letter.
            let form = form ?? (AgeArmor.canBegin(with: first) ? .armored(AgeArmorReader()) : .binary)
            self.form = form
            guard case .armored(var armor) = form else { return try open(sealed) }
            // Given back below: a copy beside it would be copied with every piece.
            self.form = .binary
            let file = try armor.read(sealed)
            self.form = .armored(armor)
            try file.lend { (file) throws(AgeError) in try open(file) }
        } catch {
            failure = error
            throw error
        }
    }

    /// Says that nothing follows. Called once.
    package mutating func finish() throws(AgeError) {
        if let failure { throw failure }
        do throws(AgeError) {
            if case .armored(let armor) = form { try armor.finish() }
            guard payload != nil else { throw front.shortage }
            try payload?.finish()
        } catch {
            failure = error
            throw error
        }
    }

    /// What has come out since it was last taken. Wiping it is the caller's duty; what is not taken is wiped here.
    package mutating func takeOutput() -> [UInt8] { payload?.takeOutput() ?? [] }

    private mutating func open(_ bytes: UnsafeRawBufferPointer) throws(AgeError) {
        var rest = bytes[...]
        if payload == nil {
            guard try front.take(from: &rest) else { return }
            let header = try AgeHeader(from: front.bytes)
            isForPassphrase = header.isForPassphrase
            payload = AgePayloadReader(fileKey: try unwrap(header), nonce: Array(front.bytes.suffix(AgeChunkCipher.nonceByteCount)))
        }
        try payload?.write(UnsafeRawBufferPointer(rebasing: rest))
    }
}

extension [UInt8] {
    /// As `withUnsafeBytes`, which does not say what it throws.
    func lend<Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
        try withUnsafeBufferPointer { (bytes) throws(Failure) in try body(UnsafeRawBufferPointer(bytes)) }
    }
}
