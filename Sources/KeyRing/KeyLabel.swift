import Vocabulary

/// What a wrapped key is and where it belongs, as the associated data of its ``KeyEnvelope``.
enum KeyLabel {
    static func epochKey(_ tenant: TenantID, _ epoch: Int32) -> [UInt8] {
        var label = Array("gatehouse/v1/epoch-key".utf8)
        tenant.uuid.append(to: &label)
        append(epoch, to: &label)
        return label
    }

    static func dataKey(_ tenant: TenantID, _ holder: UUIDv7, version: Int32, epoch: Int32) -> [UInt8] {
        var label = Array("gatehouse/v1/data-key".utf8)
        label.reserveCapacity(64)
        tenant.uuid.append(to: &label)
        holder.append(to: &label)
        append(version, to: &label)
        append(epoch, to: &label)
        return label
    }

    static func searchKey(_ tenant: TenantID, generation: Int32, epoch: Int32) -> [UInt8] {
        var label = Array("gatehouse/v1/search-key".utf8)
        tenant.uuid.append(to: &label)
        append(generation, to: &label)
        append(epoch, to: &label)
        return label
    }

    private static func append(_ number: Int32, to label: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { label += $0 }
    }
}
