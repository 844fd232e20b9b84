package import TransparencyLog

/// A checkpoint that was kept apart from the log, and shows what the log was when it was signed.
package struct OutsideCheckpoint: Sendable {
    /// How findings name it: a file name.
    package let label: String
    /// The whole note, as it was kept; nothing of it has been verified.
    package let note: [UInt8]
    /// The witness whose cosignature has to be under it; `nil` when the log's signature is enough.
    package let witness: NoteKey?

    package init(label: String, note: [UInt8], witness: NoteKey? = nil) {
        self.label = label
        self.note = note
        self.witness = witness
    }
}
