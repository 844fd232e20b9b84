import DataFormats
import PolicyFiles
import Sealing
import SubjectRights
import Testing
import TransparencyLog
import Vocabulary

@testable import Catalog

/// Consent records as ISO/IEC TS 27560 and its DPV profile have them, and receipts that verify offline.
struct ConsentDocumentTests {
    private static let subject = SubjectID(UUIDv7(high: 0x0190_b8a4_7d3e_7000, low: 0x8000_0000_0000_0001))
    private static let now = Instant(microseconds: 1_780_315_200_000_000)

    private static func document(_ policies: PolicyFolder, _ processing: ProcessingDeclaration? = nil) -> ConsentDocument {
        ConsentDocument(
            subject: subject, tenant: TenantID(UUIDv7(high: 0, low: 7)), processing: processing ?? policies.processing,
            purposes: policies.catalog.purposes, notices: policies.notices, time: now)
    }

    private static func history(_ policies: PolicyFolder) throws -> ConsentHistory {
        let notice = try #require(policies.notices.newest(for: "marketing"))
        let wording = try #require(notice.wording(in: "de"))
        func event(_ state: ConsentState, _ seconds: Int, until: Instant? = nil) -> ConsentEvent {
            ConsentEvent(
                purpose: "marketing", state: state, at: now.advanced(by: .seconds(seconds)), validUntil: until, notice: notice.reference,
                language: "de", wordingHash: wording.hash, expression: .explicit, channel: .email, method: .confirmedLink, recordedBy: "x")
        }
        return ConsentHistory(
            purpose: "marketing", events: [event(.requested, -100), event(.given, -50, until: now.advanced(by: .seconds(1000)))])
    }

    @Test func `the record has every mandatory part`() throws {
        let policies = try Shipped.policies()
        let record = Self.document(policies).record([try Self.history(policies)])
        #expect(record["@type"] == "dpv:ConsentRecord")
        #expect(record["dct:conformsTo"] == ["@id": "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"])
        // The form of a version 4 UUID, and always the same.
        let id = try #require(record["dct:identifier"]?.stringValue)
        #expect(id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        #expect(Self.document(policies).record([])["dct:identifier"]?.stringValue == id)
        #expect(record["dpv:hasDataSubject"]?.objectValue?["dct:identifier"]?.stringValue == Self.subject.description)
        let controller = record["dpv:hasDataController"]?.objectValue
        for member in ["dpv:hasName", "dpv:hasAddress", "dpv:hasContact"] { #expect(controller?[member]?.stringValue?.isEmpty == false) }
        let notice = try #require(record["dpv:hasNotice"]?.arrayValue?.first?.objectValue)
        #expect(notice["@type"] == "dpv:ConsentNotice" && notice["dct:language"] == "de" && notice["dct:hasVersion"] == "1")
        #expect(record["dpv:hasNotice"]?.arrayValue?.count == 1)
        let process = try #require(record["dpv:hasProcess"]?.arrayValue?.first?.objectValue)
        #expect(process["dpv:hasPurpose"]?.objectValue?["skos:broader"] == ["@id": "dpv:DirectMarketing"])
        #expect(process["dpv:hasPersonalData"]?.arrayValue?.first == ["@id": "pd:EmailAddress"])
        #expect(process["dpv:hasRecipient"]?.arrayValue?.isEmpty == false)
        let conditions = (process["dpv:hasStorageCondition"]?.arrayValue ?? []).compactMap { $0.objectValue?["@type"]?.stringValue }
        #expect(conditions == ["dpv:StorageLocation", "dpv:StorageDuration"])
        #expect(record["dpv:hasJurisdiction"] == ["@id": "loc:DE"])
        #expect(record["dpv:hasLegalBasis"] == [["@id": "eu-gdpr:A6-1-a"], ["@id": "eu-gdpr:A9-2-a"]])
        #expect(record["dpv:hasConsentControl"]?.objectValue?["@type"] == "dpv:WithdrawConsent")
        #expect(record["dpv:hasRight"]?.arrayValue?.count == 8)
        let statuses = (record["dpv:hasConsentStatus"]?.arrayValue ?? []).compactMap(\.objectValue)
        #expect(
            statuses.map { $0["@type"] } == [
                ["dpv:ConsentRequested", "dpv:ExplicitlyExpressedConsent"], ["dpv:ConsentGiven", "dpv:ExplicitlyExpressedConsent"],
            ])
        #expect(statuses.map { $0["dpv:isIndicatedBy"]?.objectValue?["@id"]?.stringValue } == ["#controller", "urn:uuid:\(Self.subject)"])
        #expect(statuses[1]["dpv:hasDuration"]?.objectValue?["@type"] == "dpv:UntilTimeDuration")
        #expect(statuses[1]["dpv:hasPurpose"] == process["dpv:hasPurpose"]?.objectValue?["@id"].map { ["@id": $0] })
        // Every prefix that is used is declared.
        let text = String(decoding: JSONValue.object(record).encoded(), as: UTF8.self)
        let prefixes = Set(text.matches(of: /"([a-z-]+):[A-Za-z0-9-]+"/).map { String($0.1) }).subtracting(["mailto", "urn"])
        #expect(prefixes.isSubset(of: Set((record["@context"]?.objectValue?.members ?? []).map(\.name))))
    }

