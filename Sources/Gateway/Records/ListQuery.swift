import Catalog
import DataFormats
import Disclosure
import Identity
import Sealing
import Storage
import Vocabulary

/// What a caller asks of a list, as it was sent.
package struct ListQuery: Sendable {
    package var limit = 50
    package var cursor: String?
    package var fields: [String]?
    /// The field to sort by; `nil` is the order of creation.
    package var sort: String?
    package var isDescending = false
    package var filters: [(name: String, value: String)] = []
    package init() {}
}

/// A query checked against what the caller may see.
struct ListPlan {
    var plainFilters: [(position: Int, value: FieldValue?)] = []
    var sealedFilters: [(position: Int, value: FieldValue)] = []
    var sort: Int?

    init(_ query: ListQuery, _ view: FieldView) throws(Refusal) {
        for (name, text) in query.filters {
            guard let (position, field) = view.usableField(named: name), field.isFilterable else { throw Self.unknown(name) }
            let value: FieldValue
            do { value = try field.read(text: text) } catch {
                throw Refusal(.parameterInvalid, error.detail)
            }
            if field.isSealed { sealedFilters.append((position, value)) } else { plainFilters.append((position, value)) }
        }
        if let name = query.sort {
            guard let (position, field) = view.usableField(named: name), field.isSortable else { throw Self.unknown(name) }
            sort = position
        }
    }

    /// The one answer for a field that is hidden, masked, not offered here, or does not exist.
    static func unknown(_ name: String) -> Refusal {
        let isPrintable = name.utf8.count <= 48 && name.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x5F || ($0 >= 0x30 && $0 <= 0x39) }
        return Refusal(
            .fieldUnknown, isPrintable ? "'\(name)' cannot be used here" : "a parameter cannot be used here",
            hint: "filter by plain fields and by fields with exact search, sort by indexed fields"
        )
    }
}

/// Cursors: the last row's place, sealed, bound to the caller and to the question.
enum CursorSeal {
    static func binding(_ principal: Principal, _ entity: Entity, _ query: ListQuery) -> [UInt8] {
        var parts = [principal.tenant.description, principal.actor, principal.app ?? "", principal.roleKey, entity.name, query.sort ?? ""]
        parts.append(query.isDescending ? "desc" : "asc")
        for (name, value) in query.filters.sorted(by: { ($0.name, $0.value) < ($1.name, $1.value) }) { parts += [name, value] }
        var bytes: [UInt8] = []
        for part in parts {
            withUnsafeBytes(of: UInt32(part.utf8.count).bigEndian) { bytes += $0 }
            bytes += part.utf8
        }
        return Blake2b.hash(bytes)
    }

    static func seal(_ position: RecordPage.Position, key: SymmetricKey, binding: [UInt8]) -> String {
        var plaintext = position.id.uuid.bytes
        if let value = position.value { plaintext += value.plaintext }
        let hasValue: UInt8 = position.value == nil ? 0 : 1
        plaintext.insert(hasValue, at: 0)
        return Base64URL.encode(
            key.withBytes { key in
                plaintext.withUnsafeBytes { Envelope.seal($0, keyVersion: 0, associatedData: binding, key: key) }
            }
        )
    }

    static func open(
        _ text: String, _ entity: Entity, _ sort: Int?, key: SymmetricKey, binding: [UInt8]
    ) throws(Refusal) -> RecordPage.Position {
        let invalid = Refusal(
            .cursorInvalid, "the cursor does not belong to this caller and query", hint: "begin again without a cursor"
        )
        guard let sealed = Base64URL.decode(text) else { throw invalid }
        var plaintext: [UInt8] = []
        let isGenuine = key.withBytes { key in
            sealed.withUnsafeBytes { Envelope.open($0, keyVersion: 0, associatedData: binding, key: key, into: &plaintext) }
        }
        guard isGenuine, plaintext.count >= 17, let id = UUIDv7(bytes: plaintext[1..<17]) else { throw invalid }
        var value: FieldValue?
        if plaintext[0] == 1, let sort {
            value = FieldValue(plaintext: Array(plaintext[17...]), type: entity.fields[sort].type)
            if value == nil { throw invalid }
        }
        return RecordPage.Position(value: value, id: RecordID(id))
    }
}
