/// Why something of a log was refused. Says nothing of what stood there; the raw values are stable words, never reused.
package enum LogError: String, Error, Sendable, CaseIterable {
    /// A name of a key is empty, or has a space, a `+` or a control character in it.
    case nameMalformed = "log-name-malformed"
    /// The text is no `name+id+key`, its id is not of this name and key, or the key is of a kind not known here.
    case keyMalformed = "log-key-malformed"
    /// No C2SP signed note, or one beyond the bounds of ``SignedNote``.
    case noteMalformed = "note-malformed"
    /// A line of a known key does not verify.
    case noteForged = "note-forged"
    /// No line is of a known key.
    case noteUnsigned = "note-unsigned"
    /// The text of the note is no checkpoint of one of these logs.
    case checkpointMalformed = "checkpoint-malformed"
    /// The checkpoint is of another log than the key.
    case checkpointForeign = "checkpoint-foreign"
    /// No body of a witness call, or no answer to one.
    case requestMalformed = "witness-request-malformed"
    /// A position or a size that the tree does not have.
    case sizeOutOfRange = "log-size-out-of-range"
    /// A tile that is needed was not given.
    case tileMissing = "tile-missing"
    /// A tile has too few bytes, or is no sequence of hashes.
    case tileMalformed = "tile-malformed"
    /// No `.tlog-proof` file.
    case proofMalformed = "proof-malformed"
    /// A proof does not lead to the root.
    case proofWrong = "proof-wrong"
    /// An entry is longer than a bundle can say: 65,535 bytes.
    case entryTooLong = "entry-too-long"
}
