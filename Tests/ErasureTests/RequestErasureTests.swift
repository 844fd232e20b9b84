import DataFormats
import Gateway
import Identity
import Storage
import SubjectRights
import TestPostgres
import Testing
import TransparencyLog
import Vocabulary

/// People who go because they asked for it: once, certified, and kept from being brought back.
@Suite(.timeLimit(.minutes(15)))
struct RequestErasureTests {
    @Test func `an erasure ends with a certificate that verifies offline, and running it again answers the same one`() async throws {
        try await ErasureSite.with { site in
            let ann = try await site.make("contact", ["given_name": "Ann", "email": "ann@example.org"])
            try await site.make("deal", ["name": "Big", "contact_id": .string("\(ann)"), "stage": "won", "close_date": "2026-01-01"])
            let officer = try await site.context(as: "compliance-officer", reason: "she asked")
            let plan = try await site.gateway.planErasure(of: [SubjectID(ann.uuid)], officer)
            #expect(plan.shares.map(\.entity) == ["deal", "contact"] && plan.kept.map(\.rule) == ["books", nil])
            #expect(plan.kept[0].until?.description.hasPrefix("2036-01-01") == true)

            let id = UUIDv7.make()
            let certificate = try await site.gateway.runErasure(id, of: [SubjectID(ann.uuid)], officer)
            let again = try await site.gateway.runErasure(id, of: [SubjectID(ann.uuid)], officer)
            #expect(certificate.bytes == again.bytes)
            let text = String(decoding: certificate.bytes, as: UTF8.self)
            #expect(!text.contains("ann@") && !text.contains("Ann") && !text.contains("she asked"))

            let (documentKey, logKey) = try await site.verificationKeys()
            let verified = try ErasureCertificate.verified(certificate.bytes, by: [documentKey], logKey: logKey)
            #expect(verified.entry["target"]?.stringValue == "erasure:\(id):completed")
            let reach = try #require(verified.document.document["reach"]?.objectValue)
            #expect(reach["deleted"] == ["contact": 1] && reach["blanked"] == ["deal": 1])
            #expect(reach["kept"]?.arrayValue?.count == 2)

            // Nothing of it can be changed, and no other erasure's proof be put beside it.
            let other = try await site.make("contact", ["given_name": "Bea"])
            let second = try await site.gateway.runErasure(.make(), of: [SubjectID(other.uuid)], officer)
            #expect(throws: CertificateError.document(.forged)) {
                try ErasureCertificate.verified(
                    Array(text.replacing("GDPR Art. 17", with: "GDPR Art. 71").utf8), by: [documentKey], logKey: logKey)
            }
            var mixed = certificate.document
            mixed["audit"] = second.document["audit"]
            let forged = try site.gateway.rights.signer.sign(mixed, as: .erasureCertificate)
            #expect(throws: CertificateError.entryForeign) {
                try ErasureCertificate.verified(forged.bytes, by: [documentKey], logKey: logKey)
            }
            mixed["audit"] = nil
            let bare = try site.gateway.rights.signer.sign(mixed, as: .erasureCertificate)
            #expect(throws: CertificateError.proofMissing) {
                try ErasureCertificate.verified(bare.bytes, by: [documentKey], logKey: logKey)
            }
        }
    }

    @Test func `whoever is held is not erased on request, and the refusal names the hold`() async throws {
        try await ErasureSite.with { site in
            let ann = try await site.make("contact", ["given_name": "Ann", "email": "ann@example.org"])
            let hold = try await site.hold(SubjectID(ann.uuid))
            let officer = try await site.context(as: "compliance-officer")
            let error = await #expect(throws: Refusal.self) {
                _ = try await site.gateway.runErasure(.make(), of: [SubjectID(ann.uuid)], officer)
            }
            #expect(error?.code == .holdInTheWay && error?.detail.contains("\(hold.id)") == true)
            #expect(try await site.vault("SELECT count(*) FROM suppression") == "0")
            #expect(try await site.store("SELECT count(*) FROM erasure") == "0")
            #expect(try await site.store("SELECT count(*) FROM recipient_notice") == "0")
            #expect(try await site.store("SELECT count(*) FROM subject_restriction") == "1")
        }
    }

    @Test func `a hold that comes before the rows have gone keeps them, however far the erasure had come`() async throws {
        try await ErasureSite.with { site in
            let ann = try await site.make("contact", ["given_name": "Ann", "email": "ann@example.org"])
            let officer = try await site.context(as: "compliance-officer")
            let id = UUIDv7.make()
            // The erasure gets as far as the rows, waits for somebody who is at one of them, and meanwhile a hold is placed.
            async let writing = site.store("BEGIN; UPDATE contact SET version = version WHERE id = '\(ann)'; SELECT pg_sleep(3); COMMIT")
            while try await site.store("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "0" {}
            async let erasing: Void = { _ = try await site.gateway.runErasure(id, of: [SubjectID(ann.uuid)], officer) }()
            while try await site.store("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "0" {}
            let hold = try await site.hold(SubjectID(ann.uuid))
            _ = try await writing
            var refusal: Refusal?
            do { try await erasing } catch { refusal = error as? Refusal }
            #expect(refusal?.code == .holdInTheWay && refusal?.detail.contains("\(hold.id)") == true, "\(String(describing: refusal))")
            #expect(try await site.store("SELECT count(*) FROM contact WHERE id = '\(ann)'") == "1")
            #expect(try await site.vault("SELECT count(*) FROM data_key WHERE holder = '\(ann)'") == "1")
            #expect(try await site.vault("SELECT count(*) FROM suppression") == "0")
        }
    }

    @Test func `somebody of whom there has never been anything is not found`() async throws {
        try await ErasureSite.with { site in
            let officer = try await site.context(as: "compliance-officer")
            let error = await #expect(throws: Refusal.self) {
                _ = try await site.gateway.runErasure(.make(), of: [SubjectID(.make())], officer)
            }
            #expect(error?.code == .notFound)
        }
    }

    @Test func `recipients are queued in the transaction of the erasure, and the certificate follows what they answer`() async throws {
        try await ErasureSite.with { site in
            let ann = try await site.make("contact", ["given_name": "Ann", "external_id": "crm-7"])
            let officer = try await site.context(as: "compliance-officer")
            let id = UUIDv7.make()
            let first = try await site.gateway.runErasure(id, of: [SubjectID(ann.uuid)], officer)
            let notices = try await site.gateway.listNotices(openOnly: true, officer)
            // The declaration of the example firm: two that have contacts, and no webhook among them.
            #expect(notices.map(\.recipient).sorted() == ["hosting", "mail-delivery"] && notices.allSatisfy { $0.state == .byHand })
            let (_, body) = try await site.gateway.noticeContent(notices[0].id, officer)
            let data = try #require(body?["data"]?.objectValue)
            #expect(data["records"] == [["entity": "contact", "id": .string("\(ann)"), "external_id": "crm-7"]])
            #expect(try await !site.store("SELECT encode(payload, 'escape') FROM recipient_notice").contains("crm-7"))

            #expect(try await site.gateway.acknowledgeNotice(notices[0].id, officer).state == .acknowledged)
            #expect(try await site.gateway.noticeContent(notices[0].id, officer).body == nil)
            let second = try await site.gateway.erasureCertificate(id, officer)
            #expect(second.bytes != first.bytes && second.document["issue"] == .number(JSONNumber(2)))
            #expect(try await site.gateway.erasureCertificate(id, officer).bytes == second.bytes)
            let (documentKey, logKey) = try await site.verificationKeys()
            #expect(throws: Never.self) { try ErasureCertificate.verified(second.bytes, by: [documentKey], logKey: logKey) }
        }
    }
}