    @Test func `a controller outside the EEA has the general profile`() throws {
        let policies = try Shipped.policies()
        let own = policies.processing
        let party = ControllerParty(name: "Firm", address: "1 Street", email: "a@b.example", phone: nil, url: nil, country: "US")
        let processing = ProcessingDeclaration(
            controller: party, dataProtectionOfficer: nil, supervisoryAuthority: nil, recipients: own.recipients, storageLocations: ["US"],
            measures: [], sources: [], timeZone: "UTC", holidays: [])
        let record = Self.document(policies, processing).record([try Self.history(policies)])
        #expect(record["dct:conformsTo"] == ["@id": "https://w3id.org/dpv/schema/dpv-27560#record"])
        #expect(record["dpv:hasRight"] == nil)
        #expect(record["dpv:hasLegalBasis"] == [["@id": "dpv:Consent"]])
        #expect(record["dpv:hasConsentControl"]?.objectValue?["dpv:isExercisedAt"] == "mailto:a@b.example")
    }

    @Test func `a receipt verifies with the key alone, and not when anything in it was changed`() throws {
        let policies = try Shipped.policies()
        let receipt = Self.document(policies).receipt(try Self.history(policies), id: .make(), at: Self.now)
        #expect(receipt["in_force"] == true && receipt["state"] == "given")
        let signer = DocumentSigner(name: "gate.example/documents", key: SigningKey.make())
        let signed = try signer.sign(receipt, as: .consentReceipt)
        let keys = [try signer.noteKey]
        #expect(try SignedDocument.verified(signed.bytes, by: keys, as: .consentReceipt).document == receipt)
        #expect(throws: DocumentError.malformed) { try SignedDocument.verified(signed.bytes, by: keys, as: .erasureCertificate) }
        let other = [try DocumentSigner(name: "gate.example/documents", key: SigningKey.make()).noteKey]
        #expect(throws: DocumentError.self) { try SignedDocument.verified(signed.bytes, by: other) }
        let text = String(decoding: signed.bytes, as: UTF8.self)
        for (old, new) in [
            ("\"given\"", "\"renewed\""), ("\"in_force\":true", "\"in_force\":false"), ("DirectMarketing", "ServiceProvision"),
            ("consent-receipt", "export-manifest"), ("Example Trading GmbH", "Example Trading"),
        ] {
            #expect(text.contains(old))
            #expect(throws: DocumentError.self, "\(old)") { try SignedDocument.verified(Array(text.replacing(old, with: new).utf8), by: keys) }
        }
        // Every byte counts: none can be turned over without being noticed.
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var bytes = signed.bytes
            bytes[Int.random(in: bytes.indices, using: &generator)] ^= 1 << UInt8.random(in: 0..<7, using: &generator)
            if (try? SignedDocument.verified(bytes, by: keys, as: .consentReceipt)) != nil {
                // Only how the JSON is written may differ: what it says is the same.
                #expect((try? JSONReader.read(bytes))?.objectValue?["document"]?.objectValue == receipt)
            }
        }
    }
}
