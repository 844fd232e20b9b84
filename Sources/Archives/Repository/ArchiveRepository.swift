package import DataFormats
package import SubjectRights
package import TransparencyLog
package import Vocabulary

/// A repository of sealed archives and signed statements about them.
///
/// Whoever writes it needs public keys only: what is in it is sealed for recipients, and the host that wrote it cannot read it again.
package struct ArchiveRepository: Sendable {
    package let medium: any ArchiveMedium
    /// Made once, and part of every statement: one of another repository does not pass.
    package let id: UUIDv7
    /// Signs what this host says; `nil` where it only reads.
    package let signer: DocumentSigner?
    /// Whose signatures are believed.
    package let trusted: [NoteKey]

    private init(medium: any ArchiveMedium, id: UUIDv7, signer: DocumentSigner?, trusted: [NoteKey]) {
        self.medium = medium
        self.id = id
        self.signer = signer
        self.trusted = trusted
    }

    /// - Parameters:
    ///   - signer: whose signatures are believed in any case.
    ///   - trusted: whose are believed, too.
    ///   - makes: whether one is made where there is none.
    package static func open(
        _ medium: any ArchiveMedium, signer: DocumentSigner?, trusted: [NoteKey] = [], makes: Bool
    ) async throws(ArchiveError) -> ArchiveRepository {
        var keys = trusted
        if let key = signer.flatMap({ try? $0.noteKey }) { keys.append(key) }
        do throws(MediumError) {
            return ArchiveRepository(medium: medium, id: try await id(medium), signer: signer, trusted: keys)
        } catch {
            guard error.code == .missing else { throw .medium(error) }
            guard makes else { throw .noRepository(medium.name) }
        }
        let root: JSONObject = ["format": .number(JSONNumber(1)), "repository": .string(UUIDv7.make().description)]
        do throws(MediumError) {
            // Of two who make it at the same moment one wins, and both go on with that one's.
            do throws(MediumError) { try await medium.put(JSONValue.object(root).encoded(), at: RepositoryLayout.root, ifAbsent: true) } catch {
                if error.code != .exists { throw error }
            }
            return ArchiveRepository(medium: medium, id: try await id(medium), signer: signer, trusted: keys)
        } catch {
            throw .medium(error)
        }
    }

    private static func id(_ medium: any ArchiveMedium) async throws(MediumError) -> UUIDv7 {
        let bytes = try await medium.readAll(RepositoryLayout.root, limit: 4096)
        guard let object = (try? JSONReader.read(bytes))?.objectValue, object["format"] == .number(JSONNumber(1)),
            let id = object["repository"]?.stringValue.flatMap({ UUIDv7($0) })
        else { throw MediumError(.garbled, RepositoryLayout.root, "this is no repository of a kind that is known here") }
        return id
    }

    // MARK: Statements

    /// Signs a statement, to which the repository's id is added, and puts it.
    package func put(_ statement: JSONObject, as kind: SignedDocument.Kind, at key: String, ifAbsent: Bool = false) async throws(ArchiveError) {
        guard let signer else { preconditionFailure("who only reads puts nothing") }
        var statement = statement
        statement["repository"] = .string(id.description)
        let document: SignedDocument
        do { document = try signer.sign(statement, as: kind) } catch { throw .damaged(key, "it cannot be signed") }
        do { try await medium.put(document.bytes, at: key, ifAbsent: ifAbsent) } catch { throw .medium(error) }
    }

    /// Reads a statement of this repository that one of the trusted has signed.
    package func statement(_ kind: SignedDocument.Kind, at key: String) async throws(ArchiveError) -> JSONObject {
        let bytes: [UInt8]
        do { bytes = try await medium.readAll(key) } catch { throw .medium(error) }
        let document: SignedDocument
        do { document = try SignedDocument.verified(bytes, by: trusted, as: kind) } catch {
            switch error {
            case .malformed: throw .damaged(key, "it is no signed statement of this kind")
            case .unsigned, .forged: throw .unsigned(key)
            }
        }
        guard document.document["repository"]?.stringValue == id.description else { throw .damaged(key, "it belongs to another repository") }
        return document.document
    }
}
