package import DataFormats
package import TransparencyLog
import Vocabulary

/// What is wrong with a certificate of erasure; says nothing of what stands in it.
package enum CertificateError: Error, Sendable, Equatable {
    case document(DocumentError)
    /// It has no proof that it is in the log, or one that cannot be read.
    case proofMissing
    /// The proof does not verify with the log's key.
    case proofWrong(LogError)
    /// The entry that is proven tells of something else.
    case entryForeign
}

/// A signed statement that people were erased, with the proof that the log tells of it.
///
/// Verified offline, with the key that signs documents and the one that signs the log.
package struct ErasureCertificate: Sendable {
    package let document: SignedDocument
    /// The proven entry of the log.
    package let entry: JSONObject
    package let checkpoint: SignedCheckpoint

    /// Verifies signature and proof, and that the proven entry is the one of this erasure.
    ///
    /// - Parameter logKey: `nil` leaves the proof's signature to others; see ``verified(_:by:)``.
    package static func verified(_ bytes: [UInt8], by keys: [NoteKey], logKey: NoteKey) throws(CertificateError) -> ErasureCertificate {
        let document = try verified(bytes, by: keys)
        guard let audit = document.document["audit"]?.objectValue, let text = audit["proof"]?.stringValue,
            let proof = try? ProofFile(Array(text.utf8)), let bytes = proof.entry, let entry = (try? JSONReader.read(bytes))?.objectValue
        else { throw .proofMissing }
        let checkpoint: SignedCheckpoint
        do throws(LogError) { checkpoint = try proof.verify(anyEpochOf: logKey) } catch { throw .proofWrong(error) }
        guard let id = document.document["erasure"]?.stringValue, entry["id"] == audit["event"], entry["target"] == .string(target(of: id)) else {
            throw .entryForeign
        }
        return ErasureCertificate(document: document, entry: entry, checkpoint: checkpoint)
    }

    /// Verifies the signature alone.
    package static func verified(_ bytes: [UInt8], by keys: [NoteKey]) throws(CertificateError) -> SignedDocument {
        do throws(DocumentError) { return try SignedDocument.verified(bytes, by: keys, as: .erasureCertificate) } catch {
            throw .document(error)
        }
    }

    /// What the event of a completed erasure is about, in the words of the trail.
    package static func target(of erasure: String) -> String { "erasure:\(erasure):completed" }
}
