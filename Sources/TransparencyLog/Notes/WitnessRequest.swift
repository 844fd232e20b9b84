import DataFormats

/// What a log posts to a witness (C2SP tlog-witness, `add-checkpoint`): what the witness has, a proof, and the new checkpoint.
///
/// Reading one verifies nothing.
package struct WitnessRequest: Sendable, Hashable {
    /// A proof between trees of 64-bit sizes has no more hashes.
    package static let greatestProofCount = 63

    /// The size that the log believes the witness to have, 0 for none.
    package let oldSize: Int
    /// From `oldSize` to the checkpoint's size (RFC 6962 section 2.1.2); empty from 0 and between equal sizes.
    package let consistency: [TreeHash]
    /// The whole note.
    package let checkpoint: String

    package init(oldSize: Int, consistency: [TreeHash], checkpoint: SignedCheckpoint) {
        self.oldSize = oldSize
        self.consistency = consistency
        self.checkpoint = checkpoint.note
    }

    /// Reads a body.
    ///
    /// - Throws: `requestMalformed`; `noteMalformed` when what follows the empty line is no note.
    package init(body: [UInt8]) throws(LogError) {
        var rest = body[...]
        var proof: [TreeHash] = []
        guard let first = Self.line(&rest), first.starts(with: Array("old ".utf8)), let size = DecimalSize.read(first.dropFirst(4)) else {
            throw .requestMalformed
        }
        while true {
            guard let line = Self.line(&rest) else { throw .requestMalformed }
            if line.isEmpty { break }
            guard proof.count < Self.greatestProofCount, let bytes = Base64.decode(line), let hash = TreeHash(bytes: bytes) else {
                throw .requestMalformed
            }
            proof.append(hash)
        }
        oldSize = size
        consistency = proof
        checkpoint = try SignedNote(Array(rest)).description
    }

    package var body: [UInt8] {
        let proof = consistency.map { Base64.encode($0.bytes) + "\n" }.joined()
        return Array("old \(oldSize)\n\(proof)\n\(checkpoint)".utf8)
    }

    /// Reads the body of a 409, the size that the witness has: a decimal number and LF.
    package static func size(ofConflict body: [UInt8]) throws(LogError) -> Int {
        guard body.last == 0x0A, let size = DecimalSize.read(body.dropLast()) else { throw .requestMalformed }
        return size
    }

    /// Takes the bytes before the next LF, which goes, too.
    private static func line(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: 0x0A) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end]
    }
}
