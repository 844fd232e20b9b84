package import AuditTrail
import Catalog
package import DataFormats
import KeyRing
import Policies
package import Sealing
package import Storage
package import Vocabulary

/// A record as one caller may see it, in JSON. The only record type that can leave the process: making one takes a
/// decision (inside the view), the keys of the people it is about, and the receipt of a durable audit event.
package struct DisclosedRecord: Sendable {
    /// The record's JSON object.
    package let json: [UInt8]
    package let id: RecordID
    /// A strong entity tag (RFC 9110 section 8.8.3), quotes included.
    package let entityTag: String

    /// - Parameters:
    ///   - positions: the fields asked for, all of them shown by the view.
    ///   - key: the data key of whom the record is about; `nil` when that person was erased.
    ///   - extras: members of `_meta` beside the usual ones.
    package init(
        _ record: StoredRecord, _ view: FieldView, positions: [Int], key: DataKey?, tenant: TenantID, tagKey: SymmetricKey,
        receipt: borrowing AuditReceipt, observe: Observer, extras: [(name: String, value: JSONValue)] = []
    ) {
        id = record.id
        entityTag = EntityTag.of(record, view, key: tagKey)
        var place = CellPlace(tenant: tenant, entity: view.entity.name, record: record.id)
        var json = JSONWriter(capacity: 1024)
        var opened: [UInt8] = []
        var normalised: [(String, [UInt8])] = []
        var erased: [String] = []
        var unreadable: [String] = []
        json.beginObject()
        json.name("id")
        json.string(record.id.description)
        for position in positions {
            let field = view.entity.fields[position]
            json.preEncodedName(view.encodedNames[position])
            let isWritten: Void? = record.withCell(position) { bytes in
                if field.isSealed {
                    opened.removeAll(keepingCapacity: true)
                    guard let key else {
                        erased.append(field.name)
                        return json.null()
                    }
                    guard key.open(bytes, field: field.nameBytes, at: &place, into: &opened) else {
                        unreadable.append(field.name)
                        observe(.sealedValueUnreadable(entity: view.entity.name, field: field.name))
                        return json.null()
                    }
                }
                switch view.decision.access[position] {
                case .clear where field.isSealed:
                    CellText.writeOpened(opened, field.type, &json)
                    if field.type == .phone, let zero = opened.firstIndex(of: 0), !opened[..<zero].elementsEqual(opened[(zero + 1)...]) {
                        normalised.append((field.name, Array(opened[(zero + 1)...])))
                    }
                case .clear: CellText.writePlain(bytes, field.type, &json)
                case .masked(let mask):
                    let text = field.isSealed ? opened.prefix { field.type != .phone || $0 != 0 }[...] : CellText.plainText(bytes, field.type)[...]
                    json.string(mask.apply(to: String(decoding: text, as: UTF8.self), type: field.type))
                case .hidden: json.null()
                }
            }
            if isWritten == nil { json.null() }
        }
        wipe(&opened)
        json.name("_meta")
        json.beginObject()
        json.name("version")
        json.number(record.version)
        json.name("etag")
        json.string(entityTag)
        Self.writeSight(view, &json)
        if !normalised.isEmpty {
            json.name("normalized")
            json.beginObject()
            for (name, bytes) in normalised {
                json.name(name)
                bytes.withUnsafeBytes { json.string(utf8: $0) }
            }
            json.endObject()
        }
        Self.writeList("erased", erased, &json)
        Self.writeList("unreadable", unreadable, &json)
        for (name, value) in extras {
            json.name(name)
            value.write(into: &json)
        }
        json.endObject()
        json.endObject()
        self.json = json.bytes
    }

    /// `masked` and `withheld`: names only, the same for every record, so that they say nothing about a value.
    private static func writeSight(_ view: FieldView, _ json: inout JSONWriter) {
        json.name("masked")
        json.beginObject()
        for (field, access) in zip(view.entity.fields, view.decision.access) {
            if case .masked(let mask) = access {
                json.name(field.name)
                json.string(mask.rawValue)
            }
        }
        json.endObject()
        json.name("withheld")
        json.beginArray()
        for (field, access) in zip(view.entity.fields, view.decision.access) where access == .hidden { json.string(field.name) }
        json.endArray()
    }

    private static func writeList(_ name: String, _ values: [String], _ json: inout JSONWriter) {
        if values.isEmpty { return }
        json.name(name)
        json.beginArray()
        for value in values { json.string(value) }
        json.endArray()
    }
}

/// Strong entity tags: two representations have the same one only if they are the same bytes' worth of sight and version.
package enum EntityTag {
    package static func of(_ record: StoredRecord, _ view: FieldView, key: SymmetricKey) -> String {
        var message: [UInt8] = []
        message.reserveCapacity(128)
        record.id.uuid.append(to: &message)
        withUnsafeBytes(of: record.version.bigEndian) { message += $0 }
        message += view.decision.fingerprint.utf8
        return "\"" + Hex.encode(Blake2b.hash(message, byteCount: 16, key: key)) + "\""
    }
}
