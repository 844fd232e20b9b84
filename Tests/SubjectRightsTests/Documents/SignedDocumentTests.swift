import DataFormats
import Sealing
import SubjectRights
import Testing
import TransparencyLog

/// Statements that anybody can verify without a gateway.
@Suite struct SignedDocumentTests {
    let signer = DocumentSigner(name: "gatehouse.example/documents", key: SigningKey.make())
    let statement: JSONObject = ["subject": "019aab00-0000-7000-8000-000000000001", "count": 3, "kept": ["tombstone"]]

    @Test func `a statement verifies with the key that signed it`() throws {
        let signed = try signer.sign(statement, as: .erasureCertificate)
        let read = try SignedDocument.verified(signed.bytes, by: [signer.noteKey], as: .erasureCertificate)
        #expect(read.kind == .erasureCertificate)
        #expect(read.document["count"] == 3)
    }

    @Test func `layout does not count, content does`() throws {
        let signed = try signer.sign(statement, as: .erasureCertificate)
        let key = try signer.noteKey
        let text = String(decoding: signed.bytes, as: UTF8.self)
        let spaced = text.replacing(#""count":3"#, with: "\n  \"count\" : 3.0")
        #expect(throws: Never.self) { try SignedDocument.verified(Array(spaced.utf8), by: [key]) }
        for change in [(#""count":3"#, #""count":4"#), ("tombstone", "tombstonE"), (#""kept""#, #""left""#)] {
            let changed = text.replacing(change.0, with: change.1)
            #expect(changed != text)
            #expect(throws: DocumentError.forged) { try SignedDocument.verified(Array(changed.utf8), by: [key]) }
        }
    }

    @Test func `one kind of statement cannot pass for another`() throws {
        let signed = try signer.sign(statement, as: .consentReceipt)
        let key = try signer.noteKey
        #expect(throws: DocumentError.malformed) { try SignedDocument.verified(signed.bytes, by: [key], as: .erasureCertificate) }
        let renamed = String(decoding: signed.bytes, as: UTF8.self).replacing("consent-receipt", with: "erasure-certificate")
        #expect(throws: DocumentError.forged) { try SignedDocument.verified(Array(renamed.utf8), by: [key], as: .erasureCertificate) }
    }

    @Test func `another key says nothing, or shows a forgery`() throws {
        let signed = try signer.sign(statement, as: .retentionReport)
        let stranger = DocumentSigner(name: "other.example/documents", key: SigningKey.make())
        #expect(throws: DocumentError.unsigned) { try SignedDocument.verified(signed.bytes, by: [stranger.noteKey]) }
        #expect(throws: DocumentError.unsigned) { try SignedDocument.verified(signed.bytes, by: []) }
        for position in stride(from: 0, to: signed.bytes.count, by: 7) {
            var bytes = signed.bytes
            bytes[position] ^= 0x02
            #expect(throws: DocumentError.self) { try SignedDocument.verified(bytes, by: [signer.noteKey]) }
        }
    }
}
