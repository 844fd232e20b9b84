package import AuditTrail
import Catalog
package import DataFormats
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
    ///   - key: the data key of whom the record is about; `nil` when that person was erased, or the key is lost.
    ///   - isErased: whether a key that is not there was destroyed on purpose.
    ///   - extras: members of `_meta` beside the usual ones.
    package init(
        _ record: StoredRecord, _ view: FieldView, positions: [Int], key: DataKey?, isErased: Bool, tenant: TenantID, tagKey: SymmetricKey,
        receipt: borrowing AuditReceipt, observe: Observer, extras: [(name: String, value: JSONValue)] = []
    ) {
        id = record.id
        let recordTag = EntityTag.of(record, view, isErased: key == nil && isErased, key: tagKey)
        entityTag = EntityTag.of(positions, view, recordTag: recordTag)
        var writer = DisclosureWriter(record, view, key: key, isErased: isErased, tenant: tenant)
        writer.write(positions)
        for field in writer.unreadable { observe(.sealedValueUnreadable(entity: view.entity.name, field: field)) }
        writer.writeMeta(entityTag: recordTag, extras: extras)
        json = writer.json.bytes
    }
}

/// Writes one record's JSON.
private struct DisclosureWriter: ~Copyable {
    var json = JSONWriter(capacity: 1536)
    private(set) var unreadable: [String] = []
    private var erased: [String] = []
    private var normalised: [(name: String, bytes: [UInt8])] = []
    private let record: StoredRecord
    private let view: FieldView
    private let key: DataKey?
    private let isErased: Bool
    private var place: CellPlace
    private let scratch = Scratch()

    init(_ record: StoredRecord, _ view: FieldView, key: DataKey?, isErased: Bool, tenant: TenantID) {
        self.record = record
        self.view = view
        self.key = key
        self.isErased = isErased
        place = CellPlace(tenant: tenant, entity: view.entity.name, record: record.id)
    }

    mutating func write(_ positions: [Int]) {
        json.beginObject()
        json.preEncodedName(Self.idName)
        var id: [UInt8] = []
        id.reserveCapacity(36)
        record.id.uuid.appendText(to: &id)
        id.withUnsafeBytes { json.string(utf8: $0) }
        record.withCells { cell in
            for position in positions {
                json.preEncodedName(view.encodedNames[position])
                if let bytes = cell(position) { write(bytes, position) } else { json.null() }
            }
        }
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer, _ position: Int) {
        let field = view.entity.fields[position]
        var value = bytes
        if field.isSealed {
            guard let key else {
                if isErased { erased.append(field.name) } else { unreadable.append(field.name) }
                return json.null()
            }
            guard let opened = key.open(bytes, field: field.nameBytes, at: &place, into: scratch) else {
                unreadable.append(field.name)
                return json.null()
            }
            value = opened
        }
        switch view.decision.access[position] {
        case .clear where field.isSealed:
            CellText.writeOpened(value, field.type, &json)
            if field.type == .phone { noteNormalised(value, field) }
        case .clear: CellText.writePlain(value, field.type, &json)
        case .masked(let mask):
            if !field.isSealed {
                json.string(mask.apply(to: String(decoding: CellText.plainText(value, field.type), as: UTF8.self), type: field.type))
            } else {
                json.string(mask.apply(to: String(decoding: CellText.visible(value, field.type), as: UTF8.self), type: field.type))
            }
        case .hidden: json.null()
        }
    }

    /// A phone number rests as written and, behind a zero byte, in E.164.
    private mutating func noteNormalised(_ value: UnsafeRawBufferPointer, _ field: Field) {
        guard let zero = value.firstIndex(of: 0) else { return }
        let form = value[(zero + 1)...]
        if !value[..<zero].elementsEqual(form) { normalised.append((field.name, Array(form))) }
    }

    mutating func writeMeta(entityTag: String, extras: [(name: String, value: JSONValue)]) {
        json.name("_meta")
        json.beginObject()
        json.name("version")
        json.number(record.version)
        json.name("etag")
        json.string(entityTag)
        json.preEncodedName(Self.maskedName)
        json.raw(view.maskedJSON)
        json.preEncodedName(Self.withheldName)
        json.raw(view.withheldJSON)
        if !normalised.isEmpty {
            json.name("normalized")
            json.beginObject()
            for (name, bytes) in normalised {
                json.name(name)
                bytes.withUnsafeBytes { json.string(utf8: $0) }
            }
            json.endObject()
        }
        writeList("erased", erased)
        writeList("unreadable", unreadable)
        for (name, value) in extras {
            json.name(name)
            value.write(into: &json)
        }
        json.endObject()
        json.endObject()
    }

    private mutating func writeList(_ name: String, _ values: [String]) {
        if values.isEmpty { return }
        json.name(name)
        json.beginArray()
        for value in values { json.string(value) }
        json.endArray()
    }

    private static let idName = JSONWriter.encodedName("id")
    private static let maskedName = JSONWriter.encodedName("masked")
    private static let withheldName = JSONWriter.encodedName("withheld")
}

/// Strong entity tags: two representations have the same one only if version, sight and choice of fields are the same.
package enum EntityTag {
    /// The tag of a representation: the record's own, and behind a point the fields that were chosen, if not all.
    static func of(_ positions: [Int], _ view: FieldView, recordTag: String) -> String {
        if positions.count == view.shown.count { return recordTag }
        // FNV-1a tells choices apart; the record's own tag is what nobody can guess.
        let choice = positions.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64(truncatingIfNeeded: $1)) &* 1_099_511_628_211 }
        return recordTag.dropLast() + "." + String(choice, radix: 16) + "\""
    }

    /// Whether a tag that a caller sends back is one of the record's representations as it is now.
    package static func isOfRecord(_ sent: String, tag: String) -> Bool {
        sent == tag || (sent.hasPrefix(tag.dropLast() + ".") && sent.hasSuffix("\""))
    }

    /// - Parameter isErased: a record whose sealed fields were erased is another representation, though nobody has changed the row.
    package static func of(_ record: StoredRecord, _ view: FieldView, isErased: Bool, key: SymmetricKey) -> String {
        var message: [UInt8] = []
        message.reserveCapacity(24 + view.tagBytes.count)
        record.id.uuid.append(to: &message)
        withUnsafeBytes(of: record.version.bigEndian) { message += $0 }
        message += view.tagBytes
        if isErased { message.append(1) }
        return "\"" + Hex.encode(Blake2b.hash(message, byteCount: 16, key: key)) + "\""
    }
}
