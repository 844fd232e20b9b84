package import TransparencyLog

/// A witness that cosigns (C2SP tlog-witness): it keeps the newest head of the log that it has seen, and puts its name only under one
/// that is proven to go on from that.
package struct HTTPWitness: Witness {
    package let name: String
    private let key: NoteKey
    private let post: WitnessPost

    /// More than a note may have of signature lines.
    private static let greatestAnswer = 64 << 10
    private static let sizeType = "text/x.tlog.size"

    /// - Parameters:
    ///   - key: what it cosigns with, of the kind `cosignature`.
    ///   - post: to the witness's prefix, below which `/add-checkpoint` is.
    package init(name: String, key: NoteKey, post: WitnessPost) {
        self.name = name
        self.key = key
        self.post = post
    }

    /// Comes back with the lines of this witness's key, of which there is one at least; lines of other keys are left out, since nobody
    /// could verify them here.
    ///
    /// When the witness has another size than `lastSize`, it is asked once more with a proof from that.
    ///
    /// - Throws: `conflict` when it has more than this checkpoint, or when a proof from what it has does not convince it: it has seen
    ///   another history. `unproven` when it moves on between the two attempts, as it does when another gateway came first.
    package func witness(
        _ checkpoint: SignedCheckpoint, lastSize: Int, consistency: @Sendable (_ from: Int) async throws(WitnessError) -> [TreeHash]
    ) async throws(WitnessError) -> WitnessEvidence {
        let size = checkpoint.head.size
        guard lastSize <= size else { throw WitnessError(.conflict, size: lastSize) }
        var known = lastSize
        var isSecondAttempt = false
        while true {
            switch try await ask(checkpoint, from: known, consistency) {
            case .cosigned(let lines): return .cosignatures(lines)
            case .has(let theirs):
                // With our size and no word of agreement, it has another root.
                if theirs > size || theirs == known && known == size { throw WitnessError(.conflict, size: theirs) }
                if theirs == known { throw WitnessError(.malformed) }
                if isSecondAttempt { throw WitnessError(.unproven, size: theirs) }
                known = theirs
                isSecondAttempt = true
            }
        }
    }

    private enum Outcome {
        case cosigned([String])
        case has(size: Int)
    }

    private func ask(
        _ checkpoint: SignedCheckpoint, from known: Int, _ consistency: (Int) async throws(WitnessError) -> [TreeHash]
    ) async throws(WitnessError) -> Outcome {
        let needsProof = known > 0 && known < checkpoint.head.size
        let proof = needsProof ? try await consistency(known) : []
        guard proof.count <= WitnessRequest.greatestProofCount else { throw WitnessError(.unproven) }
        let request = WitnessRequest(oldSize: known, consistency: proof, checkpoint: checkpoint)
        let answer = try await post.send(
            request.body, as: "text/plain; charset=utf-8", to: "/add-checkpoint", greatestAnswer: Self.greatestAnswer
        )
        switch answer.status {
        case 200: return .cosigned(try verified(answer.body, of: checkpoint))
        case 400, 409:
            guard answer.contentType == Self.sizeType, let size = try? WitnessRequest.size(ofConflict: answer.body) else {
                throw WitnessError(.malformed)
            }
            return .has(size: size)
        case 422:
            // The proof is from our tree, so it is their root at that size that is another. From nothing, there is nothing to be wrong.
            throw known > 0 ? WitnessError(.conflict, size: known) : WitnessError(.malformed)
        default: throw WitnessError(status: answer.status)
        }
    }

    private func verified(_ body: [UInt8], of checkpoint: SignedCheckpoint) throws(WitnessError) -> [String] {
        let lines: [NoteSignature]
        do throws(LogError) { lines = try NoteSignature.lines(body).filter { $0.isOf(key) } } catch { throw WitnessError(.malformed) }
        let text = checkpoint.text
        guard !lines.isEmpty, lines.allSatisfy({ Cosignature($0, of: text, by: key) != nil }) else { throw WitnessError(.unverified) }
        return lines.map(\.line)
    }
}
