package import Sealing
package import Vocabulary

/// A witness's word that, at a time, this checkpoint was the newest one of its log that it had seen, and went on from all it had seen
/// before (C2SP tlog-cosignature, version 1). There is none that was not verified.
package struct Cosignature: Sendable, Hashable {
    /// Eight bytes of seconds and an Ed25519 signature.
    private static let byteCount = 8 + VerifyingKey.signatureByteCount

    package let witness: NoteKey
    /// Whole seconds.
    package let time: Instant
    package let line: NoteSignature

    /// Verifies a line against the witness's key and the checkpoint's text; `nil` when it is not that witness's, or does not verify.
    package init?(_ line: NoteSignature, of text: String, by witness: NoteKey) {
        guard witness.kind == .cosignature, line.isOf(witness), line.bytes.count == Self.byteCount else { return nil }
        let seconds = line.bytes.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        guard seconds <= UInt64(Int64.max / 1_000_000) else { return nil }
        guard witness.key.isValid(line.bytes.dropFirst(8), for: Self.message(text, seconds: seconds)) else { return nil }
        self.witness = witness
        self.line = line
        time = Instant(microseconds: Int64(seconds) * 1_000_000)
    }

    /// Cosigns as a witness.
    ///
    /// - Parameters:
    ///   - text: the checkpoint's, which the witness has verified and found to go on from what it had seen.
    ///   - name: what the witness signs as.
    ///   - time: from 1970 on; fractions of a second are cut off.
    package static func make(
        of text: String, as name: String, with key: borrowing SigningKey, at time: Instant
    ) throws(LogError) -> Cosignature {
        let witness = try NoteKey(name: name, key: key.verifyingKey, kind: .cosignature)
        let seconds = UInt64(max(0, time.microseconds / 1_000_000))
        let stamp = (0..<8).map { UInt8(truncatingIfNeeded: seconds >> UInt64(56 - 8 * $0)) }
        let line = NoteSignature(of: witness, bytes: stamp + key.sign(message(text, seconds: seconds)))
        guard let cosignature = Cosignature(line, of: text, by: witness) else { throw .noteForged }
        return cosignature
    }

    private static func message(_ text: String, seconds: UInt64) -> [UInt8] {
        Array("cosignature/v1\ntime \(seconds)\n\(text)".utf8)
    }
}
