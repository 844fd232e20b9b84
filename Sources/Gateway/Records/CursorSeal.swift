import Catalog
import DataFormats
import Disclosure
import Identity
import Sealing
import Storage
import Vocabulary

/// Cursors: the last row's place, sealed, bound to the caller and to the question.
enum CursorSeal {
    static func binding(_ context: RequestContext, _ entity: Entity, _ query: ListQuery) -> [UInt8] {
        let principal = context.principal
        var parts = [principal.tenant.description, principal.actor, principal.app ?? "", principal.roleKey, entity.name, query.sort ?? ""]
        parts += [query.isDescending ? "desc" : "asc", query.filter ?? "", context.purpose?.name ?? ""]
        for (name, value) in query.filters.sorted(by: { ($0.name, $0.value) < ($1.name, $1.value) }) { parts += [name, value] }
        if let search = query.search { parts += ["", search] }
        if query.wantsDeleted { parts += ["", "", "deleted"] }
        var bytes: [UInt8] = []
        for part in parts {
            withUnsafeBytes(of: UInt32(part.utf8.count).bigEndian) { bytes += $0 }
            bytes += part.utf8
        }
        return Blake2b.hash(bytes)
    }

    static func seal(_ position: RecordPage.Position, key: SymmetricKey, binding: [UInt8]) -> String {
        seal([position.value == nil ? 0 : 1] + position.id.uuid.bytes + (position.value?.plaintext ?? []), key: key, binding: binding)
    }

    /// The place of a search: the tier and the id of the last record.
    static func seal(_ candidate: SearchCandidate, key: SymmetricKey, binding: [UInt8]) -> String {
        seal([candidate.tier.rawValue] + candidate.record.uuid.bytes, key: key, binding: binding)
    }

    private static func seal(_ plaintext: [UInt8], key: SymmetricKey, binding: [UInt8]) -> String {
        Base64URL.encode(
            key.withBytes { key in
                plaintext.withUnsafeBytes { Envelope.seal($0, keyVersion: 0, associatedData: binding, key: key) }
            }
        )
    }

    static func open(
        _ text: String, _ entity: Entity, _ sort: Int?, key: SymmetricKey, binding: [UInt8]
    ) throws(Refusal) -> RecordPage.Position {
        let plaintext = try open(text, key: key, binding: binding)
        guard plaintext.count >= 17, let id = UUIDv7(bytes: plaintext[1..<17]) else { throw invalid }
        var value: FieldValue?
        if plaintext[0] == 1, let sort {
            value = FieldValue(plaintext: Array(plaintext[17...]), type: entity.fields[sort].type)
            if value == nil { throw invalid }
        }
        return RecordPage.Position(value: value, id: RecordID(id))
    }

    static func openCandidate(_ text: String, key: SymmetricKey, binding: [UInt8]) throws(Refusal) -> SearchCandidate {
        let plaintext = try open(text, key: key, binding: binding)
        guard plaintext.count == 17, let tier = SearchTier(rawValue: plaintext[0]), let id = UUIDv7(bytes: plaintext[1..<17]) else {
            throw invalid
        }
        return SearchCandidate(tier: tier, record: RecordID(id))
    }

    private static var invalid: Refusal {
        Refusal(.cursorInvalid, "the cursor does not belong to this caller and query", hint: "begin again without a cursor")
    }

    private static func open(_ text: String, key: SymmetricKey, binding: [UInt8]) throws(Refusal) -> [UInt8] {
        guard let sealed = Base64URL.decode(text) else { throw invalid }
        var plaintext: [UInt8] = []
        let isGenuine = key.withBytes { key in
            sealed.withUnsafeBytes { Envelope.open($0, keyVersion: 0, associatedData: binding, key: key, into: &plaintext) }
        }
        guard isGenuine else { throw invalid }
        return plaintext
    }
}
