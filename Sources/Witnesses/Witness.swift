package import TransparencyLog

/// Somebody outside who keeps heads of the log, so that it cannot be rewritten unseen.
package protocol Witness: Sendable {
    /// As the operator calls it; a file name, a label of a metric.
    var name: String { get }

    /// Shows a checkpoint to the witness and comes back with what it gave for it.
    ///
    /// Cancelling the caller ends the attempt; the witness may have seen the checkpoint all the same, and seeing it again does no harm.
    ///
    /// - Parameters:
    ///   - lastSize: the size of the newest checkpoint of this origin that the witness has confirmed, 0 for none.
    ///   - consistency: proves that the checkpoint's tree goes on from the given size; see RFC 6962 section 2.1.2.
    func witness(
        _ checkpoint: SignedCheckpoint, lastSize: Int, consistency: @Sendable (_ from: Int) async throws(WitnessError) -> [TreeHash]
    ) async throws(WitnessError) -> WitnessEvidence
}

/// What a witness gives for a checkpoint.
package enum WitnessEvidence: Sendable, Equatable {
    /// It was kept.
    case kept
    /// Signature lines to be put under the note, verified.
    case cosignatures([String])
    /// A time-stamp response (RFC 3161, DER), verified.
    case timestamp([UInt8])
}

/// Why a witness gave nothing; the code is a stable word, and no text of the other side is in it.
package struct WitnessError: Error, Sendable, Equatable {
    package enum Code: String, Sendable {
        /// Not reached, or not in time.
        case unreachable
        /// It answered something that is no answer to this.
        case malformed
        /// It refused: it does not know the log, or its key.
        case refused
        /// It has seen more than the log has now, or another history: the log was taken back, or has forked.
        case conflict
        /// What it gave does not verify.
        case unverified
        /// The file or folder cannot be written.
        case unwritable
        /// The log could not prove that it goes on from what the witness has.
        case unproven
    }

    package let code: Code
    /// The size that the witness says it has, with `conflict`.
    package var size: Int?

    package init(_ code: Code, size: Int? = nil) {
        self.code = code
        self.size = size
    }
}
