package import Catalog
package import DataFormats
package import SubjectRights
package import Vocabulary

/// What an erasure would do: what goes, what stays, under which ground and until when.
package struct ErasurePlan: Sendable {
    /// Records of one entity.
    package struct Share: Sendable, Equatable {
        package let entity: String
        package let label: String
        package let total: Int
        package let deleted: Int
        package var blanked: Int { total - deleted }
        /// Records that stay, without the person, and why.
        package let kept: [Kept]
    }

    /// Records that stay, without the person.
    package struct Kept: Sendable, Equatable {
        package let entity: String
        /// The floor that keeps them; `nil` where records of the entity stay always.
        package let rule: String?
        package let basis: String
        package let count: Int
        /// When the last of them need not be kept any longer.
        package let until: Instant?

        package var object: JSONObject {
            [
                "entity": .string(entity), "rule": rule.map { .string($0) } ?? .null, "basis": .string(basis),
                "count": .number(JSONNumber(count)), "until": until.map { .string($0.description) } ?? .null,
            ]
        }
    }

    /// What stays of a person whatever the catalog says.
    package struct Remainder: Sendable, Equatable {
        package let what: String
        package let why: String

        package var object: JSONObject { ["what": .string(what), "why": .string(why)] }

        package static let all = [
            Remainder(
                what: "entries of the audit trail, without reasons and record ids",
                why: "accountability (GDPR Art. 5(2)); the pseudonym in them cannot be derived any more"),
            Remainder(what: "a tombstone with the id", why: "so that no restored copy brings the person back"),
            Remainder(
                what: "keyed digests of e-mail address, telephone number and ids",
                why: "so that no import brings the person back; nobody can read a value out of them"),
            Remainder(what: "the record of the request, and this certificate", why: "24 months (11 CCR 7101; GDPR Art. 5(2))"),
        ]
    }

    package let subjects: [SubjectID]
    /// Of these, whose key was destroyed before.
    package let erasedBefore: [SubjectID]
    package let held: [SubjectID: [LegalHold]]
    package let shares: [Share]
    /// References to them in records of others, by entity and field.
    package let cut: [String: Int]
    package let searchTokens: Int
    package let recipients: [Recipient]

    package var kept: [Kept] { shares.flatMap(\.kept) }

    package var object: JSONObject {
        var held = JSONObject()
        for (subject, holds) in self.held.sorted(by: { $0.key.uuid < $1.key.uuid }) {
            held[subject.description] = .array(holds.map { .string($0.id.description) })
        }
        var cut = JSONObject()
        for (place, count) in self.cut.sorted(by: { $0.key < $1.key }) { cut[place] = .number(JSONNumber(count)) }
        return [
            "subjects": .array(subjects.map { .string($0.description) }),
            "erased_before": .array(erasedBefore.map { .string($0.description) }), "held": .object(held),
            "entities": .array(
                shares.map { share in
                    .object([
                        "entity": .string(share.entity), "records": .number(JSONNumber(share.total)),
                        "deleted": .number(JSONNumber(share.deleted)), "blanked": .number(JSONNumber(share.blanked)),
                        "kept": .array(share.kept.map { .object($0.object) }),
                    ])
                }),
            "references_cut": .object(cut), "search_tokens": .number(JSONNumber(searchTokens)),
            "recipients": .array(
                recipients.map { recipient in
                    .object([
                        "name": .string(recipient.name), "label": .string(recipient.label),
                        "told": .string(recipient.webhook == nil ? "by hand" : "by webhook"),
                    ])
                }),
            "stays": .array(Remainder.all.map { .object($0.object) }),
        ]
    }
}
