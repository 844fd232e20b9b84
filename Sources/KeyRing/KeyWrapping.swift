import Sealing
import Vocabulary

/// How one key is sealed under the key above it; the associated data says which key it is and where it belongs.
enum KeyWrapping {
    static func wrap(_ key: SymmetricKey, under wrapping: SymmetricKey, _ label: [UInt8]) -> [UInt8] {
        wrapping.withBytes { wrapping in
            key.withBytes { Envelope.seal($0, keyVersion: 0, associatedData: label, key: wrapping) }
        }
    }

    /// `nil` when the bytes were not wrapped by this key under this label.
    static func unwrap(_ wrapped: [UInt8], under wrapping: SymmetricKey, _ label: [UInt8]) -> SymmetricKey? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64)
        defer { wipe(&bytes) }
        let isGenuine = wrapping.withBytes { wrapping in
            wrapped.withUnsafeBytes { Envelope.open($0, keyVersion: 0, associatedData: label, key: wrapping, into: &bytes) }
        }
        guard isGenuine, bytes.count == SymmetricKey.byteCount else { return nil }
        return SymmetricKey(SecretBytes(copying: bytes))
    }

    static func epochLabel(_ tenant: TenantID, _ epoch: Int32) -> [UInt8] {
        var label = Array("gatehouse/v1/epoch-key".utf8)
        tenant.uuid.append(to: &label)
        withUnsafeBytes(of: epoch.bigEndian) { label += $0 }
        return label
    }

    static func dataLabel(_ tenant: TenantID, _ holder: UUIDv7, version: Int32, epoch: Int32) -> [UInt8] {
        var label = Array("gatehouse/v1/data-key".utf8)
        tenant.uuid.append(to: &label)
        holder.append(to: &label)
        withUnsafeBytes(of: version.bigEndian) { label += $0 }
        withUnsafeBytes(of: epoch.bigEndian) { label += $0 }
        return label
    }
}
