import Catalog
import DataFormats
import Storage
import TransparencyLog
import Vocabulary

/// What a certificate of erasure says. No value of anybody: subjects are ids that lead to nothing any more.
struct ErasureDocument {
    let erasure: ErasureRow
    let counts: ErasureCounts
    let controller: ControllerParty
    let notices: [NoticeRow]
    /// The event of the trail that tells that it was done, and the proof that it is in the log.
    let event: EventID
    let proof: ProofFile
    /// Of the tenant's keys: copies of the vault from before it ends may still hold what was destroyed.
    let epoch: Int
    let issuedAt: Instant

    var object: JSONObject {
        [
            "version": .number(JSONNumber(1)), "erasure": .string(erasure.id.description), "issue": .number(JSONNumber(erasure.issue + 1)),
            "issued_at": .string(issuedAt.description), "controller": .string(controller.name),
            "law": .string("GDPR Art. 17; CCPA 1798.105"), "begun_at": .string(erasure.begunAt.description),
            "subjects": .array(erasure.subjects.map { .string($0.description) }), "reach": .object(counts.object),
            "stays": .array(ErasurePlan.Remainder.all.map { .object($0.object) }),
            "copies": .object([
                "key_epoch": .number(JSONNumber(epoch)),
                "note": .string(
                    "records were sealed under keys that are destroyed, in every copy of the store; copies of the vault from before the end of this epoch open until it ends"
                ),
            ]),
            "recipients": Self.recipients(notices),
            "audit": .object(["event": .string(event.description), "proof": .string(String(decoding: proof.bytes, as: UTF8.self))]),
        ]
    }

    static func recipients(_ notices: [NoticeRow]) -> JSONValue {
        .array(
            notices.map { notice in
                .object([
                    "recipient": .string(notice.recipient), "notice": .string(notice.id.description), "state": .string(notice.state.rawValue),
                    "delivered_at": notice.deliveredAt.map { .string($0.description) } ?? .null,
                    "acknowledged_at": notice.acknowledgedAt.map { .string($0.description) } ?? .null,
                ])
            })
    }
}
