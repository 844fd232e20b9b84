package import DataFormats
package import Gateway
package import Storage
package import SubjectRights
import Vocabulary

/// Consents on the wire.
package enum ConsentCoding {
    package static func object(_ event: ConsentEvent, evidence: String?) -> JSONObject {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return [
            "id": .string(event.id.description), "purpose": .string(event.purpose), "state": .string(event.state.rawValue),
            "recorded_at": .string(event.at.description), "recorded_by": .string(event.recordedBy),
            "valid_until": text(event.validUntil?.description), "notice": text(event.notice?.description), "language": text(event.language),
            "wording_sha256": text(event.wordingHash.map { Hex.encode($0) }), "expression": .string(event.expression.rawValue),
            "channel": text(event.channel?.rawValue), "method": text(event.method?.rawValue), "evidence": text(evidence),
        ]
    }

    package static func object(_ ledger: ConsentLedger) -> JSONObject {
        let purposes = ledger.histories.map { history -> JSONValue in
            let word = history.lastWord
            return .object([
                "purpose": .string(history.purpose), "state": ledger.state(history).map { .string($0.rawValue) } ?? "unknown",
                "in_force": .bool(ledger.isInForce(history)), "since": word.map { .string($0.at.description) } ?? .null,
                "valid_until": word?.validUntil.map { .string($0.description) } ?? .null,
                "notice": word?.notice.map { .string($0.description) } ?? .null,
            ])
        }
        let events = ledger.histories.flatMap(\.events).sorted { ($0.at, $0.id) < ($1.at, $1.id) }
        return [
            "id": .string(ledger.subject.description), "purposes": .array(purposes),
            "events": .array(events.map { .object(object($0, evidence: ledger.evidence[$0.id])) }),
            "opt_out": ledger.optOuts.first { $0.kind == .sale }.map { .object(object($0)) } ?? .null,
            "limit": ledger.optOuts.first { $0.kind == .sensitive }.map { .object(object($0)) } ?? .null,
        ]
    }

    package static func object(_ optOut: OptOutRow) -> JSONObject {
        [
            "since": .string(optOut.since.description), "source": .string(optOut.source.rawValue), "recorded_by": .string(optOut.recordedBy),
        ]
    }

    package static func object(_ notices: Notices) -> JSONObject {
        let list = notices.all.map { notice -> JSONValue in
            let texts = notice.wordings.map { wording -> JSONValue in
                .object([
                    "language": .string(wording.language), "title": .string(wording.title), "text": .string(wording.text),
                    "wording_sha256": .string(Hex.encode(wording.hash)),
                ])
            }
            return .object([
                "notice": .string(notice.reference.description), "purposes": .array(notice.purposes.map { .string($0) }),
                "personal_data": .array(notice.personalData.map { .string($0) }),
                "valid_for": notice.term.map { .string($0.description) } ?? .null, "retired": .bool(notice.isRetired), "texts": .array(texts),
            ])
        }
        return ["notices": .array(list)]
    }
}
