package import Catalog
package import DataFormats
import Sealing
package import Vocabulary

/// A person's consents as a consent record of ISO/IEC TS 27560:2023, in the JSON-LD of the DPV-27560 profile (DPV 2.3), and as a receipt.
///
/// One record is about one person, with a process for each purpose; each status names the purpose it is about. Where the controller is in
/// the EEA, the record conforms to the profile for the GDPR. What the record leaves out is the evidence, which is about the proof and not
/// about the consent.
package struct ConsentDocument: Sendable {
    private let subject: SubjectID
    private let tenant: TenantID
    private let processing: ProcessingDeclaration
    private let purposes: [String: Purpose]
    private let notices: Notices
    private let time: Instant

    /// - Parameter time: of the answer; what is in force is told of this moment.
    package init(
        subject: SubjectID, tenant: TenantID, processing: ProcessingDeclaration, purposes: [String: Purpose], notices: Notices, time: Instant
    ) {
        self.subject = subject
        self.tenant = tenant
        self.processing = processing
        self.purposes = purposes
        self.notices = notices
        self.time = time
    }

    /// - Parameter histories: those with something in them.
    package func record(_ histories: [ConsentHistory]) -> JSONObject {
        let events = histories.flatMap { history in history.events.map { (history.purpose, $0) } }
        var record: JSONObject = [
            "@context": .object(Self.context), "@id": .string("urn:uuid:\(recordID)"), "@type": "dpv:ConsentRecord",
            "dct:conformsTo": Self.reference("https://w3id.org/dpv/schema/dpv-27560#" + (isUnderGDPR ? "record-eu-gdpr" : "record")),
            "dct:identifier": .string(recordID.description), "dct:created": .string(time.description),
            "dct:publisher": .string(processing.controller.name),
            "dpv:hasDataSubject": [
                "@id": .string("urn:uuid:\(subject)"), "@type": "dpv:DataSubject", "dct:identifier": .string(subject.description),
            ],
            "dpv:hasDataController": .object(controller),
            "dpv:hasNotice": .array(notices(in: histories)), "dpv:hasProcess": .array(histories.map { .object(process($0)) }),
            "dpv:hasJurisdiction": Self.reference("loc:\(processing.controller.country)"),
            "dpv:hasLegalBasis": .array(legalBases(events.map(\.1))),
            "dpv:hasConsentControl": ["@type": "dpv:WithdrawConsent", "dpv:isExercisedAt": .string(contactPoint)],
        ]
        if isUnderGDPR { record["dpv:hasRight"] = .array(Self.rights.map { Self.reference($0) }) }
        record["dpv:hasConsentStatus"] = .array(events.map { .object(status($1, of: $0)) })
        return record
    }

    /// The whole record of one purpose, for the person to keep.
    package func receipt(_ history: ConsentHistory, id: UUIDv7, at time: Instant) -> JSONObject {
        let retired = purposes[history.purpose]?.retiredNotices ?? []
        return [
            "schema_version": "ISO/IEC TS 27560:2023", "receipt_id": .string(id.description), "issued_at": .string(time.description),
            "purpose": .string(history.purpose), "state": history.state(at: time, retired: retired).map { .string($0.rawValue) } ?? .null,
            "in_force": .bool(history.isInForce(at: time, retired: retired)), "record": .object(record([history])),
        ]
    }

    // MARK: Parts

    private static let context: JSONObject = [
        "dpv": "https://w3id.org/dpv#", "pd": "https://w3id.org/dpv/pd#", "loc": "https://w3id.org/dpv/loc#",
        "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#", "dct": "http://purl.org/dc/terms/", "skos": "http://www.w3.org/2004/02/skos/core#",
        "schema": "https://schema.org/",
    ]

    /// Withdrawal, access, rectification, erasure, restriction, portability, objection, complaint.
    private static let rights = ["A7-3", "A15", "A16", "A17", "A18", "A20", "A21", "A77"].map { "eu-gdpr:\($0)" }

    /// The member states of the European Economic Area.
    private static let economicArea: Set<String> = [
        "AT", "BE", "BG", "HR", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL",
        "NO", "PL", "PT", "RO", "SE", "SI", "SK",
    ]

    private var isUnderGDPR: Bool { Self.economicArea.contains(processing.controller.country) }
    private var contactPoint: String { processing.controller.url ?? "mailto:\(processing.controller.email)" }

    /// Always the same for a person, in the form of a version 4 UUID, as the standard asks.
    private var recordID: UUIDv7 {
        let hash = SHA256.hash(Array("gatehouse/v1/consent-record".utf8) + tenant.uuid.bytes + subject.uuid.bytes)
        let words = [hash[0..<8], hash[8..<16]].map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        return UUIDv7(high: words[0] & ~0xF000 | 0x4000, low: words[1] & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }

    private static func reference(_ id: String) -> JSONValue { ["@id": .string(id)] }

    private var controller: JSONObject {
        let party = processing.controller
        var object: JSONObject = [
            "@id": "#controller", "@type": "dpv:DataController", "dpv:hasName": .string(party.name), "dpv:hasAddress": .string(party.address),
            "dpv:hasContact": .string(party.email),
        ]
        if let phone = party.phone { object["schema:telephone"] = .string(phone) }
        if let url = party.url { object["schema:url"] = .string(url) }
        return object
    }

    /// Each wording that was shown, once.
    private func notices(in histories: [ConsentHistory]) -> [JSONValue] {
        var seen: Set<String> = []
        var result: [JSONValue] = []
        for event in histories.flatMap(\.events) {
            guard let notice = event.notice, let language = event.language, seen.insert("\(notice) \(language)").inserted else { continue }
            var object: JSONObject = [
                "@id": .string(Self.anchor(notice, language)), "@type": "dpv:ConsentNotice", "dct:identifier": .string(notice.id),
                "dct:hasVersion": .string("\(notice.version)"), "dct:language": .string(language),
            ]
            if let wording = notices.notice(notice)?.wording(in: language) { object["dct:title"] = .string(wording.title) }
            if let hash = event.wordingHash { object["schema:sha256"] = .string(Hex.encode(hash)) }
            result.append(.object(object))
        }
        return result
    }

    private static func anchor(_ notice: NoticeReference, _ language: String) -> String { "#notice-\(notice.id)-\(notice.version)-\(language)" }

    private func process(_ history: ConsentHistory) -> JSONObject {
        let name = history.purpose
        let purpose = purposes[name]
        let shown = history.events.last { $0.notice != nil }?.notice.flatMap { notices.notice($0) } ?? notices.newest(for: name)
        let locations: [JSONValue] = processing.storageLocations.map {
            ["@type": "dpv:StorageLocation", "dpv:hasLocation": Self.reference("loc:\($0)")]
        }
        let duration: JSONObject = [
            "@type": "dpv:StorageDuration", "dpv:hasDuration": .string(shown?.term.map { "until withdrawn, at most \($0)" } ?? "until withdrawn"),
        ]
        return [
            "@id": .string("#\(name)"), "@type": "dpv:Process",
            "dpv:hasPurpose": [
                "@id": .string("#purpose-\(name)"), "dct:title": .string(purpose?.label ?? name),
                "skos:broader": Self.reference("dpv:\(purpose?.vocabularyClass ?? "Purpose")"),
            ],
            "dpv:hasPersonalData": .array((shown?.personalData ?? []).map { Self.reference("pd:\($0)") }),
            "dpv:hasRecipient": .array(processing.recipients(of: name).map { .object(recipient($0)) }),
            "dpv:hasStorageCondition": .array(locations + [.object(duration)]),
        ]
    }

    private func recipient(_ recipient: Recipient) -> JSONObject {
        let kind =
            switch recipient.role {
            case .processor: "dpv:DataProcessor"
            case .thirdParty: "dpv:ThirdParty"
            case .jointController: "dpv:JointDataControllers"
            }
        return ["@type": .string(kind), "dpv:hasName": .string(recipient.label), "dpv:hasLocation": Self.reference("loc:\(recipient.country)")]
    }

    private func legalBases(_ events: [ConsentEvent]) -> [JSONValue] {
        guard isUnderGDPR else { return [Self.reference("dpv:Consent")] }
        let isExplicit = events.contains { $0.state.isValidForProcessing && $0.expression == .explicit }
        return (["eu-gdpr:A6-1-a"] + (isExplicit ? ["eu-gdpr:A9-2-a"] : [])).map { Self.reference($0) }
    }

    private func status(_ event: ConsentEvent, of purpose: String) -> JSONObject {
        var object: JSONObject = [
            "@id": .string("urn:uuid:\(event.id)"),
            "@type": [.string("dpv:\(event.state.vocabularyName)"), .string("dpv:\(event.expression.vocabularyName)")],
            "dpv:hasPurpose": Self.reference("#purpose-\(purpose)"), "dpv:isIndicatedAtTime": .string(event.at.description),
            "dpv:isIndicatedBy": event.state == .requested || event.state == .expired
                ? Self.reference("#controller") : Self.reference("urn:uuid:\(subject)"),
        ]
        let indication = [event.channel?.rawValue, event.method?.rawValue].compactMap { $0 }.joined(separator: ", ")
        if !indication.isEmpty { object["dpv:hasIndicationMethod"] = .string(indication) }
        if event.state.isValidForProcessing {
            object["dpv:hasDuration"] =
                event.validUntil.map { ["@type": "dpv:UntilTimeDuration", "schema:endTime": .string($0.description)] }
                ?? ["@type": "dpv:UntilEventDuration", "dct:description": "until it is withdrawn"]
        }
        if let notice = event.notice, let language = event.language {
            object["dpv:hasNotice"] = Self.reference(Self.anchor(notice, language))
        }
        return object
    }
}
