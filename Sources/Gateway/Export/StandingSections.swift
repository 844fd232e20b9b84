import DataFormats
import PostgresLink
import Storage
import SubjectRights
import Vocabulary

/// What a person allows and does not allow, as lists of an export. Who wrote it down is left out: that is somebody else's name.
enum StandingSections {
    /// The whole ledger, not just what is in force.
    ///
    /// - Parameters:
    ///   - events: everything these people said, in its order.
    ///   - evidence: of the events, opened, by their ids.
    static func consents(_ events: [StoredConsentEvent], _ evidence: [UUIDv7: String]) -> ExportSection {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return ExportSection(
            name: "consents", title: "Your consents", explanation: "What you were asked, and what you said (GDPR Art. 7).",
            columns: [
                ("purpose", "Purpose"), ("state", "State"), ("at", "When"), ("valid_until", "Until"), ("notice", "Notice"),
                ("language", "Language"), ("wording_sha256", "SHA-256 of the wording"), ("expression", "Expression"), ("channel", "Asked by"),
                ("method", "Said by"), ("evidence", "Evidence"),
            ],
            rows: events.map { stored in
                let event = stored.event
                return [
                    .string(event.purpose), .string(event.state.rawValue), .string(event.at.description), text(event.validUntil?.description),
                    text(event.notice?.description), text(event.language), text(event.wordingHash.map { Hex.encode($0) }),
                    .string(event.expression.rawValue), text(event.channel?.rawValue), text(event.method?.rawValue), text(evidence[event.id]),
                ]
            })
    }

    /// From the answer to ``StoreDatabase/requests(about:tenant:)``.
    static func requests(_ rows: ResultSet) -> ExportSection {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return ExportSection(
            name: "requests", title: "Your requests", explanation: "What you asked for before, and what became of it.",
            columns: [
                ("request", "Request"), ("kind", "For"), ("regulation", "Under"), ("channel", "By"), ("received_at", "Received"),
                ("due_on", "To be answered by"), ("state", "State"), ("reason", "Reason"), ("closed_at", "Answered"),
            ],
            rows: (0..<rows.rowCount).map { row in
                [
                    text(rows.uuid(row, 0)?.description), text(rows.text(row, 1)), text(rows.text(row, 2)), text(rows.text(row, 3)),
                    text(rows.timestamp(row, 4)?.description), text(rows.date(row, 5)?.description), text(rows.text(row, 6)), text(rows.text(row, 7)),
                    text(rows.timestamp(row, 8)?.description),
                ]
            })
    }

    static func all(_ standings: [SubjectStanding]) -> [ExportSection] {
        // That a legal hold restricts is not the other side's to see while it lasts (GDPR Art. 23(1)(j)).
        let restrictions = standings.compactMap(\.restriction).filter { !$0.ground.hasPrefix("legal-hold:") }.map { restriction -> [JSONValue] in
            [.string(restriction.ground), .string(restriction.since.description)]
        }
        let objections = standings.flatMap(\.objections).map { objection -> [JSONValue] in
            [.string(objection.purpose), .string(objection.since.description)]
        }
        let optOuts = standings.flatMap(\.optOuts).map { optOut -> [JSONValue] in
            [.string(optOut.kind.rawValue), .string(optOut.source.rawValue), .string(optOut.since.description)]
        }
        return [
            ExportSection(
                name: "restrictions", title: "Restriction", explanation: "Whether your data is only kept, and not used (GDPR Art. 18).",
                columns: [("ground", "Why"), ("since", "Since")], rows: restrictions),
            ExportSection(
                name: "objections", title: "Your objections", explanation: "What you object to (GDPR Art. 21).",
                columns: [("purpose", "Purpose"), ("since", "Since")], rows: objections),
            ExportSection(
                name: "opt_outs", title: "Your opt-outs",
                explanation: "Whether your data may be sold or shared, and sensitive data used (CCPA 1798.120, 1798.121).",
                columns: [("kind", "Of"), ("source", "Said by"), ("since", "Since")], rows: optOuts),
        ]
    }
}
