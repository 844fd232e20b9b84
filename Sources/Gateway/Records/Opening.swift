import Catalog
import Sealing
import Storage
import Vocabulary

/// Opens fields inside the process, to compare and to merge; nothing opened here is shown to anybody.
struct Opening {
    let record: StoredRecord
    let entity: Entity
    let key: DataKey?
    private var place: CellPlace

    init(_ record: StoredRecord, _ entity: Entity, tenant: TenantID, key: DataKey?) {
        self.record = record
        self.entity = entity
        self.key = key
        place = CellPlace(tenant: tenant, entity: entity.name, record: record.id)
    }

    enum Content: Equatable {
        case value(FieldValue?)
        /// There is something that no key opens.
        case unreadable
    }

    mutating func content(_ position: Int) -> Content {
        let field = entity.fields[position]
        guard field.isSealed else { return .value(record.plainValue(position)) }
        guard let sealed = record.sealedBytes(position) else { return .value(nil) }
        guard let key else { return .unreadable }
        let scratch = Scratch()
        let value = sealed.withUnsafeBytes { sealed in
            key.open(sealed, field: field.nameBytes, at: &place, into: scratch).flatMap { FieldValue(plaintext: Array($0), type: field.type) }
        }
        return value.map { .value($0) } ?? .unreadable
    }
}
