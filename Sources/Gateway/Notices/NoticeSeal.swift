import KeyRing
import Sealing
import Vocabulary

/// Seals what recipients are told until they are: it has the ids that a person is known by in other systems. Under a key of their own, also
/// the addresses, filters and secrets of endpoints.
struct NoticeSeal: Sendable {
    private let key: SymmetricKey
    private let tenant: TenantID

    init(_ keys: TenantKeys) {
        key = keys.derive("gatehouse/v1/recipient-notice")
        tenant = keys.tenant
    }

    init(ofEndpoints keys: TenantKeys) {
        key = keys.derive("gatehouse/v1/webhook-endpoint")
        tenant = keys.tenant
    }

    func seal(_ payload: [UInt8], of notice: UUIDv7) -> [UInt8] {
        key.withBytes { key in
            payload.withUnsafeBytes { Envelope.seal($0, keyVersion: 0, associatedData: tenant.uuid.bytes + notice.bytes, key: key) }
        }
    }

    func open(_ sealed: [UInt8], of notice: UUIDv7) -> [UInt8]? {
        var payload: [UInt8] = []
        let isGenuine = key.withBytes { key in
            sealed.withUnsafeBytes {
                Envelope.open($0, keyVersion: 0, associatedData: tenant.uuid.bytes + notice.bytes, key: key, into: &payload)
            }
        }
        return isGenuine ? payload : nil
    }
}
