package import Sealing
package import TransparencyLog

/// A time-stamping authority (RFC 3161): it confirms when a checkpoint was there, and remembers nothing.
///
/// It sees the SHA-256 of the whole note as it is shown, so the note has to be kept as it is for the stamp to be checked later, without lines
/// that other witnesses give meanwhile. It knows no logs and never objects.
package struct TimestampWitness: Witness {
    package let name: String
    private let authorities: TimestampAuthorities
    private let post: WitnessPost

    /// Replies bring certificates along; a few thousand bytes are usual.
    private static let greatestAnswer = 64 << 10

    /// - Parameter authorities: that the stamps have to lead to; they have nothing to do with those of TLS.
    package init(name: String, authorities: TimestampAuthorities, post: WitnessPost) {
        self.name = name
        self.authorities = authorities
        self.post = post
    }

    /// Comes back with the whole reply, which `openssl ts -verify` takes. Asks for no proof.
    package func witness(
        _ checkpoint: SignedCheckpoint, lastSize: Int, consistency: @Sendable (_ from: Int) async throws(WitnessError) -> [TreeHash]
    ) async throws(WitnessError) -> WitnessEvidence {
        let request = TimestampRequest(for: Array(checkpoint.note.utf8))
        let answer = try await post.send(request.der, as: TimestampRequest.contentType, greatestAnswer: Self.greatestAnswer)
        guard answer.status == 200 else { throw WitnessError(status: answer.status) }
        guard answer.contentType == TimestampReply.contentType else { throw WitnessError(.malformed) }
        do throws(TimestampError) {
            return .timestamp(try TimestampReply(answer.body, to: request, trusting: authorities).der)
        } catch {
            switch error {
            case .malformed: throw WitnessError(.malformed)
            case .refused: throw WitnessError(.refused)
            case .mismatched, .untrusted: throw WitnessError(.unverified)
            }
        }
    }
}
