package import DataFormats
package import Sealing
package import TransparencyLog

/// What is wrong with a signed document; says nothing of what stands in it.
package enum DocumentError: Error, Sendable, Equatable {
    /// Not the form of a signed document, or of this kind.
    case malformed
    /// No line of a known key.
    case unsigned
    /// A line of a known key does not verify, or the document was changed under it.
    case forged
}

/// A statement of the gateway that anybody can verify offline: a receipt of a consent, the manifest of an export, a certificate of erasure,
/// a report of retention.
///
/// The file is a JSON object with two members: `document`, the statement, and `note`, a C2SP signed note over the kind and the SHA-256 of the
/// statement's canonical form (RFC 8785), signed with Ed25519:
///
///     gatehouse.example/documents
///     erasure-certificate
///     sha256 <base64>
///
///     — gatehouse.example/documents <base64>
package struct SignedDocument: Sendable {
    /// A kind names what the statement is; a receipt cannot pass for a certificate.
    package enum Kind: String, Sendable, CaseIterable {
        case consentReceipt = "consent-receipt"
        case exportManifest = "export-manifest"
        case erasureCertificate = "erasure-certificate"
        case retentionReport = "retention-report"
        /// What a backup holds, by counts and hashes.
        case backupManifest = "backup-manifest"
        /// The same of the vault's latest state.
        case vaultManifest = "vault-manifest"
        /// Erasures, for restores of backups that are older.
        case erasureLedger = "erasure-ledger"
        /// A segment of continuous backup.
        case walSegment = "wal-segment"
        /// That the log of a cluster is taken: no vault is in it.
        case walCluster = "wal-cluster"
        case restorePoint = "restore-point"
        case drillReport = "drill-report"
        case restoreReport = "restore-report"
    }

    package let kind: Kind
    package let document: JSONObject
    package let note: SignedNote

    /// Signs a statement.
    ///
    /// - Throws: `malformed` when it has no canonical form, which numbers beyond a double's range would bring about.
    package static func sign(
        _ document: JSONObject, as kind: Kind, by name: String, with key: borrowing SigningKey
    ) throws(DocumentError) -> SignedDocument {
        do {
            var note = try SignedNote(text: text(kind, document, name))
            try note.sign(as: name, with: key)
            return SignedDocument(kind: kind, document: document, note: note)
        } catch {
            throw .malformed
        }
    }

    /// Reads a file and verifies it against the keys of those who may have signed it.
    package static func verified(_ bytes: [UInt8], by keys: [NoteKey], as kind: Kind? = nil) throws(DocumentError) -> SignedDocument {
        guard let object = (try? JSONReader.read(bytes))?.objectValue, object.count == 2, let document = object["document"]?.objectValue,
            let text = object["note"]?.stringValue, let note = try? SignedNote(Array(text.utf8))
        else { throw .malformed }
        let lines = note.text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4, let claimed = Kind(rawValue: String(lines[1])), kind == nil || claimed == kind else { throw .malformed }
        do throws(LogError) { _ = try note.verify(keys) } catch {
            throw error == .noteUnsigned ? .unsigned : .forged
        }
        guard let expected = try? Self.text(claimed, document, String(lines[0])), expected == note.text,
            keys.contains(where: { $0.name == lines[0] })
        else { throw .forged }
        return SignedDocument(kind: claimed, document: document, note: note)
    }

    /// The file.
    package var bytes: [UInt8] {
        JSONValue.object(["document": .object(document), "note": .string(note.description)]).encoded()
    }

    private static func text(_ kind: Kind, _ document: JSONObject, _ name: String) throws -> String {
        "\(name)\n\(kind.rawValue)\nsha256 \(Base64.encode(SHA256.hash(try CanonicalJSON.bytes(of: .object(document)))))\n"
    }
}

/// The key that signs statements about people's rights, under the name of the gateway.
package struct DocumentSigner: Sendable {
    package let name: String
    private let key: SharedKey

    /// SAFETY: the key is only read after it was made; libsodium signs without changing it.
    private final class SharedKey: @unchecked Sendable {
        let key: SigningKey
        init(_ key: consuming SigningKey) { self.key = key }
    }

    /// - Parameter name: such as `gatehouse.example/documents`.
    package init(name: String, key: consuming SigningKey) {
        self.name = name
        self.key = SharedKey(key)
    }

    package func sign(_ document: JSONObject, as kind: SignedDocument.Kind) throws(DocumentError) -> SignedDocument {
        try SignedDocument.sign(document, as: kind, by: name, with: key.key)
    }

    /// What is given to whoever verifies.
    package var noteKey: NoteKey {
        get throws(DocumentError) {
            do { return try NoteKey(name: name, key: key.key.verifyingKey) } catch { throw .malformed }
        }
    }
}
