import DataFormats

/// Everything that shows offline that an entry is in a log (C2SP `.tlog-proof`): a position, a proof, a signed checkpoint, and here the entry itself.
///
/// Reading one verifies nothing; ``verify(_:anyEpochOf:)`` does.
package struct ProofFile: Sendable, Hashable {
    private static let firstLine = Array("c2sp.org/tlog-proof@v1".utf8)

    /// The `extra` line: the bytes of the entry.
    package let entry: [UInt8]?
    package let proof: InclusionProof
    /// The whole note.
    package let checkpoint: String

    package init(entry: [UInt8]?, proof: InclusionProof, checkpoint: SignedCheckpoint) {
        self.entry = entry
        self.proof = proof
        self.checkpoint = checkpoint.note
    }

    /// - Throws: `proofMalformed`; `noteMalformed` when what follows the empty line is no note.
    package init(_ bytes: [UInt8]) throws(LogError) {
        var rest = bytes[...]
        func line() throws(LogError) -> ArraySlice<UInt8> {
            guard let end = rest.firstIndex(of: 0x0A) else { throw .proofMalformed }
            defer { rest = rest[(end + 1)...] }
            return rest[..<end]
        }
        guard try line() == Self.firstLine[...] else { throw .proofMalformed }
        var next = try line()
        if let text = Self.value(of: "extra ", in: next) {
            guard let extra = Base64.decode(text), extra.count <= EntryBundle.greatestEntryByteCount else { throw .proofMalformed }
            entry = extra
            next = try line()
        } else {
            entry = nil
        }
        guard let text = Self.value(of: "index ", in: next), let index = DecimalSize.read(text) else { throw .proofMalformed }
        var hashes: [TreeHash] = []
        while true {
            let next = try line()
            if next.isEmpty { break }
            guard hashes.count < Self.greatestProofCount, let bytes = Base64.decode(next), let hash = TreeHash(bytes: bytes) else {
                throw .proofMalformed
            }
            hashes.append(hash)
        }
        proof = InclusionProof(index: index, hashes: hashes)
        checkpoint = try SignedNote(Array(rest)).description
    }

    package var bytes: [UInt8] {
        let extra = entry.map { "extra \(Base64.encode($0))\n" } ?? ""
        let hashes = proof.hashes.map { Base64.encode($0.bytes) + "\n" }.joined()
        return Self.firstLine + "\n\(extra)index \(proof.index)\n\(hashes)\n\(checkpoint)".utf8
    }

    /// Verifies the checkpoint's signature, and that the entry is at its position in the tree that was signed.
    ///
    /// - Parameters:
    ///   - entry: what the proof has to be about; without it, the entry that is in the file.
    ///   - key: the log's, under the name of any of its epochs.
    /// - Throws: what ``SignedCheckpoint`` throws; `proofMalformed` when there is no entry; `proofWrong`.
    package func verify(_ entry: [UInt8]? = nil, anyEpochOf key: NoteKey) throws(LogError) -> SignedCheckpoint {
        guard let entry = entry ?? self.entry else { throw .proofMalformed }
        let signed = try SignedCheckpoint(verifying: Array(checkpoint.utf8), anyEpochOf: key)
        guard proof.leads(from: .leaf(entry), to: signed.head) else { throw .proofWrong }
        return signed
    }

    /// A path through a tree of 64-bit size has no more hashes.
    private static let greatestProofCount = 63

    private static func value(of name: StaticString, in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let name = name.description.utf8
        return line.starts(with: name) ? line.dropFirst(name.count) : nil
    }
}
