package import Vocabulary

/// Where a sealed value belongs, as associated data: a cell moved to another row, field or tenant does not open.
///
/// Layout: format, tenant, entity, record, field, key holder, key version; each with a two-byte big-endian length.
package struct CellPlace: Sendable {
    private var bytes: [UInt8]
    private let prefixCount: Int

    /// The part that all cells of a record share.
    package init(tenant: TenantID, entity: String, record: RecordID) {
        bytes = []
        bytes.reserveCapacity(160)
        bytes.append(Envelope.format)
        Self.append(count: 16, to: &bytes)
        tenant.uuid.append(to: &bytes)
        Self.append(count: entity.utf8.count, to: &bytes)
        bytes += entity.utf8
        Self.append(count: 16, to: &bytes)
        record.uuid.append(to: &bytes)
        prefixCount = bytes.count
    }

    /// Lends the whole associated data of one cell.
    package mutating func with<Value>(field: [UInt8], holder: KeyHolder, version: UInt32, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        bytes.removeLast(bytes.count - prefixCount)
        Self.append(count: field.count, to: &bytes)
        bytes += field
        Self.append(count: 17, to: &bytes)
        holder.append(to: &bytes)
        Self.append(count: 4, to: &bytes)
        withUnsafeBytes(of: version.bigEndian) { bytes += $0 }
        return bytes.withUnsafeBufferPointer(body)
    }

    private static func append(count: Int, to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: count >> 8))
        bytes.append(UInt8(truncatingIfNeeded: count))
    }
}

/// Whose data key seals a value: a person's, or the tenant's own for records that are about nobody.
package enum KeyHolder: Hashable, Sendable {
    case subject(SubjectID)
    case tenant(TenantID)

    package func append(to bytes: inout [UInt8]) {
        switch self {
        case .subject(let subject):
            bytes.append(1)
            subject.uuid.append(to: &bytes)
        case .tenant(let tenant):
            bytes.append(2)
            tenant.uuid.append(to: &bytes)
        }
    }
}
