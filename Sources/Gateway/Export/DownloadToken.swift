import DataFormats
import Sealing
import Vocabulary

/// What stands at the end of a download link: the tenant, so that row security holds while it is looked up, and 256 bits that nobody guesses.
struct DownloadToken {
    private static let secretByteCount = 32
    let tenant: TenantID
    private let bytes: [UInt8]

    /// A new one.
    init(tenant: TenantID) {
        self.tenant = tenant
        bytes = tenant.uuid.bytes + randomBytes(count: Self.secretByteCount)
    }

    /// From a link; `nil` for what no link ends in.
    init?(_ text: String) {
        guard let bytes = Base64URL.decode(text), bytes.count == 16 + Self.secretByteCount, let tenant = UUIDv7(bytes: Array(bytes.prefix(16)))
        else { return nil }
        self.tenant = TenantID(tenant)
        self.bytes = bytes
    }

    var text: String { Base64URL.encode(bytes) }
    /// What is kept of it.
    func code(_ key: SymmetricKey) -> [UInt8] { Blake2b.hash(bytes, key: key) }
}
